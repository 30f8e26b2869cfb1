package main

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/loginwatch/loginwatch/internal/sla"
)

type slaCmd struct {
	storeFlags
	Vendor   string `arg:"" help:"The vendor."`
	Month    string `required:"" help:"The month, as 2026-11, in the clause's time zone." placeholder:"YYYY-MM"`
	Location string `help:"Only what ran from this location, of a fleet in several." placeholder:"NAME"`
	Clause   string `help:"What the vendor promises (docs/history.md). Without it, the time in which a login was unavailable is measured." placeholder:"FILE"`
	Format   string `default:"text" enum:"text,json,html" help:"text, json or html."`
}

// Run writes the dossier, and ends with 3 when a promise was not kept, and with 4 when
// nobody can tell.
func (s slaCmd) Run(ctx context.Context, env environment) error {
	clause, err := readClause(s.Clause)
	if err != nil {
		return err
	}
	if clause == nil {
		clause = sla.DefaultClause()
	}
	if _, _, err := clause.Month(s.Month); err != nil {
		return usage("--month %w", err)
	}
	past, err := s.read(ctx)
	if err != nil {
		return err
	}
	dossier, err := sla.Make(ctx, past, s.Vendor, s.Location, s.Month, clause, time.Now())
	if errors.Is(err, sla.ErrNothing) {
		if misspelt := (slotFlags{Vendor: s.Vendor, Location: s.Location}).unknown(ctx, past); misspelt != nil {
			err = misspelt
		}
	}
	err = errors.Join(err, past.Close())
	switch {
	case errors.As(err, new(*exitError)):
		return err
	case errors.Is(err, sla.ErrNotBegun):
		return usage("%s: %w", s.Vendor, err)
	case err != nil:
		return ours(fmt.Errorf("%s: %w", s.Vendor, err))
	}
	if err := dossier.Write(env.stdout, s.Format); err != nil {
		return ours(fmt.Errorf("%s: %w", s.Vendor, err))
	}
	switch untold := dossier.Of(sla.Untold); {
	case len(untold) > 0:
		return ours(fmt.Errorf("%s: nobody can tell whether the promise was kept: nothing counts of %v", s.Vendor, untold))
	case len(dossier.Of(sla.NotKept)) > 0:
		return &exitError{exitVendor, nil}
	}
	return nil
}
