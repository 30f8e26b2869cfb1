package store

import (
	"context"
	"errors"
	"fmt"
	"os"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode"
)

// checkVersion names the shape that schemas/meta/store.schema.json describes.
const checkVersion = 1

// Inspection is what a look through a whole store has found.
type Inspection struct {
	Version     int               `json:"version"` // of this shape
	Store       Described         `json:"store"`
	Keep        KeptFor           `json:"keep"`
	Slots       SlotCounts        `json:"slots"`
	History     *HistoryCounts    `json:"history,omitempty"` // nil where the store keeps none
	Credentials CredentialsCounts `json:"credentials"`
	Faults      []Fault           `json:"faults"`
}

// Described says which store it is.
type Described struct {
	At       string     `json:"at"`
	Engine   string     `json:"engine"`
	Version  int        `json:"version"` // of its tables
	Bytes    int64      `json:"bytes,omitempty"`
	WALBytes int64      `json:"wal_bytes,omitempty"`
	Made     *time.Time `json:"made,omitempty"`
	Opened   *time.Time `json:"opened,omitempty"`   // by a process that writes, the last time
	Backup   *time.Time `json:"backup,omitempty"`   // when it was made, of one that nothing has used yet
	Restored *time.Time `json:"restored,omitempty"` // when the backup was made that it was put back from
	Key      string     `json:"key"`                // right, or what is wrong with it
}

// KeptFor is how long each thing is kept.
type KeptFor struct {
	SlotsDays    int `json:"slots_days"`
	RunsDays     int `json:"runs_days"`
	FailuresDays int `json:"failures_days"`
	TotalsDays   int `json:"totals_days"`
}

// SlotCounts adds up: planned is the sum of the others.
type SlotCounts struct {
	Jobs     int        `json:"jobs"`
	Planned  int        `json:"planned"`
	Executed int        `json:"executed"`
	Skipped  int        `json:"skipped"`
	Lost     int        `json:"lost"`
	Open     int        `json:"open"` // granted, and not ended as far as the store knows
	Oldest   *time.Time `json:"oldest,omitempty"`
	Newest   *time.Time `json:"newest,omitempty"`
}

// HistoryCounts is what there is of the past.
type HistoryCounts struct {
	Lines  int        `json:"lines"`
	Runs   int        `json:"runs"` // with all their details
	Shapes int        `json:"shapes"`
	Totals int        `json:"totals"` // rows of hours and days
	Oldest *time.Time `json:"oldest,omitempty"`
	Newest *time.Time `json:"newest,omitempty"`
}

// CredentialsCounts is what there is of credentials.
type CredentialsCounts struct {
	InUse     int `json:"in_use"`
	Suspended int `json:"suspended"`
	Sealed    int `json:"sealed"` // secrets that their vendor replaces
}

// Fault is something that is wrong, and what to do.
type Fault struct {
	What string `json:"what"`
	Next string `json:"next"`
}

// Check looks through a whole store and holds everything in it to what the rules can have
// written. It reads alone, beside who writes. The error says that it could not look.
func Check(ctx context.Context, at Place, keep Keep, now time.Time) (*Inspection, error) {
	v, err := look(ctx, at)
	if err != nil {
		return nil, err
	}
	keep = keep.withDefaults()
	const day = 24 * time.Hour
	c := &checking{view: v, now: now, found: &Inspection{
		Version: checkVersion,
		Keep:    KeptFor{int(keptSlots / day), int(keep.Runs / day), int(keep.Failures / day), int(keptTotals / day)},
	}}
	c.describe()
	if slices.ContainsFunc([]string{"run", "detail", "shape", "total"}, v.has) { // whichever of them can be read
		c.found.History = &HistoryCounts{}
	}
	for _, part := range []func(context.Context) error{
		c.pages, c.jobs, c.slots, c.tickets, c.records, c.lines, c.details, c.shapes, c.totals,
	} {
		if err = part(ctx); err == nil {
			continue
		}
		if v.engine != "sqlite" || !isDamage(err) {
			return nil, errors.Join(fmt.Errorf("store %s: %w", v.where, err), v.close())
		}
		c.fault(faultPages, "it can't be read to its end ("+err.Error()+")")
	}
	c.found.Faults = c.faults()
	return c.found, v.close()
}

// checking is a look through a store.
type checking struct {
	*view

	now   time.Time
	found *Inspection
	wrong map[ailment]*ill
}

// ailment is a way in which a store can be wrong.
type ailment int

const (
	faultPages ailment = iota
	faultReferences
	faultKey
	faultSlot
	faultTicket
	faultFuture
	faultKind
	faultRecord
	faultName
	faultSealed
	faultLine
	faultDetail
	faultShape
	faultTotal
	faultCounts
)

const putBack = "stop who writes, and put back a backup (docs/store.md)"

