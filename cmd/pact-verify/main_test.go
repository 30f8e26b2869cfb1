//go:build pact

package main

import (
	"bytes"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/loginwatch/loginwatch"
	"github.com/loginwatch/loginwatch/internal/pack"
	"github.com/loginwatch/loginwatch/internal/pact/native"
	"github.com/loginwatch/loginwatch/internal/sim"
)

func TestMain(m *testing.M) {
	if err := native.Quiet(); err != nil {
		panic(err)
	}
	os.Exit(m.Run())
}

// start serves a vendor under a path of its own and puts its credentials into
// the environment.
func start(t *testing.T, vendor string, tls bool) (*sim.Simulator, *httptest.Server) {
	t.Helper()
	catalog, problems := pack.Load(pack.Options{}, pack.Source{FS: loginwatch.Embedded})
	if len(problems) > 0 {
		t.Fatal(problems)
	}
	s, err := sim.New(catalog.Contracts, sim.Options{})
	if err != nil {
		t.Fatal(err)
	}
	for name, value := range s.Credentials(vendor) {
		t.Setenv("LOGINWATCH_"+strings.ToUpper(strings.ReplaceAll(vendor+"_"+name, "-", "_")), value)
	}
	handler := http.StripPrefix("/gateway", s.Handler(vendor))
	server := httptest.NewUnstartedServer(handler)
	if tls {
		server.StartTLS()
	} else {
		server.Start()
	}
	t.Cleanup(server.Close)
	return s, server
}

// packWith is a folder with a further probe of the embedded konsign, on a schedule.
func packWith(t *testing.T, schedule string) string {
	t.Helper()
	dir := t.TempDir()
	if err := os.MkdirAll(filepath.Join(dir, "probes"), 0o700); err != nil {
		t.Fatal(err)
	}
	probe := "vendor: konsign\nprobes:\n  further:\n    schedule: \"" + schedule + "\"\n    timeout: 10s\n" +
		"    objectives: {availability: 0.99, correctness: 0.99, latency: {quantile: 0.95, seconds: 1}}\n    steps:\n      - {case: valid-credentials}\n"
	if err := os.WriteFile(filepath.Join(dir, "probes", "konsign.yaml"), []byte(probe), 0o600); err != nil {
		t.Fatal(err)
	}
	return dir
}

// Three refusals of runs that share a store are three of one account, as a daemon's would be.
func TestSharedStore(t *testing.T) {
	s, server := start(t, "konsign", false)
	if err := s.SetFault("konsign", sim.Fault{Name: sim.FaultReject}); err != nil {
		t.Fatal(err)
	}
	shared := "sqlite:" + filepath.Join(t.TempDir(), "shared.db")
	const refused = "failed    konsign valid-credentials"
	for n, want := range []struct {
		code int
		says string
	}{{3, refused}, {3, refused}, {3, refused}, {exitOurs, "not sent  konsign valid-credentials: the credential cools down"}} {
		var out bytes.Buffer
		code := run(t.Context(), []string{"--vendor", "konsign", "--url", server.URL + "/gateway", "--case", "valid-credentials", "--store", shared}, &out, &out)
		if code != want.code || !strings.Contains(out.String(), want.says) {
			t.Errorf("run %d ends with %d and says no %q:\n%s", n+1, code, want.says, out.String())
		}
	}
}

