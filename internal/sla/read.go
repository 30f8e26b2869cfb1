package sla

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/loginwatch/loginwatch"
	"github.com/loginwatch/loginwatch/internal/history"
	"github.com/loginwatch/loginwatch/internal/zone"
)

// read reads what came of the slots of the dossier's period, and counts it.
func (d *Dossier) read(ctx context.Context, past history.Reader, now time.Time) error {
	entries, err := past.Entries(ctx, history.Query{Vendor: d.Vendor, Location: d.Location, Since: d.From, Until: d.To})
	if err != nil {
		return err
	}
	if err := d.whole(ctx, past, d.From); err != nil {
		return err
	}
	of := map[loginwatch.Key][]history.Entry{}
	var keys []loginwatch.Key
	for _, e := range entries {
		if of[e.Key] == nil {
			keys = append(keys, e.Key)
		}
		of[e.Key] = append(of[e.Key], e)
	}
	if len(keys) == 0 {
		return ErrNothing
	}
	silent, err := d.silent(ctx, past, of)
	if err != nil {
		return err
	}
	keys = append(keys, silent...)
	slices.SortFunc(keys, history.CompareKeys)
	for _, k := range keys {
		all, err := d.around(ctx, past, k, of[k], now)
		if err != nil {
			return err
		}
		if len(all) == 0 || !all[0].Due.Before(d.To) {
			continue // it came later
		}
		l := d.Clause.login(k, all, d.From, d.To)
		if !slices.ContainsFunc(all, func(e history.Entry) bool { return e.At.Before(d.From) && d.Clause.endsRow(e) }) {
			if err := d.whole(ctx, past, all[0].At.Add(-l.Speaks)); err != nil { // what came before it may belong to it
				return err
			}
		}
		d.Logins = append(d.Logins, l)
	}
	return nil
}

// silent gives the vendor's jobs of which nothing is told in the period, so that one that
// nobody tried is noticed.
func (d *Dossier) silent(ctx context.Context, past history.Reader, told map[loginwatch.Key][]history.Entry) (keys []loginwatch.Key, err error) {
	all, err := past.Standings(ctx, nil)
	for _, s := range all {
		if s.Vendor == d.Vendor && (d.Location == "" || d.Location == s.Location) && told[s.Key] == nil {
			keys = append(keys, s.Key)
		}
	}
	return keys, err
}

// whole refuses a period of which what came since a time may have been dropped: nobody
// could tell it from what was not tried.
func (d *Dossier) whole(ctx context.Context, past history.Reader, since time.Time) error {
	dropped, err := past.Dropped(ctx)
	if err == nil && since.Before(dropped) {
		err = fmt.Errorf("the month from %s on can't be judged: what came of slots before %s is no longer kept (keep_failures_days in the configuration)", d.at(d.From), d.at(dropped))
	}
	return err
}

// A look beyond a period goes a day far, then four times as far and so on, and after
// some years to the end. Each looks at what those before it have not.
const (
	firstReach = 24 * time.Hour
	moreReach  = 4
	mostReach  = 1_000 * 24 * time.Hour
)

// around adds to a job's entries of the period those around it on which they depend:
// back to the last run that ends a row of bad ones, of which the last entry speaks for
// the beginning of the period, and on, up to now, to the first one that ends the row in
// which the period ends.
func (d *Dossier) around(ctx context.Context, past history.Reader, k loginwatch.Key, entries []history.Entry, now time.Time) ([]history.Entry, error) {
	look := func(since, until time.Time) ([]history.Entry, error) {
		found, err := past.Entries(ctx, history.Query{Vendor: k.Vendor, Probe: k.Probe, Target: k.Target, Location: k.Location, Since: since, Until: until})
		return slices.DeleteFunc(found, func(e history.Entry) bool { return e.Key != k }), err
	}
	edge := d.From
	for reach := firstReach; ; reach *= moreReach {
		since := d.From.Add(-reach)
		if reach > mostReach {
			since = time.Time{}
		}
		found, err := look(since, edge)
		if err != nil {
			return nil, err
		}
		entries = append(found, entries...)
		if edge = since; edge.IsZero() || slices.ContainsFunc(found, d.Clause.endsRow) {
			break
		}
	}
	edge = d.To
	for reach := firstReach; edge.Before(now) && d.Clause.inRow(entries); reach *= moreReach {
		until := now
		if reach <= mostReach {
			until = zone.Earlier(now, d.To.Add(reach))
		}
		found, err := look(edge, until)
		if err != nil {
			return nil, err
		}
		entries = append(entries, found...)
		edge = until
	}
	return entries, nil
}

// endsRow tells whether a row of bad runs ends with an entry.
func (c *Clause) endsRow(e history.Entry) bool { return c.tells(e.Verdict) && !c.bad(e.Verdict) }

// inRow tells whether entries end in a row of bad runs.
func (c *Clause) inRow(entries []history.Entry) bool {
	for _, e := range slices.Backward(entries) {
		if c.tells(e.Verdict) {
			return c.bad(e.Verdict)
		}
	}
	return false
}
