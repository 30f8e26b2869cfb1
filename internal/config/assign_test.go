package config

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"encoding/pem"
	"log/slog"
	"math/big"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/loginwatch/loginwatch"
	"github.com/loginwatch/loginwatch/internal/secret"
)

// assigned parses and assigns a file that must have no problem.
func assigned(t *testing.T, text string, options Options) (*Config, []loginwatch.Job) {
	t.Helper()
	c, problems := Parse("etc/loginwatch.yaml", []byte(text))
	if len(problems) > 0 {
		t.Fatalf("parse:\n%v", problems)
	}
	contracts, probes := catalog()
	all, problems := c.Assign(contracts, probes, options)
	if len(problems) > 0 {
		t.Fatalf("assign:\n%v", problems)
	}
	return c, all
}

const everything = `
listen: "[::1]:0"
web_config: web.yaml
hosts: [Watch.example.com.]
pprof: true
packs: [mine, /opt/packs]
log: {level: warn, format: json}
credential_budget: {rejections: 1, per: 2h, cool_down: 3m, cool_down_max: 4h}
targets:
  acme-b:
    vendor: acme-login
    base_url: https://acme.example.com:8443/api//
    paths: {login: /v2/login}
    variables: {region: south}
    secrets: {user: "env:ACME_USER", password: "file:acme-password", public_key: "file:/run/key"}
    ca_file: ca.pem
    client_certificate: {cert_file: client.pem, key_file: /etc/ssl/client-key.pem}
    proxy: socks5://[::1]:1080/
    ip_version: 6
    control: false
  acme-a: {vendor: acme-login, base_url: "http://127.0.0.1:1", secrets: {user: "env:U", password: "env:P", access_key: "env:A", secret_key: "env:S"}}
  bolt: {vendor: bolt-login, documented: plain, insecure_http: true, secrets: {token: "env:BOLT_TOKEN"}}
  bolt-idle: {vendor: bolt-login, documented: production, secrets: {token: "env:BOLT_TOKEN"}}
probes:
  acme-login/sign-in:
    schedule: "@every 30s"
    timeout: 3s
    objectives: {availability: 0.9, latency: {quantile: 0.5, seconds: 0.25}}
  bolt-login/login: {enabled: false}
  bolt-login/night: {enabled: true, targets: [bolt]}
`

func TestEverything(t *testing.T) {
	c, all := assigned(t, everything, Options{CheckSchedule: checkSchedule})
	want := Config{
		Listen: "[::1]:0", WebConfig: "etc/web.yaml", Packs: []string{"etc/mine", "/opt/packs"},
		LogLevel: slog.LevelWarn, LogFormat: "json",
		Budget: loginwatch.Budget{Rejections: 1, Per: 2 * time.Hour, CoolDown: 3 * time.Minute, CoolDownMax: 4 * time.Hour},
	}
	got := Config{Listen: c.Listen, WebConfig: c.WebConfig, Packs: c.Packs, LogLevel: c.LogLevel, LogFormat: c.LogFormat, Budget: c.Budget}
	if diff := cmp.Diff(want, got, cmp.AllowUnexported(Config{}), cmp.Comparer(func(x, y *target) bool { return x == y })); diff != "" {
		t.Errorf("config (-want +got):\n%s", diff)
	}

	var order []string
	for _, a := range all {
		order = append(order, a.Probe.ID()+" "+a.Target.Name+" "+a.Target.Credential+" "+a.Target.BaseURL.String())
	}
	if diff := cmp.Diff([]string{
		"acme-login/sign-in acme-a acme-login/password=env:P,user=env:U http://127.0.0.1:1",
		"acme-login/sign-in acme-b acme-login/password=file:etc/acme-password,user=env:ACME_USER https://acme.example.com:8443/api",
		"bolt-login/night bolt bolt-login/token=env:BOLT_TOKEN http://bolt.example.com",
	}, order); diff != "" {
		t.Fatalf("jobs (-want +got):\n%s", diff)
	}
	checkEverythingOfAcme(t, all[1])
}

