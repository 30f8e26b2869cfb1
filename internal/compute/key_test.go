package compute_test

import (
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"encoding/pem"
	"testing"

	"github.com/loginwatch/loginwatch/internal/compute"
)

func TestHasPrivateHalf(t *testing.T) {
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	public, err := x509.MarshalPKIXPublicKey(&key.PublicKey)
	if err != nil {
		t.Fatal(err)
	}
	for text, want := range map[string]bool{
		string(pem.EncodeToMemory(&pem.Block{Type: "RSA PRIVATE KEY", Bytes: x509.MarshalPKCS1PrivateKey(key)})): true,
		string(pem.EncodeToMemory(&pem.Block{Type: "PUBLIC KEY", Bytes: public})):                                false,
		"demo-key": false,
		"":         false,
	} {
		if compute.HasPrivateHalf(text) != want {
			t.Errorf("%.30q: want %t", text, want)
		}
	}
}
