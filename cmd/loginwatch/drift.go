package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"time"

	"github.com/loginwatch/loginwatch/internal/amend"
	"github.com/loginwatch/loginwatch/internal/app"
	"github.com/loginwatch/loginwatch/internal/drift"
	"github.com/loginwatch/loginwatch/internal/pack"
	"github.com/loginwatch/loginwatch/internal/report"
	"github.com/loginwatch/loginwatch/internal/store"
)

type driftCmd struct {
	List driftListCmd `cmd:"" default:"withargs" help:"List how the vendors' answers have changed, the worst first."`
	Ack  driftAckCmd  `cmd:"" help:"Say that a change is known, so that nothing alerts until a date."`

	Accept driftAcceptCmd `cmd:"" help:"Take a change for what is usual from now on, and print how contract and schema have to be edited for it."`
}

type driftListCmd struct {
	storeFlags
	Vendor string `help:"Only this vendor." placeholder:"NAME"`
	All    bool   `help:"Also what is gone or was accepted."`
	Format string `default:"text" enum:"text,json" help:"text or json."`
}

// Run lists how answers have changed.
func (d driftListCmd) Run(ctx context.Context, env environment) error {
	r, err := d.read(ctx)
	if err != nil {
		return err
	}
	known, err := drift.Look(ctx, r, d.Vendor)
	if err == nil && known.Learned+known.Learning+len(known.Changes)+len(known.Damaged) == 0 {
		err = slotFlags{Vendor: d.Vendor}.unknown(ctx, r)
	}
	err = errors.Join(err, r.Close())
	switch {
	case errors.As(err, new(*exitError)):
		return err
	case err != nil:
		return ours(err)
	}
	for _, damaged := range known.Damaged {
		fmt.Fprintln(env.stderr, "loginwatch:", damaged)
	}
	color, _ := terminal(env.stdout)
	if err := report.WriteChanges(env.stdout, d.Format, known, d.All, time.Now(), color); err != nil {
		return ours(fmt.Errorf("write the changes: %w", err))
	}
	if len(known.Damaged) > 0 {
		return &exitError{exitOurs, nil}
	}
	return nil
}

// alterChange has change change what is said of a change in a store.
func (f storeFlags) alterChange(ctx context.Context, id string, change func(string, *drift.State, *drift.Change) error) (found *drift.Listed, err error) {
	err = f.withLearned(ctx, func(learned store.Learned) error {
		found, err = drift.Alter(ctx, learned, id, change)
		return err
	})
	if errors.Is(err, drift.ErrUnknown) {
		return nil, usage("unknown change %q: loginwatch drift list --all names them", id)
	}
	return found, err
}

func (f storeFlags) withLearned(ctx context.Context, do func(store.Learned) error) error {
	l, err := f.open(ctx)
	if err != nil {
		return err
	}
	err = do(l.Learned())
	if closed := l.Close(); err == nil && closed != nil {
		return ours(closed)
	}
	return err
}

type driftAckCmd struct {
	storeFlags
	ID    string `arg:"" help:"The change, as list names it."`
	Until string `required:"" help:"Up to when: 2026-12-31 or 2026-12-31T08:00:00Z (in UTC)." placeholder:"DATE"`
	Note  string `help:"Why, and where that is written: shown beside the change." placeholder:"TEXT"`
}

// Run acknowledges a change.
func (d driftAckCmd) Run(ctx context.Context, env environment) error {
	now := time.Now()
	until, ok := instant(d.Until)
	if !ok {
		return usage("--until must be a day (2026-12-31) or an instant (2026-12-31T08:00:00Z)")
	}
	if !until.After(now) {
		return usage("--until %s is over: name a time to come", until.Format(time.RFC3339))
	}
	found, err := d.alterChange(ctx, d.ID, func(_ string, _ *drift.State, c *drift.Change) error {
		if c.Standing(now) == drift.Accepted {
			return usage("%s was accepted on %s: there is nothing to acknowledge", c.ID, c.Accepted.Format(time.DateOnly))
		}
		c.Acknowledge(until, d.Note)
		return nil
	})
	if err != nil {
		return err
	}
	_, err = fmt.Fprintf(env.stdout, "%s of %s: acknowledged until %s; a daemon that runs knows it within a minute\n", found.ID, found.Vendor, until.Format(time.RFC3339))
	return err
}

type driftAcceptCmd struct {
	packFlag
	storeFlags
	ID   string `arg:"" help:"The change, as list names it."`
	Note string `help:"Why, and where that is written: shown beside the change." placeholder:"TEXT"`
}

// Run accepts a change and prints the edit, for patch -p1.
func (d driftAcceptCmd) Run(ctx context.Context, env environment) error {
	conf := d.Config
	if _, err := os.Stat(defaultConfig); conf == "" && d.Store == "" && err == nil {
		conf = defaultConfig
	}
	files, problems := d.files(conf).Read()
	if files.Catalog == nil {
		return app.ProblemsError(problems)
	}
	packs := d.Pack
	if files.Config != nil {
		packs = append(packs, files.Config.Packs...)
	}
	var edit *amend.Edit
	var folder string
	found, err := d.alterChange(ctx, d.ID, func(vendor string, s *drift.State, c *drift.Change) error {
		var err error
		if edit, folder, err = d.edit(files.Catalog, packs, vendor, c); err == nil {
			s.Accept(c, time.Now(), d.Note)
		}
		return err
	})
	if err != nil {
		return err
	}
	if _, err := env.stdout.Write(edit.Diff(folder)); err != nil {
		return err
	}
	for _, note := range edit.Notes {
		fmt.Fprintln(env.stderr, report.Line(note))
	}
	fmt.Fprintf(env.stderr, "%s of %s: accepted (%s)\n", found.ID, report.Line(found.Vendor), report.Line(found.Says()))
	switch {
	case len(edit.Files) == 0:
	case folder == "":
		fmt.Fprintf(env.stderr, "the contract of %[1]s is built into loginwatch: apply the edit with patch -p1 in its sources and build that; until then each run is held against what is built in\n", found.Vendor)
	default:
		fmt.Fprintf(env.stderr, "with the edit in accepted.diff: patch -p1 -d %[1]s <accepted.diff && loginwatch vet --pack %[1]s\n", quoted(folder))
	}
	return nil
}

// edit gives what has to be edited for a change, and the folder of the pack; "" for that
// which is built in.
func (d driftAcceptCmd) edit(catalog *pack.Catalog, packs []string, vendor string, c *drift.Change) (*amend.Edit, string, error) {
	contract := catalog.Contract(vendor)
	if contract == nil {
		return nil, "", usage("no contract of %q is known here: name the folder of its pack with --pack DIR", vendor)
	}
	dirs := packDirs(packs)
	edit, err := amend.Of(contract, c, textOf(dirs))
	return edit, folderOf(contract.Pos.File, dirs), err
}