// ailments say what each is, and what to do.
var ailments = []struct{ what, next string }{
	faultPages:      {"the file is damaged", putBack + "; then look at the disk"},
	faultReferences: {"rows belong to nothing", putBack},
	faultKey:        {"the key is not as it must be", "have the key there that the store was made with, for its owner alone: without it every budget would begin again, so nothing is sent"},
	faultSlot:       {"slots are not in exactly one of the states executed, skipped, lost and open", putBack},
	faultTicket:     {"the ticket of a run under way can't be read, so its end can't be booked", putBack},
	faultFuture:     {"slots were admitted in the future", "set the clock of this machine right, or of the one that wrote them; the next claim of each credential corrects what follows from it"},
	faultKind:       {"records are of a kind that this version does not know", "use the version of loginwatch that wrote them"},
	faultRecord:     {"records can't be read", putBack},
	faultName:       {"names of credentials lead to nothing", "nothing, if they are gone in an hour; otherwise " + putBack},
	faultSealed:     {"rotating secrets can't be opened with this key", "configure a new value of each: what was kept can't be used"},
	faultLine:       {"lines of the history say what no run can", putBack + ", or live with it: logins are not decided by the history"},
	faultDetail:     {"runs of the history can't be read", putBack + ", or live with it: logins are not decided by the history"},
	faultShape:      {"shapes of runs are not what they were", putBack + ", or live with it: logins are not decided by the history"},
	faultTotal:      {"counts of hours or days can't be read", putBack + ", or live with it: logins are not decided by the history"},
	faultCounts:     {"counts of hours or days are others than the lines that they were made of", "compare with history --limit 0 of that day; lines that came more than a week late are in no count"},
}

// ill is how often something is wrong, and where first.
type ill struct {
	times int
	where []string
}

const mostExamples = 3

func (c *checking) fault(a ailment, where string) {
	if c.wrong == nil {
		c.wrong = map[ailment]*ill{}
	}
	if c.wrong[a] == nil {
		c.wrong[a] = &ill{}
	}
	i := c.wrong[a]
	if i.times++; len(i.where) < mostExamples {
		i.where = append(i.where, printable(where))
	}
}

// printable makes one short line of what a damaged file may say.
func printable(text string) string {
	short := []rune(strings.Map(func(r rune) rune {
		if !unicode.IsPrint(r) {
			return ' '
		}
		return r
	}, text))
	return strings.TrimSpace(string(short[:min(len(short), 200)]))
}

// faults gives what is wrong, in the order of the list.
func (c *checking) faults() []Fault {
	all := []Fault{}
	for a, says := range ailments {
		i := c.wrong[ailment(a)]
		if i == nil {
			continue
		}
		what := says.what + ": "
		for n, where := range i.where {
			if n > 0 {
				what += ", "
			}
			what += where
		}
		if more := i.times - len(i.where); more > 0 {
			what += fmt.Sprintf(", and %d more", more)
		}
		all = append(all, Fault{what, says.next})
	}
	return all
}

// describe says which store it is.
func (c *checking) describe() {
	d := Described{At: c.where, Engine: c.engine, Version: c.version, Key: "right"}
	for _, file := range []struct {
		path string
		into *int64
	}{{c.path, &d.Bytes}, {c.path + "-wal", &d.WALBytes}} {
		if info, err := os.Stat(file.path); c.path != "" && err == nil {
			*file.into = info.Size()
		}
	}
	for name, into := range map[string]**time.Time{"made": &d.Made, "opened": &d.Opened, "backup": &d.Backup, "restored": &d.Restored} {
		if at, err := time.Parse(time.RFC3339Nano, c.meta[name]); err == nil {
			at = at.UTC().Truncate(time.Second)
			*into = &at
		}
	}
	if c.noKey != nil {
		d.Key = c.noKey.Error()
		c.fault(faultKey, d.Key)
	} else if c.key == nil {
		d.Key = "missing"
	}
	c.found.Store = d
}

// pages has SQLite look at each page of the file, and at what refers to what.
func (c *checking) pages(ctx context.Context) error {
	if c.engine != "sqlite" {
		return nil
	}
	says, err := c.names(ctx, `PRAGMA integrity_check(20)`)
	for _, s := range says {
		if s != "ok" {
			c.fault(faultPages, s)
		}
	}
	if err != nil {
		return err
	}
	return c.each(ctx, func(scan func(...any) error) error {
		var table, parent string
		var row, key any
		err := scan(&table, &row, &parent, &key)
		c.fault(faultReferences, fmt.Sprintf("row %v of %s", row, table))
		return err
	}, `PRAGMA foreign_key_check`)
}

// jobs counts them.
func (c *checking) jobs(ctx context.Context) error {
	return c.count(ctx, &c.found.Slots.Jobs, `SELECT count(*) FROM job`)
}

func (c *checking) count(ctx context.Context, into *int, query string, args ...any) error {
	return c.each(ctx, func(scan func(...any) error) error { return scan(into) }, query, args...)
}

// instantOf gives a time that may be none.
func instantOf(ns int64, valid bool) *time.Time {
	if !valid {
		return nil
	}
	at := instant(ns)
	return &at
}

func rowOf(id int64) string { return "row " + strconv.FormatInt(id, 10) }

// known tells whether a word is one of a list.
func knownWord[T ~string](list []T, word string) bool { return slices.Contains(list, T(word)) }