func TestRun(t *testing.T) {
	const vendor, id = "konsign", "LOGINWATCH_KONSIGN_CLIENT_ID"
	s, server := start(t, vendor, false)
	url := server.URL + "/gateway"
	junk := filepath.Join(t.TempDir(), "ca.pem")
	if err := os.WriteFile(junk, []byte("no certificate\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	tests := []struct {
		name  string
		args  []string
		fault sim.FaultName
		env   [2]string // a variable and its value
		code  int
		says  []string
	}{
		{"as documented", []string{"--vendor", vendor, "--url", url}, "", [2]string{}, 0, []string{"3 ok, 0 failed, 0 not sent"}},
		{"a named case alone", []string{"--vendor", vendor, "--url", url, "--case", "valid-credentials-flat"}, "", [2]string{}, 0, []string{"valid-credentials-flat", "1 ok"}},
		{"a fault", []string{"--vendor", vendor, "--url", url}, sim.FaultDropField, [2]string{}, 1, []string{"failed    konsign valid-credentials", "missing status"}},
		{"a refused credential rests", []string{"--vendor", vendor, "--url", url, "--case", "valid-credentials", "--case", "valid-credentials-flat"}, sim.FaultReject, [2]string{}, 3, []string{"not sent  konsign valid-credentials-flat: the credential cools down after it was refused"}},
		{"a missing secret", []string{"--vendor", vendor, "--url", url}, "", [2]string{id, ""}, exitOurs, []string{"not sent  konsign valid-credentials: missing or empty: client_id (env:LOGINWATCH_KONSIGN_CLIENT_ID)"}},
		{"a secret that no request can carry", []string{"--vendor", vendor, "--url", url}, "", [2]string{id, "caf\xe9\n\n"}, exitOurs, []string{"not sent  konsign valid-credentials: can't be sent: client_id (env:LOGINWATCH_KONSIGN_CLIENT_ID "}},
		{"a secret with quotes", []string{"--vendor", vendor, "--url", url, "--case", "valid-credentials"}, "", [2]string{id, "'x'"}, 3, []string{"loginwatch: warning:", "client_id", "quotes around it"}},
		{"a file that is no authority", []string{"--vendor", vendor, "--url", url, "--ca", junk}, "", [2]string{}, exitOurs, []string{"not sent  konsign valid-credentials: target " + url + ": ", "holds no PEM certificate"}},
		{"an authority that is not there", []string{"--vendor", vendor, "--url", url, "--ca", junk + "x"}, "", [2]string{}, exitUsage, []string{"--ca: "}},
		{"a pack with a bad schedule", []string{"--vendor", vendor, "--url", url, "--pack", packWith(t, "@every never")}, "", [2]string{}, exitOurs, []string{"1 problem", "schedule"}},
		{"a dead port", []string{"--vendor", vendor, "--url", "http://127.0.0.1:1"}, "", [2]string{}, 3, []string{"no answer that could be compared: no connection to 127.0.0.1"}},
		{"no vendor", []string{"--url", url}, "", [2]string{}, exitUsage, []string{"--vendor"}},
		{"an unknown vendor", []string{"--vendor", "nobody", "--url", url}, "", [2]string{}, exitUsage, []string{"unknown vendor"}},
		{"an unknown case", []string{"--vendor", vendor, "--url", url, "--case", "x"}, "", [2]string{}, exitUsage, []string{"no case"}},
		{"a case of no pact", []string{"--vendor", vendor, "--url", url, "--case", "malformed-json"}, "", [2]string{}, exitUsage, []string{"is in no pact"}},
		{"a store that nobody shares", []string{"--vendor", vendor, "--url", url, "--store", "memory"}, "", [2]string{}, exitUsage, []string{"--store memory would be shared with nobody"}},
		{"plain HTTP to another host", []string{"--vendor", vendor, "--url", "http://192.0.2.1"}, "", [2]string{}, exitUsage, []string{"would send secrets in plain text"}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			if err := s.SetFault(vendor, sim.Fault{Name: test.fault}); err != nil {
				t.Fatal(err)
			}
			if test.env[0] != "" {
				t.Setenv(test.env[0], test.env[1])
			}
			var out bytes.Buffer
			if code := run(t.Context(), test.args, &out, &out); code != test.code {
				t.Errorf("exit code %d instead of %d", code, test.code)
			}
			for _, text := range test.says {
				if !strings.Contains(out.String(), text) {
					t.Errorf("no %q in:\n%s", text, out.String())
				}
			}
			for name, value := range s.Credentials(vendor) {
				if strings.Contains(out.String(), value) {
					t.Errorf("the output holds %s", name)
				}
			}
		})
	}
}

// A target whose certificate nobody vouches for gets no credential.
func TestUntrustedCertificate(t *testing.T) {
	const vendor = "payhub-link"
	_, server := start(t, vendor, true)
	var out bytes.Buffer
	code := run(t.Context(), []string{"--vendor", vendor, "--url", server.URL + "/gateway"}, &out, &out)
	if code != 3 || !strings.Contains(out.String(), "authority that is trusted here") {
		t.Errorf("exit code %d:\n%s", code, out.String())
	}
}
