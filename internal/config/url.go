package config

import (
	"errors"
	"net"
	"net/url"
	"strconv"
	"strings"
)

var (
	errURL      = errors.New("must be an http or https URL with a host, such as https://api.example.com")
	errURLUser  = errors.New("must hold no user name or password: secrets come by reference")
	errURLQuery = errors.New("must hold no query and no fragment")
	errURLClear = errors.New("would send secrets in plain text: use https, or allow plain http for a host that is safe to reach so")
)

// BaseURL reads the base URL of a target. Plain http is refused unless it goes to
// the loopback interface or insecureHTTP allows it: a login's secrets would
// travel in plain text. Errors complete a sentence that begins with the value's name
// and never hold the URL, which may contain a password.
func BaseURL(text string, insecureHTTP bool) (*url.URL, error) {
	text = strings.TrimRight(text, "/") // the contract's path begins with one
	u, err := url.Parse(text)
	switch {
	case err != nil || !hasHost(u) || hasControl(text) || u.Scheme != "http" && u.Scheme != "https":
		return nil, errURL
	case u.User != nil:
		return nil, errURLUser
	case strings.ContainsAny(text, "?#"):
		return nil, errURLQuery
	case u.Scheme == "http" && !insecureHTTP && !loopback(u.Hostname()):
		return nil, errURLClear
	}
	return u, nil
}

func hasHost(u *url.URL) bool {
	port, err := strconv.ParseUint(u.Port(), 10, 16)
	return u.Opaque == "" && u.Hostname() != "" && (u.Port() == "" || err == nil && port > 0)
}

func loopback(host string) bool {
	if host == "localhost" || strings.HasSuffix(host, ".localhost") { // RFC 6761, section 6.3
		return true
	}
	ip := net.ParseIP(host)
	return ip != nil && ip.IsLoopback()
}

var (
	errProxy     = errors.New("must be an http, https or socks5 URL with a host, such as http://proxy.example.com:3128")
	errProxyPath = errors.New("must hold no path, query or fragment")
)

func proxyURL(text string) (*url.URL, error) {
	u, err := url.Parse(text)
	switch {
	case err != nil || !hasHost(u) || hasControl(text):
		return nil, errProxy
	case u.Scheme != "http" && u.Scheme != "https" && u.Scheme != "socks5":
		return nil, errProxy
	case u.User != nil:
		return nil, errURLUser
	case strings.Trim(u.Path, "/") != "" || strings.ContainsAny(text, "?#"):
		return nil, errProxyPath
	}
	u.Path = ""
	return u, nil
}
