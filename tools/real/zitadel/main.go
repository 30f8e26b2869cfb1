// Command zitadel serves the OpenID provider of zitadel/oidc as its own example puts
// it together: storage in memory, signed by one RSA key. It also knows the key by which
// the test signs assertions (RFC 7523).
package main

import (
	"context"
	"crypto"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"os"
	"time"

	"github.com/go-jose/go-jose/v4"
	"github.com/zitadel/oidc/v3/example/server/exampleop"
	"github.com/zitadel/oidc/v3/example/server/storage"
)

// refreshTokens is how many logins a test may make that begin with one.
const refreshTokens = 250

func main() {
	if err := run(); err != nil {
		fmt.Fprintln(os.Stderr, "zitadel:", err)
		os.Exit(1)
	}
}

func run() error {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	issuer := fmt.Sprintf("http://%s/", listener.Addr())
	id, secret := os.Getenv("REAL_CLIENT_ID"), os.Getenv("REAL_CLIENT_SECRET")
	storage.RegisterClients(storage.WebClient(id, secret))
	store := storage.NewStorage(storage.NewUserStore(issuer))
	for range refreshTokens {
		// What a person's consent, which needs a browser, would have given.
		_, token, _, err := store.CreateAccessAndRefreshTokens(context.Background(), &storage.AuthRequest{
			ApplicationID: id, UserID: "id1", Scopes: []string{"openid", "offline_access"},
		}, "")
		if err != nil {
			return err
		}
		fmt.Println("give refresh_token", token)
	}
	signer, err := publicKey(os.Getenv("REAL_ASSERTION_KEY"))
	if err != nil {
		return err
	}
	server := &http.Server{
		Handler:           exampleop.SetupServer(issuer, withSigner{store, signer}, slog.New(slog.DiscardHandler), false),
		ReadHeaderTimeout: 10 * time.Second,
	}
	go func() {
		_, _ = io.Copy(io.Discard, os.Stdin) // its end is ours, so that we never outlive the test that started us
		os.Exit(0)
	}()
	fmt.Println("ready", issuer[:len(issuer)-1])
	return server.Serve(listener)
}

// withSigner is a storage that knows the key of one client, under every name: the example has
// only keys of its own.
type withSigner struct {
	*storage.Storage
	key crypto.PublicKey
}

func (s withSigner) GetKeyByIDAndClientID(_ context.Context, id, client string) (*jose.JSONWebKey, error) {
	if client != os.Getenv("REAL_CLIENT_ID") {
		return nil, errors.New("no key of such a client")
	}
	return &jose.JSONWebKey{KeyID: id, Use: "sig", Key: s.key}, nil
}

// publicKey is that of a private key in PEM.
func publicKey(text string) (crypto.PublicKey, error) {
	block, _ := pem.Decode([]byte(text))
	if block == nil {
		return nil, errors.New("the key of assertions is no PEM")
	}
	key, err := x509.ParsePKCS8PrivateKey(block.Bytes)
	if err != nil {
		return nil, err
	}
	signer, ok := key.(crypto.Signer)
	if !ok {
		return nil, errors.New("the key of assertions signs nothing")
	}
	return signer.Public(), nil
}