func checkEverythingOfAcme(t *testing.T, a loginwatch.Job) {
	t.Helper()
	p := a.Probe
	if p.Schedule != "@every 30s" || p.Timeout != 3*time.Second || p.Disabled {
		t.Errorf("probe: schedule %q, timeout %v, disabled %v", p.Schedule, p.Timeout, p.Disabled)
	}
	objectives := loginwatch.Objectives{Availability: 0.9, Correctness: 0.999, LatencyQuantile: 0.5, Latency: 250 * time.Millisecond}
	if diff := cmp.Diff(objectives, p.Objectives); diff != "" {
		t.Errorf("objectives (-want +got):\n%s", diff)
	}
	tr := a.Target.Transport
	if tr.CAFile != "etc/ca.pem" || tr.ClientCertFile != "etc/client.pem" || tr.ClientKeyFile != "/etc/ssl/client-key.pem" ||
		tr.Proxy.String() != "socks5://[::1]:1080" || tr.IPVersion != 6 {
		t.Errorf("transport: %+v", tr)
	}
	if !a.Target.WithoutControl {
		t.Error("a control may be sent where the file says that none is")
	}
	if a.Target.Paths["login"] != "/v2/login" || a.Target.Variables["region"] != "south" {
		t.Errorf("paths %v, variables %v", a.Target.Paths, a.Target.Variables)
	}
	for name, origin := range map[string]string{
		"user": "env:ACME_USER", "password": "file:etc/acme-password", "public_key": "file:/run/key",
		"access_key": `secrets of target "acme-b" in etc/loginwatch.yaml`,
	} {
		if got := a.Target.Secrets.Origin(name); got != origin {
			t.Errorf("origin of %s: %q, want %q", name, got, origin)
		}
	}
}

// TestPacksStayAsTheyAre: a reload starts from the same probes again, so that
// an override must not write into them.
func TestPacksStayAsTheyAre(t *testing.T) {
	c, problems := Parse("loginwatch.yaml", []byte(everything))
	if len(problems) > 0 {
		t.Fatal(problems)
	}
	contracts, probes := catalog()
	first, _ := c.Assign(contracts, probes, Options{})
	if probes[0].Schedule != "@every 5m" || probes[0].Objectives.Availability != 0.995 || !probes[2].Disabled {
		t.Errorf("Assign changed the packs' probes: %+v", probes[0])
	}
	again, problems := c.Assign(contracts, probes, Options{})
	if len(problems) > 0 || len(again) != len(first) {
		t.Errorf("a second Assign differs: %d jobs instead of %d, %v", len(again), len(first), problems)
	}
}

func TestDefaults(t *testing.T) {
	c, all := assigned(t, `targets: {bolt: {vendor: bolt-login, documented: production, secrets: {token: "env:T"}}}`, Options{})
	if diff := cmp.Diff(Default().Budget, c.Budget); diff != "" || c.Listen != "127.0.0.1:9713" || c.LogLevel != slog.LevelInfo || c.LogFormat != "text" {
		t.Errorf("defaults: %q %v %q %s", c.Listen, c.LogLevel, c.LogFormat, diff)
	}
	if len(all) != 1 || all[0].Probe.ID() != "bolt-login/login" || all[0].Target.BaseURL.String() != "https://bolt.example.com/api" {
		t.Errorf("jobs: %+v", all)
	}
}

func TestNoFile(t *testing.T) {
	contracts, probes := catalog()
	all, problems := Default().Assign(contracts, probes, Options{})
	if len(all) != 0 || len(problems) != 0 {
		t.Errorf("without a file: %v, %v", all, problems)
	}
}

