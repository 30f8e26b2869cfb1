package main

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/loginwatch/loginwatch"
	"github.com/loginwatch/loginwatch/internal/history"
	"github.com/loginwatch/loginwatch/internal/report"
	"github.com/loginwatch/loginwatch/internal/store"
	"github.com/loginwatch/loginwatch/internal/strictyaml"
)

type historyCmd struct {
	List historyListCmd `cmd:"" default:"withargs" help:"List what came of each slot, the newest last."`
	Show historyShowCmd `cmd:"" help:"Say all that is known of one run."`

	Totals    historyTotalsCmd    `cmd:"" help:"Count what came of each login's slots: availability, correctness, latency."`
	Incidents historyIncidentsCmd `cmd:"" help:"List the times at which a login failed alike, three runs in a row or more."`
}

// read opens the history of a store that is there already.
func (f storeFlags) read(ctx context.Context) (*store.Reading, error) {
	at, _, err := f.named()
	if err != nil {
		return nil, err
	}
	r, err := store.Read(ctx, at)
	if err != nil {
		return nil, ours(err)
	}
	return r, nil
}

// slotFlags say which slots are meant.
type slotFlags struct {
	Vendor string `help:"Only this vendor." placeholder:"NAME"`
	Probe  string `help:"Only this probe." placeholder:"NAME"`
	Target string `help:"Only this target." placeholder:"NAME"`

	Location string `help:"Only this location, of a fleet in several." placeholder:"NAME"`

	Since string `default:"24h" help:"From when on: 2026-11-26, 2026-11-26T08:00:00Z (all in UTC), or so long ago: 90m, 24h, 7d." placeholder:"TIME"`
	Until string `help:"Up to when, as --since; now by default." placeholder:"TIME"`
}

func (f slotFlags) query(now time.Time) (q history.Query, err error) {
	q = history.Query{Vendor: f.Vendor, Probe: f.Probe, Target: f.Target, Location: f.Location}
	q.Since, q.Until, err = between(f.Since, f.Until, now)
	return q, err
}

// unknown says which name of the flags no slot has. Where nothing was found it must be
// asked: a name that is misspelt would read as a login that is well.
func (f slotFlags) unknown(ctx context.Context, past history.Reader) error {
	if f.Vendor == "" && f.Probe == "" && f.Target == "" && f.Location == "" {
		return nil
	}
	known, err := past.Standings(ctx, nil)
	if err != nil || len(known) == 0 {
		return err
	}
	for _, flag := range []struct {
		name, value string
		of          func(loginwatch.Key) string
	}{
		{"vendor", f.Vendor, func(k loginwatch.Key) string { return k.Vendor }},
		{"probe", f.Probe, func(k loginwatch.Key) string { return k.Probe }},
		{"target", f.Target, func(k loginwatch.Key) string { return k.Target }},
		{"location", f.Location, func(k loginwatch.Key) string { return k.Location }},
	} {
		names := map[string]bool{}
		for _, s := range known {
			if name := flag.of(s.Key); name != "" {
				names[name] = true
			}
		}
		if flag.value != "" && !names[flag.value] {
			return usage("no slot of the %s %q is in the store%s", flag.name, flag.value, strictyaml.Hint(flag.value, slices.Collect(maps.Keys(names))))
		}
	}
	return nil
}

// between reads a period; zero for what is not said.
func between(from, to string, now time.Time) (since, until time.Time, err error) {
	if from != "" {
		if since, err = moment("--since", from, now); err != nil {
			return since, until, err
		}
	}
	if to != "" {
		if until, err = moment("--until", to, now); err == nil && !since.Before(until) {
			err = usage("--since %s is not before --until %s", since.Format(time.RFC3339), until.Format(time.RFC3339))
		}
	}
	return since, until, err
}

// instant reads a day or an instant, in UTC where no zone is said.
func instant(text string) (at time.Time, ok bool) {
	for _, layout := range []string{time.DateOnly, time.RFC3339, time.DateTime, "2006-01-02T15:04:05", "2006-01-02T15:04"} {
		if at, err := time.Parse(layout, text); err == nil {
			return at.UTC(), true
		}
	}
	return at, false
}

// moment reads an instant, or how long ago it was.
func moment(flag, text string, now time.Time) (time.Time, error) {
	if at, ok := instant(text); ok {
		return at, nil
	}
	ago, err := time.ParseDuration(text)
	if days, isDays := strings.CutSuffix(text, "d"); isDays {
		var n int
		n, err = strconv.Atoi(days)
		ago = time.Duration(n) * 24 * time.Hour
		if n > 36_500 {
			err = errors.New("too long ago")
		}
	}
	if err != nil || ago < 0 {
		return time.Time{}, usage("%s must be a day (2026-11-26), an instant (2026-11-26T08:00:00Z) or how long ago (90m, 24h, 7d)", flag)
	}
	return now.Add(-ago).UTC(), nil
}

type historyListCmd struct {
	storeFlags
	slotFlags
	Verdict string `help:"Only slots with this verdict: ok, drift, rejected, throttled, unavailable, broken or skipped." placeholder:"VERDICT"`
	Reason  string `help:"Only slots with this reason, such as lost or secret-missing." placeholder:"REASON"`
	Limit   int    `default:"50" help:"The newest so many; 0 for all."`
	Format  string `default:"text" enum:"text,json" help:"text or json."`
}

