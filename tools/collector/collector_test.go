// Package collector holds the program's traces by the receiver of OpenTelemetry's own
// collector.
package collector

import (
	"context"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"go.opentelemetry.io/collector/component"
	"go.opentelemetry.io/collector/confmap"
	"go.opentelemetry.io/collector/consumer"
	"go.opentelemetry.io/collector/extension/extensionauth"
	"go.opentelemetry.io/collector/pdata/pcommon"
	"go.opentelemetry.io/collector/pdata/ptrace"
	"go.opentelemetry.io/collector/receiver"
	"go.opentelemetry.io/collector/receiver/otlpreceiver"
	metricnoop "go.opentelemetry.io/otel/metric/noop"
	tracenoop "go.opentelemetry.io/otel/trace/noop"
	"go.uber.org/zap"
)

// collector is the receiver, and what it was sent.
type collector struct {
	settings      map[string]any
	authorization string
	running       receiver.Traces

	mu   sync.Mutex
	came []ptrace.Traces
}

// identity is the certificate of a collector, PEM in files.
type identity struct{ certificate, key string }

func newIdentity(t *testing.T) identity {
	t.Helper()
	s := httptest.NewTLSServer(nil) // has a certificate for 127.0.0.1
	defer s.Close()
	own := s.TLS.Certificates[0]
	key, err := x509.MarshalPKCS8PrivateKey(own.PrivateKey)
	if err != nil {
		t.Fatal(err)
	}
	return identity{
		file(t, "certificate.pem", string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: own.Certificate[0]}))),
		file(t, "key.pem", string(pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: key}))),
	}
}

func file(t *testing.T, name, text string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), name)
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

// newCollector is one for TLS that asks for an authorization. It does not run yet.
func newCollector(protocol, at, authorization string, id identity) *collector {
	return &collector{authorization: authorization, settings: map[string]any{"protocols": map[string]any{protocol: map[string]any{
		"endpoint": at,
		"tls":      map[string]any{"cert_file": id.certificate, "key_file": id.key},
		"auth":     map[string]any{"authenticator": authenticator.String()},
	}}}}
}

var authenticator = component.NewID(component.MustNewType("authorization"))

// start has it listen.
func (c *collector) start(t *testing.T) {
	t.Helper()
	factory := otlpreceiver.NewFactory()
	conf := factory.CreateDefaultConfig()
	if err := confmap.NewFromStringMap(c.settings).Unmarshal(conf); err != nil {
		t.Fatal(err)
	}
	next, err := consumer.NewTraces(func(_ context.Context, traces ptrace.Traces) error {
		c.mu.Lock()
		defer c.mu.Unlock()
		kept := ptrace.NewTraces()
		traces.CopyTo(kept)
		c.came = append(c.came, kept)
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	running, err := factory.CreateTraces(t.Context(), receiver.Settings{ID: component.NewID(factory.Type()), TelemetrySettings: component.TelemetrySettings{
		Logger: zap.NewNop(), MeterProvider: metricnoop.NewMeterProvider(), TracerProvider: tracenoop.NewTracerProvider(), Resource: pcommon.NewResource(),
	}}, conf, next)
	if err != nil {
		t.Fatal(err)
	}
	if err := running.Start(t.Context(), c); err != nil {
		t.Fatal(err)
	}
	c.running = running
}

// stop ends it, and every connection to it.
func (c *collector) stop(t *testing.T) {
	t.Helper()
	if c.running == nil {
		return
	}
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
	defer cancel()
	if err := c.running.Shutdown(ctx); err != nil {
		t.Error(err)
	}
	c.running = nil
}

// GetExtensions makes the collector the host of its receiver.
func (c *collector) GetExtensions() map[component.ID]component.Component {
	return map[component.ID]component.Component{authenticator: guard{c}}
}

// guard lets nobody in without the authorization.
type guard struct{ of *collector }

var _ extensionauth.Server = guard{}

func (guard) Start(context.Context, component.Host) error { return nil }
func (guard) Shutdown(context.Context) error              { return nil }

func (g guard) Authenticate(ctx context.Context, sources map[string][]string) (context.Context, error) {
	for name, values := range sources {
		if strings.EqualFold(name, "authorization") && len(values) == 1 && values[0] == g.of.authorization {
			return ctx, nil
		}
	}
	// A bad collector would repeat what came.
	return ctx, errors.New("nobody is known by " + strings.Join(sources["authorization"], "") + strings.Join(sources["Authorization"], ""))
}

// spans gives all that came so far.
func (c *collector) spans() (all []ptrace.Span, from []pcommon.Map) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, traces := range c.came {
		for _, r := range traces.ResourceSpans().All() {
			from = append(from, r.Resource().Attributes())
			for _, s := range r.ScopeSpans().All() {
				for _, span := range s.Spans().All() {
					all = append(all, span)
				}
			}
		}
	}
	return all, from
}

// text is all that came, as JSON.
func (c *collector) text(t *testing.T) string {
	t.Helper()
	c.mu.Lock()
	defer c.mu.Unlock()
	var b strings.Builder
	for _, traces := range c.came {
		text, err := (&ptrace.JSONMarshaler{}).MarshalTraces(traces)
		if err != nil {
			t.Fatal(err)
		}
		b.Write(text)
	}
	return b.String()
}
