//go:build oncall

package alerttest

import (
	"crypto/tls"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/loginwatch/loginwatch"
	"github.com/loginwatch/loginwatch/internal/pack"
	"github.com/loginwatch/loginwatch/internal/sim"
)

const interval = 5 * time.Second // of the probes: five minutes in the rules

// stage is everything that takes part: simulated vendors, the daemon, Prometheus,
// Alertmanager and who is called.
type stage struct {
	dir        string
	targets    []*target
	config     string // file of the daemon
	daemon     *process
	binary     string
	address    string // of the daemon
	prometheus string // URL
	receiver   *receiver
}

// target is a simulated vendor of its own, so that a fault of one is no fault of
// another.
type target struct {
	name   string
	vendor string
	sim    *sim.Simulator
	server *httptest.Server
	ca     string // file; "" for plain HTTP
	// certificate is what is presented; nil for plain HTTP.
	certificate atomic.Pointer[tls.Certificate]
	fresh       *tls.Certificate
	ending      *tls.Certificate // ends within days
}

// newStage simulates one target for each name; vendors take turns, so a test
// needs to know none of them.
func newStage(t *testing.T, names []string, encrypted string) *stage {
	t.Helper()
	catalog, problems := pack.Load(pack.Options{}, pack.Source{FS: loginwatch.Embedded})
	if len(problems) > 0 {
		t.Fatal(problems)
	}
	s := &stage{dir: t.TempDir(), receiver: newReceiver(t), address: freeAddress(t)}
	var config strings.Builder
	fmt.Fprintf(&config, "listen: %s\ncredential_budget: {rejections: 3, per: 1h, cool_down: 10s, cool_down_max: 10s}\ntargets:\n", s.address)
	for i, name := range names {
		contract := catalog.Contracts[i%len(catalog.Contracts)]
		x := newTarget(t, s.dir, name, contract, name == encrypted)
		s.targets = append(s.targets, x)
		fmt.Fprintf(&config, "  %s:\n    vendor: %s\n    base_url: %s\n", name, x.vendor, x.server.URL)
		if x.ca != "" {
			fmt.Fprintf(&config, "    ca_file: %s\n", x.ca)
		}
		config.WriteString("    secrets:\n")
		for secret, value := range x.sim.Credentials(x.vendor) {
			if !captured(catalog.Probes, x.vendor, secret) {
				fmt.Fprintf(&config, "      %s: file:%s\n", secret, write(t, s.dir, filepath.Join("secrets", name, secret), value))
			}
		}
	}
	config.WriteString("probes:\n")
	for _, p := range catalog.Probes {
		// A probe without a target of its vendor is a mistake in a configuration.
		used := slices.ContainsFunc(s.targets, func(x *target) bool { return x.vendor == p.Contract.Vendor })
		if used && !p.Disabled {
			fmt.Fprintf(&config, "  %s: {schedule: '@every %v', timeout: 4s, objectives: {latency: {quantile: 0.95, seconds: 1}}}\n", p.ID(), interval)
		}
	}
	s.config = write(t, s.dir, "loginwatch.yaml", config.String())
	s.binary = filepath.Join(s.dir, "loginwatch")
	tool(t, root, "go", "build", "-o", s.binary, "./cmd/loginwatch")
	return s
}

func captured(probes []*loginwatch.Probe, vendor, secret string) bool {
	for _, p := range probes {
		if p.Contract.Vendor != vendor {
			continue
		}
		for _, step := range p.Steps {
			for _, c := range step.Capture {
				if c.Name == secret {
					return true
				}
			}
		}
	}
	return false
}

func newTarget(t *testing.T, dir, name string, contract *loginwatch.Contract, encrypted bool) *target {
	t.Helper()
	s, err := sim.New([]*loginwatch.Contract{contract}, sim.Options{})
	if err != nil {
		t.Fatal(err)
	}
	x := &target{name: name, vendor: contract.Vendor, sim: s}
	x.server = httptest.NewUnstartedServer(s.Handler(contract.Vendor))
	x.server.Config.ErrorLog = slog.NewLogLogger(slog.DiscardHandler, slog.LevelError) // a connection that is cut is no news
	if encrypted {
		x.encrypt(t, dir)
		x.server.StartTLS()
	} else {
		x.server.Start()
	}
	t.Cleanup(x.server.Close)
	return x
}