// Run lists what came of each slot.
func (h historyListCmd) Run(ctx context.Context, env environment) error {
	if h.Limit < 0 {
		return usage("--limit must not be negative")
	}
	if h.Verdict != "" && !slices.Contains(loginwatch.Verdicts, loginwatch.Verdict(h.Verdict)) {
		return usage("unknown verdict %q: --verdict must be one of %v", h.Verdict, loginwatch.Verdicts)
	}
	if h.Reason != "" && !slices.Contains(loginwatch.Reasons, loginwatch.Reason(h.Reason)) {
		return usage("unknown reason %q%s", h.Reason, strictyaml.Hint(h.Reason, reasonNames()))
	}
	entries, err := ask(ctx, h.storeFlags, h.slotFlags, func(past *store.Reading, ctx context.Context, q history.Query) ([]history.Entry, error) {
		q.Verdict, q.Reason = loginwatch.Verdict(h.Verdict), loginwatch.Reason(h.Reason)
		if h.Limit > 0 {
			q.Limit = h.Limit + 1 // tells whether there are more
		}
		return past.Entries(ctx, q)
	})
	if err != nil {
		return err
	}
	if h.Limit > 0 && len(entries) > h.Limit {
		entries = entries[1:]
		fmt.Fprintln(env.stderr, "older slots are left out: --limit 0 lists all, and --verdict, --reason and --vendor only some")
	}
	color, _ := terminal(env.stdout)
	if err := report.WriteEntries(env.stdout, h.Format, entries, color); err != nil {
		return ours(fmt.Errorf("write the history: %w", err))
	}
	return nil
}

func reasonNames() []string {
	names := make([]string, len(loginwatch.Reasons))
	for i, r := range loginwatch.Reasons {
		names[i] = string(r)
	}
	return names
}

type historyTotalsCmd struct {
	storeFlags
	slotFlags
	Format string `default:"text" enum:"text,json" help:"text or json."`
}

// Run counts what came of each login's slots.
func (h historyTotalsCmd) Run(ctx context.Context, env environment) error {
	totals, err := ask(ctx, h.storeFlags, h.slotFlags, (*store.Reading).Totals)
	if err != nil {
		return err
	}
	color, _ := terminal(env.stdout)
	if err := report.WriteTotals(env.stdout, h.Format, totals, color); err != nil {
		return ours(fmt.Errorf("write the totals: %w", err))
	}
	return nil
}

type historyIncidentsCmd struct {
	storeFlags
	slotFlags
	Format string `default:"text" enum:"text,json" help:"text or json."`
}

// Run lists the times at which a login failed alike.
func (h historyIncidentsCmd) Run(ctx context.Context, env environment) error {
	incidents, err := ask(ctx, h.storeFlags, h.slotFlags, (*store.Reading).Incidents)
	if err != nil {
		return err
	}
	color, _ := terminal(env.stdout)
	if err := report.WriteIncidents(env.stdout, h.Format, incidents, color); err != nil {
		return ours(fmt.Errorf("write the incidents: %w", err))
	}
	return nil
}

// ask asks a history for what the flags say.
func ask[T any](ctx context.Context, at storeFlags, slots slotFlags, what func(*store.Reading, context.Context, history.Query) ([]T, error)) (answer []T, err error) {
	q, err := slots.query(time.Now())
	if err != nil {
		return answer, err
	}
	past, err := at.read(ctx)
	if err != nil {
		return answer, err
	}
	answer, err = what(past, ctx, q)
	if err == nil && len(answer) == 0 {
		err = slots.unknown(ctx, past)
	}
	err = errors.Join(err, past.Close())
	if err != nil && !errors.As(err, new(*exitError)) {
		err = ours(err)
	}
	return answer, err
}

type historyShowCmd struct {
	storeFlags
	ID     string `arg:"" name:"run" help:"The run, as list, the log and the metrics' exemplars name it."`
	Format string `default:"text" enum:"text,json,har" help:"text, json, or har: its exchanges as an HTTP archive, without a value."`
}

// Run says all that is known of one run.
func (h historyShowCmd) Run(ctx context.Context, env environment) error {
	past, err := h.read(ctx)
	if err != nil {
		return err
	}
	record, err := past.Run(ctx, h.ID)
	if err := errors.Join(err, past.Close()); err != nil {
		return ours(err)
	}
	if record == nil {
		return usage("no run %q is known: it may be older than the history keeps, or of another store", h.ID)
	}
	if h.Format == "har" {
		if !report.HasEvidence(record.Run) {
			return usage("no exchange of the run %q is kept: that is done of runs that failed, left something open or looked as none before", h.ID)
		}
		v, _ := buildVersion()
		if err := report.WriteHAR(env.stdout, record, v); err != nil {
			return ours(fmt.Errorf("write the run: %w", err))
		}
		return nil
	}
	color, _ := terminal(env.stdout)
	if err := report.WriteRecord(env.stdout, h.Format, record, report.Options{Color: color}); err != nil {
		return ours(fmt.Errorf("write the run: %w", err))
	}
	return nil
}
