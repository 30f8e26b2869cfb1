//go:build pact

package main

import (
	"bytes"
	"net/http"
	"net/http/httptest"
	"os"
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

func TestRun(t *testing.T) {
	const vendor = "konsign"
	s, server := start(t, vendor, false)
	url := server.URL + "/gateway"
	tests := []struct {
		name  string
		args  []string
		fault sim.FaultName
		unset string
		code  int
		says  []string
	}{
		{"as documented", []string{"--vendor", vendor, "--url", url}, "", "", exitOK, []string{"3 ok, 0 failed, 0 not sent"}},
		{"a named case alone", []string{"--vendor", vendor, "--url", url, "--case", "valid-credentials-flat"}, "", "", exitOK, []string{"valid-credentials-flat", "1 ok"}},
		{"a fault", []string{"--vendor", vendor, "--url", url}, sim.FaultDropField, "", exitDifferent, []string{"failed    konsign valid-credentials", "missing status"}},
		{"a refused credential rests", []string{"--vendor", vendor, "--url", url, "--case", "valid-credentials", "--case", "valid-credentials-flat"}, sim.FaultReject, "", exitUnavailable, []string{"not sent  konsign valid-credentials-flat: the credential cools down after it was refused"}},
		{"a missing secret", []string{"--vendor", vendor, "--url", url}, "", "LOGINWATCH_KONSIGN_CLIENT_ID", exitOurs, []string{"not sent  konsign valid-credentials: missing or empty: client_id (env:LOGINWATCH_KONSIGN_CLIENT_ID)"}},
		{"a dead port", []string{"--vendor", vendor, "--url", "http://127.0.0.1:1"}, "", "", exitUnavailable, []string{"no answer that could be compared: no connection to 127.0.0.1"}},
		{"no vendor", []string{"--url", url}, "", "", exitUsage, []string{"--vendor"}},
		{"an unknown vendor", []string{"--vendor", "nobody", "--url", url}, "", "", exitOurs, []string{"unknown vendor"}},
		{"an unknown case", []string{"--vendor", vendor, "--url", url, "--case", "x"}, "", "", exitUsage, []string{"no case"}},
		{"a case of no pact", []string{"--vendor", vendor, "--url", url, "--case", "malformed-json"}, "", "", exitUsage, []string{"is in no pact"}},
		{"plain HTTP to another host", []string{"--vendor", vendor, "--url", "http://192.0.2.1"}, "", "", exitUsage, []string{"would send secrets in plain text"}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			if err := s.SetFault(vendor, sim.Fault{Name: test.fault}); err != nil {
				t.Fatal(err)
			}
			if test.unset != "" {
				t.Setenv(test.unset, "")
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
	if code != exitUnavailable || !strings.Contains(out.String(), "authority that is trusted here") {
		t.Errorf("exit code %d:\n%s", code, out.String())
	}
}
