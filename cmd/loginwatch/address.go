package main

import (
	"context"
	"net"
	"net/netip"
	"net/url"

	"github.com/loginwatch/loginwatch/internal/config"
)

// checkListen refuses a --listen that is no address, before anything is read.
func checkListen(address string) error {
	if err := config.CheckListen(address); err != nil {
		return usage("--listen %w", err)
	}
	return nil
}

// listen opens a TCP port.
func listen(ctx context.Context, address string) (net.Listener, error) {
	return (&net.ListenConfig{}).Listen(ctx, "tcp", address)
}

// openable is the URL of a listener as a browser on this machine can open it:
// no browser knows the address of every interface.
func openable(scheme string, addr net.Addr) string {
	u := url.URL{Scheme: scheme, Host: addr.String()}
	if at, err := netip.ParseAddrPort(u.Host); err == nil && at.Addr().IsUnspecified() {
		u.Host = net.JoinHostPort("localhost", u.Port())
	}
	return u.String()
}
