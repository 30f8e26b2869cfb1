package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"text/tabwriter"
	"time"

	"github.com/loginwatch/loginwatch/internal/place"
	"github.com/loginwatch/loginwatch/internal/report"
	"github.com/loginwatch/loginwatch/internal/store"
)

type storeCmd struct {
	Check  storeCheckCmd  `cmd:"" help:"Say what a store is, and hold everything in it to what it should be."`
	Backup storeBackupCmd `cmd:"" help:"Copy a store that is a file, as it stands at this moment, while a daemon goes on writing it."`
	Export storeExportCmd `cmd:"" help:"Write what is in a store as JSON Lines, without any secret."`
}

type storeCheckCmd struct {
	storeFlags
	Format string `default:"text" enum:"text,json" help:"text or json."`
}

// Run looks through a store, whether a daemon uses it or not.
func (c storeCheckCmd) Run(ctx context.Context, env environment) error {
	at, conf, err := c.named()
	if err != nil {
		return err
	}
	var keep store.Keep
	if conf != nil {
		keep = store.Keep(conf.Keep)
	}
	found, err := store.Check(ctx, at, keep, time.Now())
	if err != nil {
		return ours(err)
	}
	if c.Format == "json" {
		encoder := json.NewEncoder(env.stdout)
		encoder.SetIndent("", "  ")
		encoder.SetEscapeHTML(false)
		err = encoder.Encode(found)
	} else {
		err = inspectionText(env.stdout, found)
	}
	if err != nil {
		return ours(fmt.Errorf("write what was found: %w", err))
	}
	if len(found.Faults) > 0 {
		return &exitError{code: exitOurs}
	}
	return nil
}

type storeBackupCmd struct {
	storeFlags
	To      string `required:"" help:"The file to make; there must be none of that name." placeholder:"FILE"`
	WithKey bool   `help:"Copy the store's key to FILE.key as well: whoever has both can try passwords against it, and open what it keeps sealed."`
}

// Run copies a store.
func (c storeBackupCmd) Run(ctx context.Context, env environment) error {
	at, _, err := c.named()
	if err != nil {
		return err
	}
	path, _ := place.File(at.URL)
	made, err := store.BackUp(ctx, at, c.To, c.WithKey, time.Now())
	switch {
	case errors.Is(err, store.ErrNoFile):
		return usage("%w", err)
	case err != nil:
		return ours(err)
	}
	fmt.Fprintf(env.stdout, "%s: %s of %s and %s, looked through and whole, %s\n", c.To, plural(made.Slots, "slot"), path, plural(made.Runs, "run"), bytesText(made.Bytes))
	says := "its key is %s: keep that too, in another place; without it the backup is of no use\n"
	if made.NoKey != nil {
		fmt.Fprintf(env.stderr, "loginwatch: warning: store %s: its key can't be used: %v; without the one that it was made with the backup is of no use\n", path, made.NoKey)
		return nil
	}
	if c.WithKey {
		says = "its key is beside it, %s: with both, passwords can be tried, so they are for their owner alone\n"
	}
	fmt.Fprintf(env.stdout, says, made.Key)
	return nil
}

type storeExportCmd struct {
	storeFlags
	Since string   `help:"Slots and runs due from then on, as 2026-11-26, 2026-11-26T08:00:00Z (all in UTC), or so long ago: 90m, 24h, 7d; all by default." placeholder:"TIME"`
	Until string   `help:"Up to when, as --since." placeholder:"TIME"`
	What  []string `default:"${exported}" enum:"${exported}" help:"Which of ${exported}; all by default." placeholder:"NAME"`
	To    string   `help:"The file to make, of which there must be none; the standard output by default." placeholder:"FILE"`
}