// encrypt makes two certificates and begins with the one that is not about to end.
func (x *target) encrypt(t *testing.T, dir string) {
	t.Helper()
	host, _, err := net.SplitHostPort(x.server.Listener.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	fresh, freshCA, err := sim.SelfSigned(time.Now(), host)
	if err != nil {
		t.Fatal(err)
	}
	// Made so long ago that ten days of its ninety are left.
	ending, endingCA, err := sim.SelfSigned(time.Now().AddDate(0, 0, -80), host)
	if err != nil {
		t.Fatal(err)
	}
	x.certificate.Store(&fresh)
	x.fresh, x.ending = &fresh, &ending
	x.ca = write(t, dir, "ca.pem", string(freshCA)+string(endingCA))
	x.server.TLS = &tls.Config{GetConfigForClient: func(*tls.ClientHelloInfo) (*tls.Config, error) {
		return &tls.Config{Certificates: []tls.Certificate{*x.certificate.Load()}, MinVersion: tls.VersionTLS12}, nil
	}}
}

func (x *target) fault(t *testing.T, name sim.FaultName, delay time.Duration) {
	t.Helper()
	if err := x.sim.SetFault("", sim.Fault{Name: name, Delay: delay}); err != nil {
		t.Fatal(err)
	}
}

// watch starts the daemon.
func (s *stage) watch(t *testing.T) {
	t.Helper()
	s.daemon = launch(t, s.dir, s.binary, "serve", "--config", s.config)
	answers(t, s.daemon, "http://"+s.address+"/-/ready")
}

// alarm starts Prometheus and Alertmanager with the rules and the routes of the
// repository, in a hurry.
func (s *stage) alarm(t *testing.T) {
	t.Helper()
	for _, file := range matching(t, dashboards+"/prometheus/rules/*.yml") {
		write(t, s.dir, filepath.Join("rules", filepath.Base(file)), hurry(text(t, file)))
	}
	prometheus := freeAddress(t)
	managed := manage(t, s.dir, hurry(text(t, routing)), s.receiver.URL)
	write(t, s.dir, "prometheus.yml", fmt.Sprintf(`
global: {scrape_interval: 500ms, scrape_timeout: 500ms, evaluation_interval: 500ms}
scrape_configs:
  - {job_name: loginwatch, static_configs: [{targets: ['%s']}]}
rule_files: [rules/*.yml]
alerting: {alertmanagers: [{static_configs: [{targets: ['%s']}]}]}
`, s.address, managed.address))
	s.prometheus = "http://" + prometheus
	// Prometheus may not know Alertmanager yet when the first alert fires, and says
	// it again after this delay.
	answers(t, launch(t, s.dir, "prometheus", "--config.file=prometheus.yml", "--storage.tsdb.path=prometheus",
		"--rules.alert.resend-delay=1s", "--web.listen-address="+prometheus), s.prometheus+"/-/ready")
}

// reload gives the daemon another configuration and tells whether it took it.
func (s *stage) reload(t *testing.T, content string) bool {
	t.Helper()
	if err := os.WriteFile(s.config, []byte(content), 0o600); err != nil {
		t.Fatal(err)
	}
	req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, "http://"+s.address+"/-/reload", nil)
	if err != nil {
		t.Fatal(err)
	}
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer closing(t, res.Body)
	return res.StatusCode == http.StatusOK
}

// holds waits until Prometheus gives a query at least one series.
func (s *stage) holds(t *testing.T, expr string, patience time.Duration) {
	t.Helper()
	until(t, expr, patience, func() error {
		found, err := query(t.Context(), s.prometheus, "query", url.Values{"query": {expr}})
		if err == nil && len(found) == 0 {
			err = fmt.Errorf("no series")
		}
		return err
	})
}
