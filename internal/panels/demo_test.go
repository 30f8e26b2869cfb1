//go:build prometheus

package panels

import (
	"bytes"
	"context"
	"crypto/tls"
	"encoding/json"
	"fmt"
	"math"
	"math/rand/v2"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/loginwatch/loginwatch"
	"github.com/loginwatch/loginwatch/internal/pack"
	"github.com/loginwatch/loginwatch/internal/plan"
	"github.com/loginwatch/loginwatch/internal/sim"
)

// demo is the real daemon that watches simulators of every vendor over TLS, and
// a real Prometheus that scrapes it.
type demo struct {
	simulator  *sim.Simulator
	probes     []*loginwatch.Probe // those that run
	targets    map[string]string   // by vendor
	prometheus string              // its address
	began      time.Time
}

func newDemo(t *testing.T) *demo {
	t.Helper()
	catalog, problems := pack.Load(pack.Options{CheckSchedule: func(expr string) error {
		_, err := plan.Parse(expr)
		return err
	}}, pack.Source{FS: loginwatch.Embedded})
	if len(problems) > 0 {
		t.Fatal(problems)
	}
	simulator, err := sim.New(catalog.Contracts, sim.Options{})
	if err != nil {
		t.Fatal(err)
	}
	d := &demo{simulator: simulator, targets: map[string]string{}, began: time.Now()}
	for _, p := range catalog.Probes {
		if !p.Disabled {
			d.probes = append(d.probes, p)
		}
	}
	dir := t.TempDir()
	daemon := d.serve(t, dir, d.simulate(t, dir))
	d.scrape(t, dir, daemon)
	return d
}

// simulate serves all vendors over TLS, each with a latency of its own, and
// gives the address. The authority to trust is in ca.pem then.
func (d *demo) simulate(t *testing.T, dir string) string {
	t.Helper()
	certificate, authority, err := sim.SelfSigned(time.Now(), "localhost", "127.0.0.1", "::1")
	if err != nil {
		t.Fatal(err)
	}
	write(t, filepath.Join(dir, "ca.pem"), string(authority))
	server := httptest.NewUnstartedServer(slower(d.simulator))
	server.TLS = &tls.Config{Certificates: []tls.Certificate{certificate}}
	server.StartTLS()
	t.Cleanup(server.Close)
	_, port, err := net.SplitHostPort(server.Listener.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	return "https://localhost:" + port
}

// slower lets every answer take as long as a login does: mostly a sixth of a
// second, now and then much longer.
func slower(next http.Handler) http.Handler {
	var mu sync.Mutex
	random := rand.New(rand.NewPCG(1, 2))
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		mu.Lock()
		d := time.Duration(float64(160*time.Millisecond) * math.Exp(0.45*random.NormFloat64()))
		mu.Unlock()
		select {
		case <-time.After(d):
			next.ServeHTTP(w, r)
		case <-r.Context().Done():
		}
	})
}

// serve starts the program as an operator does, with a file, and gives its
// address.
func (d *demo) serve(t *testing.T, dir, base string) string {
	t.Helper()
	address := freeAddress(t)
	var config strings.Builder
	fmt.Fprintf(&config, "listen: %s\ntargets:\n", address)
	var environment []string
	for i, vendor := range d.simulator.Vendors() {
		target := fmt.Sprintf("simulator-%d", i+1)
		d.targets[vendor] = target
		fmt.Fprintf(&config, "  %s:\n    vendor: %s\n    base_url: %s/%s\n    ca_file: ca.pem\n    secrets:\n", target, vendor, base, vendor)
		for name, value := range d.secrets(vendor) {
			variable := fmt.Sprintf("DEMO_%d_%s", i, strings.ToUpper(name))
			environment = append(environment, variable+"="+value)
			fmt.Fprintf(&config, "      %s: env:%s\n", name, variable)
		}
	}
	config.WriteString("probes:\n")
	for _, p := range d.probes {
		fmt.Fprintf(&config, "  %s: {schedule: '@every 1s'}\n", p.ID())
	}
	file := filepath.Join(dir, "loginwatch.yaml")
	write(t, file, config.String())
	program := filepath.Join(dir, "loginwatch")
	build := exec.CommandContext(t.Context(), "go", "build", "-o", program, "../../cmd/loginwatch")
	build.Env = append(os.Environ(), "CGO_ENABLED=0")
	if out, err := build.CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	start(t, environment, program, "serve", "--config", file)
	return address
}

