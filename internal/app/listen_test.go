package app

import (
	"net"
	"testing"
)

func TestOpenable(t *testing.T) {
	for address, want := range map[string]string{
		"127.0.0.1:9713":         "http://127.0.0.1:9713",
		"0.0.0.0:9713":           "http://localhost:9713",
		"[::]:9713":              "http://localhost:9713",
		"[::1]:9713":             "http://[::1]:9713",
		"192.0.2.1:80":           "http://192.0.2.1:80",
		"[::ffff:127.0.0.1]:443": "http://127.0.0.1:443",
	} {
		addr, err := net.ResolveTCPAddr("tcp", address)
		if err != nil {
			t.Fatal(err)
		}
		if got := Openable("http", addr); got != want {
			t.Errorf("%s: %s, want %s", address, got, want)
		}
	}
	for address, want := range map[string]bool{
		"127.0.0.1:9714": true, "127.8.0.1:1": true, "[::1]:1": true, "0.0.0.0:1": false, "[::]:1": false, "192.0.2.1:1": false,
	} {
		addr, err := net.ResolveTCPAddr("tcp", address)
		if err != nil || OnLoopback(addr) != want {
			t.Errorf("%s is on loopback: %t, %v", address, !want, err)
		}
	}
	any, err := Listen(t.Context(), ":0")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = any.Close() }()
	_, port, _ := net.SplitHostPort(any.Addr().String())
	if got := Openable("https", any.Addr()); got != "https://localhost:"+port {
		t.Errorf("every interface: %s", got)
	}
}