// Run exports a store.
func (c storeExportCmd) Run(ctx context.Context, env environment) (err error) {
	now := time.Now()
	asked := store.Export{What: c.What}
	if asked.Since, asked.Until, err = between(c.Since, c.Until, now); err != nil {
		return err
	}
	at, _, err := c.named()
	if err != nil {
		return err
	}
	if c.To == "" {
		return export(ctx, at, asked, now, env.stdout)
	}
	file, err := store.CreateNew(c.To)
	if err != nil {
		return ours(err)
	}
	defer file.Drop()
	if err := export(ctx, at, asked, now, file); err != nil {
		return err
	}
	if err := file.Place(); err != nil {
		return ours(err)
	}
	return nil
}

func export(ctx context.Context, at store.Place, asked store.Export, now time.Time, to io.Writer) error {
	lines := report.NewExport(to)
	err := store.ExportTo(ctx, at, asked, now, func(of store.Exported) error {
		return lines.Begin(report.Meta{At: now, Engine: of.Engine, Version: of.Version, Since: asked.Since, Until: asked.Until, What: asked.What})
	}, lines)
	if err == nil {
		err = lines.End()
	}
	if err != nil {
		return ours(err)
	}
	return nil
}

// inspectionText says for people what was found.
func inspectionText(w io.Writer, f *store.Inspection) error {
	t := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	line := func(name, format string, args ...any) { fmt.Fprintf(t, "%s\t%s\n", name, fmt.Sprintf(format, args...)) }
	size := ""
	if f.Store.Engine == "sqlite" {
		size = fmt.Sprintf(", %s and %s in its -wal", bytesText(f.Store.Bytes), bytesText(f.Store.WALBytes))
	}
	line("store", "%s, %s, version %d%s", f.Store.At, map[string]string{"sqlite": "SQLite", "postgresql": "PostgreSQL"}[f.Store.Engine], f.Store.Version, size)
	if f.Store.Made != nil {
		line("made", "%s", timeText(f.Store.Made))
	}
	if f.Store.Opened != nil {
		line("opened", "%s, by a process that writes", timeText(f.Store.Opened))
	}
	if f.Store.Backup != nil {
		line("backup", "it is one, of %s", timeText(f.Store.Backup))
	}
	if f.Store.Restored != nil {
		line("restored", "from the backup of %s", timeText(f.Store.Restored))
	}
	line("key", "%s", f.Store.Key)
	s := f.Slots
	line("slots", "%d of %s%s: %d executed + %d skipped + %d lost + %d open", s.Planned, plural(s.Jobs, "job"), fromTo(s.Oldest, s.Newest), s.Executed, s.Skipped, s.Lost, s.Open)
	if h := f.History; h != nil {
		line("history", "%s%s, %s with all details", plural(h.Lines, "line"), fromTo(h.Oldest, h.Newest), plural(h.Runs, "run"))
	} else {
		line("history", "none in this store")
	}
	line("credentials", "%d in use, %d of them suspended; %s sealed", f.Credentials.InUse, f.Credentials.Suspended, plural(f.Credentials.Sealed, "rotating secret"))
	line("kept", "slots %d days, runs %d, failures and lines %d, counts of hours and days %d", f.Keep.SlotsDays, f.Keep.RunsDays, f.Keep.FailuresDays, f.Keep.TotalsDays)
	if err := t.Flush(); err != nil {
		return err
	}
	if len(f.Faults) == 0 {
		_, err := fmt.Fprintln(w, "\nsound: everything in it is as it should be")
		return err
	}
	for _, fault := range f.Faults {
		fmt.Fprintf(w, "\nFAULT  %s\n       next: %s\n", fault.What, fault.Next)
	}
	return nil
}

func timeText(at *time.Time) string { return at.UTC().Format(time.RFC3339) }

func fromTo(oldest, newest *time.Time) string {
	if oldest == nil || newest == nil {
		return ""
	}
	return ", due from " + timeText(oldest) + " to " + timeText(newest)
}

// bytesText gives a size with its unit (IEC 80000-13).
func bytesText(n int64) string {
	switch {
	case n < 1<<10:
		return fmt.Sprintf("%d bytes", n)
	case n < 1<<20:
		return fmt.Sprintf("%.1f KiB", float64(n)/(1<<10))
	}
	return fmt.Sprintf("%.1f MiB", float64(n)/(1<<20))
}