// secrets are the demo credentials but those that a probe captures itself.
func (d *demo) secrets(vendor string) map[string]string {
	all := d.simulator.Credentials(vendor)
	for _, p := range d.probes {
		for _, step := range p.Steps {
			for _, capture := range step.Capture {
				if p.Contract.Vendor == vendor {
					delete(all, capture.Name)
				}
			}
		}
	}
	return all
}

// scrape starts Prometheus with the recording rules.
func (d *demo) scrape(t *testing.T, dir, daemon string) {
	t.Helper()
	rules, err := filepath.Abs(filepath.Join(folder, "..", "prometheus", "rules", "*.yml"))
	if err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(dir, "prometheus.yml")
	write(t, file, fmt.Sprintf(`global: {scrape_interval: 1s, evaluation_interval: 1s}
rule_files: ['%s']
scrape_configs: [{job_name: loginwatch, static_configs: [{targets: ['%s']}]}]
`, rules, daemon))
	address := freeAddress(t)
	d.prometheus = "http://" + address
	start(t, nil, "prometheus", "--config.file="+file, "--storage.tsdb.path="+filepath.Join(dir, "data"),
		"--web.listen-address="+address, "--log.level=warn")
}

// start runs a program until the test ends, and shows what it said if that failed.
func start(t *testing.T, environment []string, name string, args ...string) {
	t.Helper()
	cmd := exec.Command(name, args...)
	cmd.Env = append(os.Environ(), environment...)
	var said bytes.Buffer
	cmd.Stdout, cmd.Stderr = &said, &said
	if err := cmd.Start(); err != nil {
		t.Fatalf("%v (make dashboards installs what is missing)", err)
	}
	t.Cleanup(func() {
		_ = cmd.Process.Signal(os.Interrupt)
		_ = cmd.Wait() // it ends by the signal
		if t.Failed() {
			t.Logf("%s said:\n%s", filepath.Base(name), said.String())
		}
	})
}

// freeAddress is one that nobody listens on; Prometheus does not tell which one
// it took.
func freeAddress(t *testing.T) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = l.Close() }()
	return l.Addr().String()
}

func write(t *testing.T, file, text string) {
	t.Helper()
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}

// ask sends a query to Prometheus, about a time range or about now, and gives
// the number of series with a value.
func (d *demo) ask(ctx context.Context, expr string, instant bool) (series int, value string, err error) {
	path, values := "/api/v1/query", url.Values{"query": {expr}}
	if !instant {
		path = "/api/v1/query_range"
		values.Set("start", fmt.Sprint(d.began.Unix()))
		values.Set("end", fmt.Sprint(time.Now().Unix()))
		values.Set("step", "1")
	}
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, d.prometheus+path+"?"+values.Encode(), nil)
	if err != nil {
		return 0, "", err
	}
	response, err := http.DefaultClient.Do(r)
	if err != nil {
		return 0, "", err
	}
	defer func() { _ = response.Body.Close() }()
	var answer struct {
		Status, Error string
		Data          struct {
			Result []struct {
				Value  [2]any
				Values [][2]any
			}
		}
	}
	if err := json.NewDecoder(response.Body).Decode(&answer); err != nil {
		return 0, "", err
	}
	if answer.Status != "success" {
		return 0, "", fmt.Errorf("prometheus: %s", answer.Error)
	}
	for _, s := range answer.Data.Result {
		for _, v := range append(s.Values, s.Value) {
			if text, ok := v[1].(string); ok && text != "NaN" {
				series, value = series+1, text
				break
			}
		}
	}
	return series, value, nil
}

// until waits until an expression has a value that is not 0.
func (d *demo) until(t *testing.T, ctx context.Context, expr string) {
	t.Helper()
	tick := time.NewTicker(200 * time.Millisecond)
	defer tick.Stop()
	for {
		n, value, err := d.ask(ctx, expr, true)
		if err == nil && n > 0 && value != "0" {
			return
		}
		select {
		case <-tick.C:
		case <-ctx.Done():
			t.Fatalf("in vain waited for %s: %d series, value %s, error %v", expr, n, value, err)
		}
	}
}
