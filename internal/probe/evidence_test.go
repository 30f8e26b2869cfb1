package probe_test

import (
	"fmt"
	"net"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/loginwatch/loginwatch"
	"github.com/loginwatch/loginwatch/internal/faulty"
	"github.com/loginwatch/loginwatch/internal/probe"
)

// Where an exchange went is told, by whichever way, and also when nobody answered.
func TestEvidenceOfTheWay(t *testing.T) {
	root, stranger := faulty.NewAuthority(t), faulty.NewAuthority(t)
	mid := root.Intermediate(t)
	plain, trusted, untrusted := serve(t, answers), serve(t, mid.Leaf(t).Chain(mid).Over(answers)), serve(t, stranger.Leaf(t).Over(answers))
	gone := goneAway(t)
	for name, tt := range map[string]struct {
		base, remote string
		transport    loginwatch.TransportOptions
		certificates int
		tls, proxy   string
		status       int
	}{
		"plain":         {base: "http://" + plain.Address(), remote: plain.Address(), status: 200},
		"TLS":           {base: "https://" + trusted.Address(), remote: trusted.Address(), status: 200, certificates: 2, tls: "TLS 1.3, TLS_", transport: loginwatch.TransportOptions{CAFile: root.CAFile}},
		"not trusted":   {base: "https://" + untrusted.Address(), remote: untrusted.Address(), certificates: 1, transport: loginwatch.TransportOptions{CAFile: root.CAFile}},
		"nobody there":  {base: "http://" + gone, remote: ""},
		"through proxy": {base: "http://login.example", remote: plain.Address(), proxy: plain.Address(), status: 200, transport: loginwatch.TransportOptions{Proxy: &url.URL{Scheme: "http", Host: plain.Address()}}},
	} {
		t.Run(name, func(t *testing.T) {
			run := login(t, tt.base, tt.transport)
			e := run.Steps[0].Evidence
			if e == nil {
				t.Fatal("there is none")
			}
			if e.Remote != tt.remote || e.Proxy != tt.proxy || e.Status != tt.status || len(e.Certificates) != tt.certificates || !strings.HasPrefix(e.TLS, tt.tls) || tt.tls == "" && e.TLS != "" {
				t.Errorf("%+v", e)
			}
			if len(e.Tried) != 1 || tt.remote != "" && e.Tried[0] != tt.remote || len(e.Resolved) != 0 {
				t.Errorf("tried %v, of %v", e.Tried, e.Resolved)
			}
			for _, c := range e.Certificates {
				if len(c.SHA256) != 64 || c.NotAfter.Before(time.Now()) || c.NotBefore.IsZero() || c.Issuer == "" {
					t.Errorf("%+v", c)
				}
			}
			if e.URL != tt.base+"/login?key=${key}" || e.Method != http.MethodPost {
				t.Errorf("%s %s", e.Method, e.URL)
			}
			if said := fmt.Sprintf("%+v", e); strings.Contains(said, "S3CRET") {
				t.Error(said)
			}
		})
	}
}

// goneAway gives an address at which nobody listens any more.
func goneAway(t *testing.T) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	if err := l.Close(); err != nil {
		t.Fatal(err)
	}
	return l.Addr().String()
}

// The fingerprint of a token in the evidence is the one by which sessions are named,
// and follows the key alone.
func TestEvidenceNamesTokens(t *testing.T) {
	const token = "Zx81kPq0vT55mWn2Ls9aYc3R"
	s := serve(t, faulty.Says("HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 38\r\n\r\n"+`{"token": "`+token+`"}`+"\n"))
	var seen []string
	for _, key := range []string{"one", "one", "other"} {
		run := loginBy(t.Context(), t, probe.Options{Key: []byte(key)}, 5*time.Second, password, "http://"+s.Address(), loginwatch.TransportOptions{})
		for _, trait := range run.Steps[0].Evidence.Answer {
			if trait.Digest != "" {
				seen = append(seen, trait.Place+" "+trait.Digest)
			}
		}
	}
	if len(seen) != 3 || seen[0] != seen[1] || seen[0] == seen[2] {
		t.Errorf("%q", seen)
	}
}
