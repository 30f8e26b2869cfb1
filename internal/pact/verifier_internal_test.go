//go:build pact

package pact

import (
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"net/url"
	"os"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/loginwatch/loginwatch"
	"github.com/loginwatch/loginwatch/internal/pack"
	"github.com/loginwatch/loginwatch/internal/pact/native"
)

// refusing is a network whose target refuses every credential, or cannot be
// reached.
type refusing struct {
	err  error
	came int
}

func (n *refusing) RoundTrip(*http.Request) (*http.Response, error) {
	n.came++
	if n.err != nil {
		return nil, n.err
	}
	return &http.Response{StatusCode: http.StatusUnauthorized, Header: http.Header{}, Body: io.NopCloser(strings.NewReader("{}"))}, nil
}

// What was sent may count against the account, whatever becomes of the verifier
// after it; that nothing was sent is said only where nothing was.
func TestCarryAfterAFailure(t *testing.T) {
	unreadable, unreachable := errors.New("the verifier's result can't be read"), errors.New("no route")
	for _, test := range []struct {
		name    string
		sends   bool
		results []native.Result
		err     error
		network error
		failure string // of the comparison
		notSent string
	}{
		{"unreadable after it was sent", true, nil, unreadable, nil, "the verifier failed: the verifier's result can't be read", ""},
		{"no result after it was sent", true, nil, nil, nil, "the verifier failed: it gave no result", ""},
		{"unreadable after the network failed", true, nil, unreadable, unreachable, "the verifier failed: the verifier's result can't be read", ""},
		{"a comparison", true, []native.Result{{OK: true}}, nil, nil, "", ""},
		{"unreadable before it was sent", false, nil, unreadable, nil, "", "nothing was sent: the verifier failed: the verifier's result can't be read"},
		{"no result before it was sent", false, nil, nil, nil, "", "nothing was sent: the verifier failed: it gave no result"},
		{"a result of nothing", false, []native.Result{{}}, nil, nil, "", "nothing was sent: the verifier made no request"},
	} {
		t.Run(test.name, func(t *testing.T) {
			v, k := verifier(t)
			v.verify = func(r native.Request) ([]native.Result, error) {
				if test.sends {
					send(t, r)
				}
				return test.results, test.err
			}
			network := &refusing{err: test.network}
			request, err := http.NewRequestWithContext(t.Context(), http.MethodPost, "https://target.example/login", http.NoBody)
			if err != nil {
				t.Fatal(err)
			}
			res, err := v.Carry(request, k, map[string]string{"password": "secret"}, network)
			var notSent *loginwatch.NotSentError
			switch {
			case test.notSent != "":
				if !errors.As(err, &notSent) || err.Error() != test.notSent || network.came != 0 {
					t.Errorf("%v after %d requests", err, network.came)
				}
			case test.network != nil:
				if !errors.Is(err, test.network) {
					t.Errorf("%v instead of the network's error", err)
				}
			case err != nil || res.StatusCode != http.StatusUnauthorized:
				t.Errorf("%v %v instead of the answer", res, err)
			}
			c, found := v.Compared(k)
			if found != test.sends || c.Failure != test.failure {
				t.Errorf("compared: %t %+v", found, c)
			}
			if v.proxy.request != nil || v.proxy.values != nil || v.proxy.network != nil {
				t.Error("the proxy still holds the request or its credentials")
			}
		})
	}
}

// verifier gives one of an embedded pact, and a case of it.
func verifier(t *testing.T) (*Verifier, *loginwatch.Case) {
	t.Helper()
	catalog, problems := pack.Load(pack.Options{}, pack.Source{FS: loginwatch.Embedded})
	if len(problems) > 0 {
		t.Fatal(problems)
	}
	c := catalog.Contracts[0]
	file, err := loginwatch.Embedded.ReadFile("contracts/" + c.Vendor + "/pact.json")
	if err != nil {
		t.Fatal(err)
	}
	v, err := NewVerifier(t.Context(), c, file, time.Minute)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(v.Close)
	for _, k := range c.Cases {
		if v.Knows(k) {
			return v, k
		}
	}
	t.Fatal("no case in the pact")
	return nil, nil
}

// send does what the native verifier does before it has anything to say.
func send(t *testing.T, r native.Request) {
	t.Helper()
	at, err := url.Parse(r.StateURL)
	if err != nil {
		t.Fatal(err)
	}
	at.Path = r.Path + "/login"
	if _, err := os.Stat(r.File); err != nil {
		t.Error(err)
	}
	res, err := http.Post(at.String(), "application/json", strings.NewReader("{}"))
	if err == nil { // the connection is cut where no answer came
		_ = res.Body.Close()
	}
}

// A mismatch is told by the types of JSON Schema, and never by a value that came.
func TestWordsOfTypes(t *testing.T) {
	d := &document{matching: map[string]map[string]map[string]ruleSet{"login": {"body": {"$.n": {Matchers: []map[string]any{{"match": "integer"}}}}}}}
	for actual, want := range map[string]string{
		"8.0": "an integer without point and exponent was due, one with either came",
		"8e1": "an integer without point and exponent was due, one with either came",
		"8.5": "an integer was due, a number came",
		`"8"`: "an integer was due, a string came",
		"[8]": "an integer was due, an array came",
	} {
		var m native.Mismatch
		text := `{"Type": "BodyMismatch", "Path": "$.n", "Expected": "7", "Actual": ` + strconv.Quote(actual) + `}`
		if err := json.Unmarshal([]byte(text), &m); err != nil {
			t.Fatal(err)
		}
		if got := d.describe("login", m); got != "body $.n: "+want {
			t.Errorf("%s: %s", actual, got)
		}
	}
}