func TestSharedCredentials(t *testing.T) {
	_, all := assigned(t, `
targets:
  c: {vendor: acme-login, base_url: "https://c.example.com", secrets: {user: "env:U", password: "env:P", public_key: "env:K"}}
  a: {vendor: acme-login, base_url: "https://a.example.com", secrets: {user: "env:U", password: "env:P", access_key: "env:A", secret_key: "env:S"}}
  b: {vendor: acme-login, base_url: "https://b.example.com", secrets: {user: "env:U2", password: "env:P", public_key: "env:K"}}
  d: {vendor: bolt-login, base_url: "https://d.example.com", secrets: {token: "env:U"}}
  e: {vendor: bolt-login, base_url: "https://e.example.com", secrets: {token: "env:T"}, credential: robot}
  f: {vendor: bolt-login, base_url: "https://f.example.com", secrets: {token: "env:T"}, credential: robot}
  g: {vendor: bolt-login, base_url: "https://g.example.com", secrets: {token: "env:T"}}
  h: {vendor: acme-login, base_url: "https://h.example.com", secrets: {user: "env:U3", password: "env:P3", public_key: "env:K"}, credential: robot}
`, Options{})
	got := map[string]string{}
	for _, a := range all {
		got[a.Target.Name] = a.Target.Credential
	}
	want := map[string]string{
		"a": "acme-login/password=env:P,user=env:U",
		"b": "acme-login/password=env:P,user=env:U2", // another user
		"c": "acme-login/password=env:P,user=env:U",  // the same user and password, though it gets its key in another way
		"d": "bolt-login/token=env:U",
		"e": "bolt-login/robot", // named by the operator
		"f": "bolt-login/robot",
		"g": "bolt-login/token=env:T", // the same values: one budget, whatever its names
		"h": "acme-login/robot",       // another vendor's is another one
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("credentials (-want +got):\n%s", diff)
	}
}

// What is shown as one credential is one: what else its targets configure is nothing of it.
func TestNameCredential(t *testing.T) {
	k := &loginwatch.Contract{Vendor: "acme", Account: []string{"password", "user"}}
	user, password, key := secret.Reference{Kind: secret.Env, From: "U"}, secret.Reference{Kind: secret.File, From: "p"}, secret.Reference{Kind: secret.Env, From: "K"}
	for name, tt := range map[string]struct {
		contract *loginwatch.Contract
		secrets  map[string]secret.Reference
		want     string
	}{
		"the account":       {k, map[string]secret.Reference{"user": user, "password": password}, "acme/password=file:p,user=env:U"},
		"and more":          {k, map[string]secret.Reference{"user": user, "password": password, "key": key}, "acme/password=file:p,user=env:U"},
		"a part of it":      {k, map[string]secret.Reference{"user": user, "key": key}, "acme/user=env:U"},
		"nothing of it":     {k, map[string]secret.Reference{"key": key}, "acme/key=env:K"},
		"no secrets":        {k, nil, "acme/a"},
		"an unknown vendor": {nil, map[string]secret.Reference{"user": user}, "acme/user=env:U"},
	} {
		t.Run(name, func(t *testing.T) {
			target := &target{name: "a", Target: &loginwatch.Target{}, secrets: &references{of: tt.secrets}}
			target.file.Vendor.Value = "acme"
			if target.nameCredential(tt.contract); target.Credential != tt.want {
				t.Errorf("credential %q, want %q", target.Credential, tt.want)
			}
		})
	}
}

func TestCertificates(t *testing.T) {
	dir := t.TempDir()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{SerialNumber: big.NewInt(1), NotAfter: time.Now().Add(time.Hour)}
	cert, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	if err != nil {
		t.Fatal(err)
	}
	der, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		t.Fatal(err)
	}
	for name, block := range map[string]*pem.Block{"cert.pem": {Type: "CERTIFICATE", Bytes: cert}, "key.pem": {Type: "PRIVATE KEY", Bytes: der}} {
		if err := os.WriteFile(filepath.Join(dir, name), pem.EncodeToMemory(block), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	c, problems := Parse(filepath.Join(dir, "loginwatch.yaml"), []byte(`
targets:
  bolt:
    vendor: bolt-login
    documented: production
    secrets: {token: "env:T"}
    ca_file: cert.pem
    client_certificate: {cert_file: cert.pem, key_file: key.pem}
`))
	if len(problems) > 0 {
		t.Fatal(problems)
	}
	contracts, probes := catalog()
	if _, problems = c.Assign(contracts, probes, Options{ReadFile: os.ReadFile}); len(problems) > 0 {
		t.Errorf("good files: %v", problems)
	}
}
