package config

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

const traced = `
tracing:
  endpoint: https://collector.example.com:4317/
  protocol: grpc
  headers: {Authorization: env:COLLECTOR_AUTHORIZATION, x-tenant: file:tenant}
  ca_file: ca.pem
  client_certificate: {cert_file: a.pem, key_file: b.pem}
  sample_ratio: 0
targets: {bolt: {vendor: bolt-login, documented: production, traceparent: true}}
`

func parsed(t *testing.T, file, text string) *Config {
	t.Helper()
	c, problems := Parse(file, []byte(text))
	if len(problems) > 0 {
		t.Fatal(problems)
	}
	return c
}

// TestTracing reads all of it, as it is used.
func TestTracing(t *testing.T) {
	t.Setenv("COLLECTOR_AUTHORIZATION", "Bearer me\n")
	got := parsed(t, "etc/loginwatch.yaml", traced).Tracing
	authorization, found, err := got.Secrets.Secret("authorization")
	if got.Endpoint.String() != "https://collector.example.com:4317" || got.Protocol != OverGRPC || strings.Join(got.Headers, ",") != "authorization,x-tenant" ||
		got.CAFile != filepath.Join("etc", "ca.pem") || got.CertFile != filepath.Join("etc", "a.pem") || got.KeyFile != filepath.Join("etc", "b.pem") || got.Ratio != 0 ||
		authorization != "Bearer me" || !found || err != nil {
		t.Errorf("%+v, authorization %q %t %v", got, authorization, found, err)
	}
	least := parsed(t, "", `{tracing: {endpoint: "http://collector:4318/otlp"}, targets: {bolt: {vendor: bolt-login, documented: production}}}`).Tracing
	if least.Protocol != OverHTTP || least.Ratio != 1 || least.Endpoint.Path != "/otlp" {
		t.Errorf("%+v", least)
	}
}

// What is the same as before changes nothing; every key that is another one does.
func TestTracingIsTheSame(t *testing.T) {
	before := parsed(t, "a.yaml", traced).Tracing
	if !before.Same(parsed(t, "a.yaml", traced).Tracing) || !(*Tracing)(nil).Same(nil) || before.Same(nil) {
		t.Error("what is the same is not, or the other way round")
	}
	for _, change := range [][2]string{
		{"4317", "4318"}, {"protocol: grpc", "protocol: http"}, {"COLLECTOR_", "OTHER_"}, {"x-tenant", "y-tenant"}, {"ca.pem", "cb.pem"},
		{"a.pem", "c.pem"}, {"b.pem", "d.pem"}, {"sample_ratio: 0", "sample_ratio: 1"},
	} {
		if before.Same(parsed(t, "a.yaml", strings.Replace(traced, change[0], change[1], 1)).Tracing) {
			t.Errorf("%s for %s is taken for the same", change[1], change[0])
		}
	}
}

// A certificate that is not there is a mistake, and a header that looks odd a warning,
// before anything is sent.
func TestTracingIsLookedAt(t *testing.T) {
	t.Setenv("COLLECTOR_AUTHORIZATION", `"Bearer me"`)
	c := parsed(t, "loginwatch.yaml", traced)
	_, problems := c.Assign(nil, nil, Options{ReadFile: func(path string) ([]byte, error) {
		if path == "ca.pem" {
			return []byte("no PEM"), nil
		}
		return nil, os.ErrNotExist
	}})
	said := problems.Brief()
	for _, want := range []string{"loginwatch.yaml:6:12: the file holds no PEM certificate", "loginwatch.yaml:7:35: there is no file a.pem", "loginwatch.yaml:7:52: there is no file b.pem"} {
		if !strings.Contains(said, want) {
			t.Errorf("does not say %q:\n%s", want, said)
		}
	}
	if odd := c.OddSecrets().Brief(); !strings.Contains(odd, `loginwatch.yaml:5:13: the secret "authorization" (env:COLLECTOR_AUTHORIZATION) has quotes around it`) {
		t.Errorf("odd: %s", odd)
	}
}
