package web

import (
	"net"
	"net/http"
	"net/netip"
	"slices"
	"strings"
)

// meant refuses what a browser on this machine was tricked into: a site whose name leads
// here (DNS rebinding) is the same origin to the browser as our own pages, and only the Host
// header shows it. Behind TLS our certificate shows it first; and whoever reaches us from
// another machine needs no browser of ours.
func (s *server) meant(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.TLS == nil && overLoopback(r) && !s.isOurName(r.Host) && !IsHealth(r) {
			text(w, http.StatusMisdirectedRequest, `only who asks by an IP address, as localhost, by the machine's name or by one under "hosts" of the configuration is answered here`)
			return
		}
		next.ServeHTTP(w, r)
	})
}

func overLoopback(r *http.Request) bool {
	local, ok := r.Context().Value(http.LocalAddrContextKey).(net.Addr)
	if !ok {
		return false
	}
	at, err := netip.ParseAddrPort(local.String())
	return err == nil && at.Addr().IsLoopback()
}

// isOurName tells whether nobody else can own the name of a Host header. A browser always
// sends one.
func (s *server) isOurName(host string) bool {
	if name, _, err := net.SplitHostPort(host); err == nil {
		host = name
	}
	host = strings.ToLower(strings.TrimSuffix(strings.Trim(host, "[]"), "."))
	if _, err := netip.ParseAddr(host); err == nil || host == "" {
		return true
	}
	// RFC 6761 section 6.3: nobody is given a name below localhost.
	return host == "localhost" || strings.HasSuffix(host, ".localhost") || slices.Contains(s.Hosts, host)
}
