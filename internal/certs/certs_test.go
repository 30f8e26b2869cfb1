package certs

import (
	"crypto/tls"
	"io"
	"path/filepath"
	"strings"
	"testing"

	"github.com/loginwatch/loginwatch/internal/faulty"
)

// Each side trusts the other by the files, and not without them.
func TestTLS(t *testing.T) {
	root := faulty.NewAuthority(t)
	ours, theirs := root.Leaf(t), root.Leaf(t)
	server, err := TLS(root.CAFile, theirs.File, theirs.KeyFile)
	if err != nil {
		t.Fatal(err)
	}
	server.ClientAuth, server.ClientCAs = tls.RequireAndVerifyClientCert, server.RootCAs
	for _, tt := range []struct{ ca, cert, key, want string }{
		{root.CAFile, ours.File, ours.KeyFile, ""},
		{"", ours.File, ours.KeyFile, "unknown authority"},
		{faulty.NewAuthority(t).CAFile, ours.File, ours.KeyFile, "unknown authority"},
		{root.CAFile, "", "", "certificate required"},
	} {
		conf, err := TLS(tt.ca, tt.cert, tt.key)
		if err != nil {
			t.Fatal(err)
		}
		if err := spoken(t, server, conf); (tt.want == "") != (err == nil) || err != nil && !strings.Contains(err.Error(), tt.want) {
			t.Errorf("%+v: %v", tt, err)
		}
	}
}

// spoken has a server say something to a client.
func spoken(t *testing.T, server, client *tls.Config) error {
	t.Helper()
	l, err := tls.Listen("tcp", "127.0.0.1:0", server)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = l.Close() }()
	go func() {
		conn, err := l.Accept()
		if err != nil {
			return
		}
		_, _ = conn.Write([]byte("well"))
		_ = conn.Close()
	}()
	conn, err := tls.Dial("tcp", l.Addr().String(), client)
	if err != nil {
		return err
	}
	defer func() { _ = conn.Close() }()
	_, err = io.ReadFull(conn, make([]byte, len("well")))
	return err
}

// What can't be used is named, with its file.
func TestUnusable(t *testing.T) {
	of := faulty.NewAuthority(t).Leaf(t)
	gone := filepath.Join(t.TempDir(), "gone.pem")
	for _, tt := range []struct{ ca, cert, key, want string }{
		{gone, "", "", "certificate authority: open " + gone},
		{of.KeyFile, "", "", "certificate authority: " + of.KeyFile + " holds no PEM certificate"},
		{"", gone, of.KeyFile, "client certificate: open " + gone},
		{"", of.File, of.File, "client certificate: tls: "},
	} {
		if _, err := TLS(tt.ca, tt.cert, tt.key); err == nil || !strings.HasPrefix(err.Error(), tt.want) {
			t.Errorf("%v, want %s", err, tt.want)
		}
	}
}
