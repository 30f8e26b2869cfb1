package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"time"

	"github.com/loginwatch/loginwatch"
	"github.com/loginwatch/loginwatch/internal/app"
	"github.com/loginwatch/loginwatch/internal/drift"
	"github.com/loginwatch/loginwatch/internal/exporter/page"
	"github.com/loginwatch/loginwatch/internal/history"
	"github.com/loginwatch/loginwatch/internal/report"
	"github.com/loginwatch/loginwatch/internal/sla"
)

// exportPageFlags say what stands on a page for people.
type exportPageFlags struct {
	exportFlags
	Config string `help:"The configuration, which names the store to say what was seen, and packs." placeholder:"FILE" xor:"store"`
	Store  string `help:"The store itself: sqlite:FILE or postgres://HOST/DATABASE." placeholder:"URL" xor:"store"`
	Since  string `default:"30d" help:"From when on slots are counted: 2026-11-26, 2026-11-26T08:00:00Z (all in UTC), or so long ago: 24h, 30d, which is the default." placeholder:"TIME"`
	Clause string `help:"What the vendor promises (docs/history.md)." placeholder:"FILE"`
}

type exportMarkdownCmd struct{ exportPageFlags }

// Run writes the page as Markdown.
func (e exportMarkdownCmd) Run(ctx context.Context, env environment) error {
	return e.page(ctx, env, (*page.Page).Markdown)
}

type exportHTMLCmd struct{ exportPageFlags }

// Run writes the page as HTML.
func (e exportHTMLCmd) Run(ctx context.Context, env environment) error {
	return e.page(ctx, env, (*page.Page).HTML)
}

func (e exportPageFlags) page(ctx context.Context, env environment, as func(*page.Page, io.Writer) error) error {
	c, read, err := e.chosenOf(e.Config)
	if err != nil {
		return err
	}
	in := page.Input{Contract: c, Probes: read.Catalog.ProbesOf(c.Vendor)}
	if in.Clause, err = readClause(e.Clause); err != nil {
		return err
	}
	now := time.Now()
	since, _, err := between(e.Since, "", now)
	if err != nil {
		return err
	}
	if e.Config != "" || e.Store != "" {
		if in.Seen, err = (storeFlags{Config: e.Config, Store: e.Store}).seen(ctx, c.Vendor, since, now); err != nil {
			return err
		}
	}
	var text bytes.Buffer
	if err := as(page.Of(in), &text); err != nil {
		return ours(err)
	}
	if err := e.write(env, text.Bytes()); err != nil {
		return err
	}
	if in.Seen == nil || len(in.Seen.Changes.Damaged) == 0 {
		return nil
	}
	for _, damaged := range in.Seen.Changes.Damaged {
		fmt.Fprintln(env.stderr, "loginwatch:", report.Line(damaged.Error()))
	}
	return &exitError{exitOurs, nil}
}

// seen asks a store for all that it knows of a vendor's logins.
func (f storeFlags) seen(ctx context.Context, vendor string, since, now time.Time) (*page.Seen, error) {
	past, err := f.read(ctx)
	if err != nil {
		return nil, err
	}
	s := &page.Seen{Since: since, Now: now}
	all, err := past.Standings(ctx, nil)
	if err == nil {
		s.Standings = slices.DeleteFunc(all, func(one loginwatch.Standing) bool { return one.Vendor != vendor })
		s.Totals, err = past.Totals(ctx, history.Query{Vendor: vendor, Since: since})
	}
	if err == nil {
		s.Changes, err = drift.Look(ctx, past, vendor)
	}
	if err := errors.Join(err, past.Close()); err != nil {
		return nil, ours(err)
	}
	return s, nil
}

// readClause reads a clause; nil where none is named.
func readClause(file string) (*sla.Clause, error) {
	if file == "" {
		return nil, nil
	}
	data, err := app.ReadFile(file)
	if err != nil {
		return nil, ours(app.ProblemsError(loginwatch.Problems{app.Unreadable(file, err)}))
	}
	read, problems := sla.ParseClause(file, data, app.ClauseOptions(file))
	if len(problems) > 0 {
		return nil, app.ProblemsError(problems)
	}
	return read, nil
}
