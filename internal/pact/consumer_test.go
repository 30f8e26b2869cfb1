//go:build pact

package pact_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/pact-foundation/pact-go/v2/consumer"
	"github.com/pact-foundation/pact-go/v2/matchers"

	"github.com/loginwatch/loginwatch"
	"github.com/loginwatch/loginwatch/internal/config"
	"github.com/loginwatch/loginwatch/internal/flow"
	"github.com/loginwatch/loginwatch/internal/pack"
	"github.com/loginwatch/loginwatch/internal/pact"
	"github.com/loginwatch/loginwatch/internal/probe"
)

// The client that the daemon runs meets Pact's mock server with every case that
// Pact can express; what comes of it are the pacts.
func TestConsumer(t *testing.T) {
	c := catalog(t)
	for _, contract := range c.Contracts {
		t.Run(contract.Vendor, func(t *testing.T) {
			dir := t.TempDir()
			for _, k := range contract.Cases {
				if pact.LeftOut(k, contract) == "" {
					consume(t, c, contract, k, dir)
				}
			}
			if t.Failed() {
				return
			}
			compare(t, filepath.Join(dir, pact.Consumer+"-"+contract.Vendor+".json"), committed(contract))
		})
	}
}

// committed is where the pact of a contract stands: beside contract.yaml.
func committed(c *loginwatch.Contract) string {
	file := filepath.Join(filepath.Dir(c.Pos.File), "pact.json")
	if _, err := os.Stat(c.Pos.File); err != nil {
		file = filepath.Join("..", "..", file) // of the embedded pack: from the root of the repository
	}
	return file
}

// compare holds a fresh pact against the committed one, or replaces that.
func compare(t *testing.T, fresh, committed string) {
	t.Helper()
	got, err := os.ReadFile(fresh)
	if err != nil {
		t.Fatal(err)
	}
	want, err := os.ReadFile(committed)
	if err == nil && bytes.Equal(got, want) {
		return
	}
	if !*update {
		t.Fatalf("%s is not what the contract says today; make contracts writes it again", committed)
	}
	if err := os.WriteFile(committed, got, 0o644); err != nil {
		t.Fatal(err)
	}
}

// consume runs one case against the mock server and adds it to the pact in dir.
func consume(t *testing.T, c *pack.Catalog, contract *loginwatch.Contract, k *loginwatch.Case, dir string) {
	t.Helper()
	i, err := pact.Of(k, contract)
	if err != nil {
		t.Error(err)
		return
	}
	mock, err := consumer.NewV4Pact(consumer.MockHTTPProviderConfig{
		Consumer: pact.Consumer, Provider: contract.Vendor, PactDir: dir, LogDir: dir, Host: "127.0.0.1",
	})
	if err != nil {
		t.Error(err)
		return
	}
	err = expect(mock, i).ExecuteTest(t, func(at consumer.MockServerConfig) error {
		target := &loginwatch.Target{
			Name:    "mock",
			BaseURL: &url.URL{Scheme: "http", Host: fmt.Sprintf("%s:%d", at.Host, at.Port)},
			Secrets: config.Static("the pact", i.Secrets),
		}
		p := flow.ForCase(k, contract, c.Probes, 10*time.Second)
		return asDocumented(probe.New(probe.Options{}).Run(context.Background(), flow.New(loginwatch.Job{Probe: p, Target: target})), i)
	})
	if err != nil { // ExecuteTest fails no test by itself
		t.Errorf("%s %s: %v", contract.Vendor, k.ID, err)
	}
}

// expect writes an interaction in pact-go's words.
func expect(mock *consumer.V4HTTPMockProvider, i *pact.Interaction) *consumer.V4InteractionWithResponse {
	interaction := mock.AddInteraction()
	if i.State != "" {
		interaction = interaction.Given(i.State)
	}
	return interaction.UponReceiving(i.Description).
		WithRequest(consumer.Method(i.Method), i.Path, func(b *consumer.V4RequestBuilder) {
			for _, p := range i.Query {
				b.Query(p.Name, matcher(p))
			}
			for _, p := range i.Headers {
				b.Header(p.Name, matcher(p))
			}
			switch {
			case i.Form: // Pact takes a description of a form in JSON, as it does of JSON
				description, _ := json.Marshal(i.RequestBody) // of texts, lists and objects
				b.Body("application/x-www-form-urlencoded", description)
			case i.RequestBody != nil:
				b.JSONBody(i.RequestBody)
			}
		}).
		WillRespondWith(i.Status, func(b *consumer.V4ResponseBuilder) {
			for _, p := range i.Promised {
				b.Header(p.Name, matchers.Regex(p.Example, p.Expression))
			}
			if i.Answer != nil {
				b.Header("Content-Type", matchers.Regex("application/json", pact.JSONType))
				b.JSONBody(i.Answer)
			}
		})
}

func matcher(p pact.Pair) matchers.Matcher {
	if p.Expression != "" {
		return matchers.FromProviderState(p.Expression, p.Example)
	}
	return matchers.S(p.Example)
}

// asDocumented tells whether our own check found the mock's answer to be the
// promised one.
func asDocumented(run *loginwatch.Run, i *pact.Interaction) error {
	last := run.Subject()
	if last == nil {
		return errors.New(run.Detail)
	}
	if run.Verdict != loginwatch.OK || last.Outcome != i.Outcome.ID || last.HTTPStatus != i.Status {
		return fmt.Errorf("%s (%s) %s: HTTP %d, outcome %q instead of %q; %+v",
			run.Verdict, run.Reason, run.Detail, last.HTTPStatus, last.Outcome, i.Outcome.ID, last.Findings)
	}
	return nil
}
