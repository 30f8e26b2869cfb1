package compute_test

import (
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"encoding/json"
	"encoding/pem"
	"strings"
	"testing"

	"github.com/lestrrat-go/jwx/v3/jwk"

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

// A JWK writes the halves of a key apart from each other, so that they may be of two.
func TestHalvesOfOnePair(t *testing.T) {
	rsaKey := func() any {
		key, err := rsa.GenerateKey(rand.Reader, 2048)
		if err != nil {
			t.Fatal(err)
		}
		return key
	}
	ecKey := func() any {
		key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
		if err != nil {
			t.Fatal(err)
		}
		return key
	}
	edKey := func() any {
		_, key, err := ed25519.GenerateKey(rand.Reader)
		if err != nil {
			t.Fatal(err)
		}
		return key
	}
	for kind, tt := range map[string]struct {
		make   func() any
		public []string
		wrong  string
	}{
		"RSA": {rsaKey, []string{"n", "e"}, "has two halves that do not belong together"},
		"EC":  {ecKey, []string{"x", "y"}, "has two halves that do not belong together"},
		"OKP": {edKey, []string{"x"}, "can't be read"},
	} {
		var members [2]map[string]any
		for i := range members {
			key, err := jwk.Import(tt.make())
			if err != nil {
				t.Fatal(err)
			}
			text, err := json.Marshal(key)
			if err != nil || json.Unmarshal(text, &members[i]) != nil {
				t.Fatal(err)
			}
		}
		text := func() string {
			b, err := json.Marshal(members[0])
			if err != nil {
				t.Fatal(err)
			}
			return string(b)
		}
		if _, err := compute.PrivateKey(text()); err != nil {
			t.Errorf("%s: %v", kind, err)
		}
		for _, name := range tt.public {
			members[0][name] = members[1][name]
		}
		if _, err := compute.PrivateKey(text()); err == nil || !strings.Contains(err.Error(), tt.wrong) {
			t.Errorf("%s: %v", kind, err)
		}
	}
}
