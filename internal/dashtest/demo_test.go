//go:build prometheus

package dashtest

import (
	"crypto/tls"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"net"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/loginwatch/loginwatch"
	"github.com/loginwatch/loginwatch/internal/app"
	"github.com/loginwatch/loginwatch/internal/config"
	"github.com/loginwatch/loginwatch/internal/pack"
	"github.com/loginwatch/loginwatch/internal/plan"
	"github.com/loginwatch/loginwatch/internal/probe"
	"github.com/loginwatch/loginwatch/internal/sim"
	"github.com/loginwatch/loginwatch/internal/store"
)

const (
	length      = 24 * time.Hour
	scrapeEvery = 30 * time.Second
)

// demo is a day in the life of the daemon, with its own parts, in front of
// simulators of every vendor over TLS. Only the clock and how long a login takes
// are made up, so that the day passes in seconds and is the same every time.
type demo struct {
	from, to  time.Time
	clock     atomic.Int64 // nanoseconds of Unix time
	random    *rand.Rand
	simulator *sim.Simulator
	config    *config.Config
	jobs      []*job
	started   time.Time // the daemon
	engine    *app.Engine
	runner    *probe.Runner
	current   int // index of the job that runs
	happened  *tally
}

// job is a login and its next slot.
type job struct {
	loginwatch.Job
	schedule plan.Schedule
	offset   time.Duration
	next     loginwatch.Slot
}

func (d *demo) now() time.Time { return time.Unix(0, d.clock.Load()).UTC() }

// newDemo prepares a day that ended within the last hours, at the same minute
// whenever it is asked for.
func newDemo(t *testing.T) *demo {
	t.Helper()
	d := &demo{to: time.Now().UTC().Truncate(time.Hour).Add(-15 * time.Minute), random: rand.New(rand.NewPCG(1, 2))}
	d.from = d.to.Add(-length)
	d.clock.Store(d.from.UnixNano())
	d.happened = newTally(func() bool { return d.to.Sub(d.now()) < lately })
	d.runner = probe.New(probe.Options{Now: d.now})
	check := func(expr string) error {
		_, err := plan.Parse(expr)
		return err
	}
	catalog, problems := pack.Load(pack.Options{CheckSchedule: check}, pack.Source{FS: loginwatch.Embedded})
	if len(problems) > 0 {
		t.Fatal(problems)
	}
	var err error
	if d.simulator, err = sim.New(catalog.Contracts, sim.Options{Now: d.vendorsNow}); err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	file, text := filepath.Join(dir, "loginwatch.yaml"), d.configuration(t, catalog.Probes, d.serve(t, dir))
	if d.config, problems = config.Parse(file, []byte(text)); len(problems) > 0 {
		t.Fatal(problems)
	}
	jobs, problems := d.config.Assign(catalog.Contracts, catalog.Probes, config.Options{CheckSchedule: check, ReadFile: os.ReadFile})
	if len(problems) > 0 {
		t.Fatal(problems)
	}
	for i, j := range jobs {
		schedule, err := plan.Parse(j.Probe.Schedule)
		if err != nil {
			t.Fatal(err)
		}
		j.Interval = schedule.Interval()
		d.jobs = append(d.jobs, &job{Job: j, schedule: schedule, offset: time.Duration(7+11*i) * time.Second})
	}
	return d
}

// vendorsNow is the vendors' clock: it falls behind until it is set right.
func (d *demo) vendorsNow() time.Time {
	now := d.now()
	behind := now.Sub(d.from) / 3600
	if now.After(d.from.Add(16 * time.Hour)) {
		behind = 0
	}
	return now.Add(-behind)
}

// serve serves all vendors over TLS, with a certificate that is renewed three
// days before it ends, and gives the address.
func (d *demo) serve(t *testing.T, dir string) string {
	t.Helper()
	server := httptest.NewUnstartedServer(d.simulator)
	var certificates []*tls.Certificate
	var authorities string
	for _, age := range []time.Duration{87 * 24 * time.Hour, 0} {
		c, authority, err := sim.SelfSigned(d.to.Add(-age), "localhost")
		if err != nil {
			t.Fatal(err)
		}
		certificates, authorities = append(certificates, &c), authorities+string(authority)
	}
	if err := os.WriteFile(filepath.Join(dir, "ca.pem"), []byte(authorities), 0o600); err != nil {
		t.Fatal(err)
	}
	server.TLS = &tls.Config{GetCertificate: func(*tls.ClientHelloInfo) (*tls.Certificate, error) {
		if d.now().Before(d.from.Add(14 * time.Hour)) {
			return certificates[0], nil
		}
		return certificates[1], nil
	}}
	server.Config.ErrorLog = slog.NewLogLogger(slog.DiscardHandler, slog.LevelError) // a reset connection is an incident of ours
	server.StartTLS()
	t.Cleanup(server.Close)
	_, port, err := net.SplitHostPort(server.Listener.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	return "https://localhost:" + port
}

// configuration is the operator's file: every vendor's production, its secrets
// in the environment.
func (d *demo) configuration(t *testing.T, probes []*loginwatch.Probe, base string) string {
	t.Helper()
	var text strings.Builder
	text.WriteString("targets:\n")
	for i, vendor := range d.simulator.Vendors() {
		fmt.Fprintf(&text, "  production-%d:\n    vendor: %s\n    base_url: %s/%s\n    ca_file: ca.pem\n    secrets:\n", i+1, vendor, base, vendor)
		for name, value := range d.secrets(probes, vendor) {
			variable := fmt.Sprintf("LOGIN_%d_%s", i+1, strings.ToUpper(name))
			t.Setenv(variable, value)
			fmt.Fprintf(&text, "      %s: env:%s\n", name, variable)
		}
	}
	return text.String()
}

// secrets are the demo credentials but those that a probe captures itself.
func (d *demo) secrets(probes []*loginwatch.Probe, vendor string) map[string]string {
	all := d.simulator.Credentials(vendor)
	for _, p := range probes {
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

// start starts the daemon, which knows nothing of what was before.
func (d *demo) start(t *testing.T) {
	t.Helper()
	d.started = d.now()
	d.engine = app.NewEngine(app.EngineOptions{
		Ledger: store.NewMemory(store.Budget(d.config.Budget)), Runner: d, Now: d.now, Upcoming: d.upcoming, Version: "1.0.0", Revision: "demo",
	})
	d.engine.Executor.Ledger = ledger{d.engine.Ledger, d}
	d.engine.Executor.Recorders = append(d.engine.Executor.Recorders, d.happened)
	var jobs []loginwatch.Job
	for _, j := range d.jobs {
		j.plan(d.started)
		jobs = append(jobs, j.Job)
	}
	if _, err := d.engine.Tasks(jobs); err != nil {
		t.Fatal(err)
	}
	d.engine.SetJobs(t.Context(), jobs)
	d.engine.Metrics.ConfigReloaded(true, d.started)
}

func (j *job) plan(after time.Time) {
	due := j.schedule.Next(after.Add(-j.offset))
	j.next = loginwatch.Slot{Key: j.Key(), Due: due, Planned: due.Add(j.offset)}
}

func (d *demo) upcoming() []loginwatch.Slot {
	var slots []loginwatch.Slot
	for _, j := range d.jobs {
		slots = append(slots, j.next)
	}
	return slots
}
