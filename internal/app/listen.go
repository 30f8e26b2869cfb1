package app

import (
	"context"
	"net"
	"net/netip"
	"net/url"
	"os"
	"strings"

	"github.com/loginwatch/loginwatch/internal/config"
)

// Listen opens a TCP port.
func Listen(ctx context.Context, address string) (net.Listener, error) {
	return (&net.ListenConfig{}).Listen(ctx, "tcp", address)
}

// OnLoopback tells whether only this machine reaches a listener.
func OnLoopback(addr net.Addr) bool {
	at, err := netip.ParseAddrPort(addr.String())
	return err == nil && at.Addr().IsLoopback()
}

// Openable is the URL of a listener as a browser on this machine can open it:
// no browser knows the address of every interface.
func Openable(scheme string, addr net.Addr) string {
	u := url.URL{Scheme: scheme, Host: addr.String()}
	if at, err := netip.ParseAddrPort(u.Host); err == nil && at.Addr().IsUnspecified() {
		u.Host = net.JoinHostPort("localhost", u.Port())
	}
	return u.String()
}

// ourNames are those by which our pages are asked for: what the configuration says, and the
// machine's own, which it may know itself by on loopback.
func ourNames(c config.Fixed) []string {
	names := c.Names()
	if host, _, err := net.SplitHostPort(c.Listen); err == nil {
		names = append(names, strings.ToLower(host))
	}
	if machine, err := os.Hostname(); err == nil {
		names = append(names, strings.ToLower(machine))
	}
	return names
}
