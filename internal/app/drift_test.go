package app_test

import (
	"context"
	"log/slog"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/loginwatch/loginwatch"
	"github.com/loginwatch/loginwatch/internal/app"
	changes "github.com/loginwatch/loginwatch/internal/drift"
	"github.com/loginwatch/loginwatch/internal/flow"
	"github.com/loginwatch/loginwatch/internal/probe"
	"github.com/loginwatch/loginwatch/internal/store"
)

// laterAndLater carries out plans as the network does, and says of each run that it
// began an hour after the one before.
type laterAndLater struct {
	*probe.Runner
	now *time.Time
}

func (l laterAndLater) Run(ctx context.Context, plan *flow.Plan) *loginwatch.Run {
	*l.now = l.now.Add(time.Hour)
	run := l.Runner.Run(ctx, plan)
	run.Started = *l.now
	return run
}

// A vendor's simulator is watched for ten days, and then another one in its place gives its
// token in another type: that is one change, with its class and where the contract speaks
// of it, in the file that the daemon writes; and the run that showed it first keeps what
// its exchange looked like.
func TestAnswersChange(t *testing.T) {
	ctx := t.Context()
	files, problems := app.Files{}.Read()
	if len(problems) > 0 {
		t.Fatal(problems)
	}
	all := files.Catalog
	var p *loginwatch.Probe
	for _, q := range all.Probes {
		if q.Contract.Vendor == "signzy-ezkra" && q.Name == "login" {
			p = q
		}
	}
	targets := map[string]*loginwatch.Target{}
	for name, faults := range map[string][]string{"before": nil, "after": {"signzy-ezkra=wrong-type"}} {
		started, stop, err := app.StartSimulators(ctx, all.Contracts, all.Probes, faults...)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(stop)
		targets[name] = started["signzy-ezkra"][0]
	}
	path := filepath.Join(t.TempDir(), "loginwatch.db")
	l, err := store.OpenSQLite(ctx, path, store.Budget{})
	if err != nil {
		t.Fatal(err)
	}
	now := time.Date(2026, time.March, 1, 0, 0, 0, 0, time.UTC)
	var log strings.Builder
	j := loginwatch.Job{Probe: p, Target: targets["before"]}
	w := newWatch(t, app.EngineOptions{
		Ledger: l, Logger: slog.New(slog.NewTextHandler(&log, nil)), Now: func() time.Time { return now },
		Runner: laterAndLater{probe.New(probe.Options{UserAgent: "test", Key: l.Key()}), &now},
	}, j)
	for range 24 * 10 {
		w.slot(ctx, j)
	}
	w.Drift.Keep(ctx, true)
	if strings.Contains(log.String(), "answers have changed") {
		t.Fatalf("before anything has: %s", log.String())
	}
	changed := now
	j.Target = targets["after"]
	for range 24 {
		w.slot(ctx, j)
		w.Drift.Keep(ctx, false)
	}
	known, err := changes.Look(ctx, l.Learned(), "signzy-ezkra")
	if err != nil || len(known.Changes) != 1 {
		t.Fatalf("%+v, %v", known, err)
	}
	c := known.Changes[0]
	if c.Class != loginwatch.Breaking || c.Says() != "/id is of another type: number, not string" || !c.First.Equal(changed.Add(time.Hour)) ||
		c.Cited == nil || !strings.HasPrefix(c.Cited.Schema, "schemas/signzy-ezkra/login.success.schema.json:") {
		t.Errorf("%+v, %+v", c, c.Cited)
	}
	first := slices.IndexFunc(w.notes.runs, func(r *loginwatch.Run) bool { return r.ID == c.Run })
	if first < 0 || !w.notes.runs[first].Notable {
		t.Errorf("the run %s is not notable", c.Run)
	}
	if n := strings.Count(log.String(), "answers have changed"); n != 1 || !strings.Contains(log.String(), "level=WARN msg=\"answers have changed\" vendor=signzy-ezkra") {
		t.Errorf("told %d times:\n%s", n, log.String())
	}
	if err := l.Close(); err != nil {
		t.Fatal(err)
	}
}
