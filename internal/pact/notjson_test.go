//go:build pact

package pact_test

import (
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"

	"github.com/pact-foundation/pact-go/v2/consumer"
	"github.com/pact-foundation/pact-go/v2/matchers"

	"github.com/loginwatch/loginwatch/internal/pact"
)

// The reason for leaving out bodies that are no JSON still holds: the mock
// server refuses the very body that it was told to expect. Once it does not,
// these cases belong into the pacts.
func TestBodiesThatAreNotJSON(t *testing.T) {
	for _, test := range []struct {
		body string
		ok   bool
	}{{`{"user": 1}`, true}, {`{"user": `, false}} {
		dir := t.TempDir()
		mock, err := consumer.NewV4Pact(consumer.MockHTTPProviderConfig{
			Consumer: pact.Consumer, Provider: "any", PactDir: dir, LogDir: dir, Host: "127.0.0.1",
		})
		if err != nil {
			t.Fatal(err)
		}
		err = mock.AddInteraction().UponReceiving("a body").
			WithRequest("POST", "/", func(b *consumer.V4RequestBuilder) {
				b.Header("Content-Type", matchers.S("application/json"))
				b.Body("application/json", []byte(test.body))
			}).
			WillRespondWith(http.StatusBadRequest).
			ExecuteTest(t, func(at consumer.MockServerConfig) error {
				res, err := http.Post(fmt.Sprintf("http://%s:%d/", at.Host, at.Port), "application/json", strings.NewReader(test.body))
				if err != nil {
					return err
				}
				_, _ = io.Copy(io.Discard, res.Body)
				return res.Body.Close()
			})
		if (err == nil) != test.ok {
			t.Errorf("%s: %v", test.body, err)
		}
	}
}
