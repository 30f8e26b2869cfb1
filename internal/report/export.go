package report

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io"
	"time"

	"github.com/loginwatch/loginwatch"
	"github.com/loginwatch/loginwatch/internal/history"
)

// exportVersion names the shape that schemas/meta/export.schema.json describes.
const exportVersion = 1

// The kinds of an export's lines.
const (
	lineMeta       = "meta"
	lineJob        = "job"
	lineSlot       = "slot"
	lineLine       = "line"
	lineRun        = "run"
	lineTotal      = "total"
	lineCredential = "credential"
	lineEnd        = "end"
)

// Export writes what is in a store as JSON Lines: one object a line, each with its kind.
// The last one says how many there were of each, so that an export that was cut is seen.
type Export struct {
	to     *bufio.Writer
	lines  *json.Encoder
	counts map[string]int
}

var _ history.Sink = (*Export)(nil)

// NewExport begins an export.
func NewExport(w io.Writer) *Export {
	to := bufio.NewWriterSize(w, 64<<10)
	lines := json.NewEncoder(to)
	lines.SetEscapeHTML(false)
	counts := map[string]int{}
	for _, kind := range []string{lineJob, lineSlot, lineLine, lineRun, lineTotal, lineCredential} {
		counts[kind] = 0
	}
	return &Export{to, lines, counts}
}

// Meta says what the export is of.
type Meta struct {
	At           time.Time
	Engine       string
	Version      int // of the store
	Since, Until time.Time
	What         []string
}

// Begin writes the first line.
func (e *Export) Begin(m Meta) error {
	return e.write(struct {
		Kind         string     `json:"kind"`
		Version      int        `json:"version"`
		At           time.Time  `json:"at"`
		Engine       string     `json:"engine"`
		StoreVersion int        `json:"store_version"`
		Since        *time.Time `json:"since,omitempty"`
		Until        *time.Time `json:"until,omitempty"`
		What         []string   `json:"what"`
	}{lineMeta, exportVersion, m.At.UTC(), m.Engine, m.Version, ends(m.Since), ends(m.Until), m.What})
}

// End writes the last line, with how many there were of each kind.
func (e *Export) End() error {
	err := e.write(struct {
		Kind   string         `json:"kind"`
		Counts map[string]int `json:"counts"`
	}{lineEnd, e.counts})
	if err == nil {
		err = e.to.Flush()
	}
	if err != nil {
		return fmt.Errorf("write the export: %w", err)
	}
	return nil
}

func (e *Export) write(line any) error {
	if err := e.lines.Encode(line); err != nil {
		return fmt.Errorf("write the export: %w", err)
	}
	return nil
}

// one writes a line of a kind that is counted.
func (e *Export) one(kind string, line any) error {
	e.counts[kind]++
	return e.write(line)
}

// Job implements [history.Sink].
func (e *Export) Job(k loginwatch.Key) error {
	return e.one(lineJob, struct {
		Kind string `json:"kind"`
		jsonKey
	}{lineJob, keyJSON(k)})
}

// Slot implements [history.Sink].
func (e *Export) Slot(c history.Claimed) error {
	return e.one(lineSlot, struct {
		Kind string `json:"kind"`
		jsonKey

		Due     time.Time         `json:"due"`
		Planned time.Time         `json:"planned"`
		At      time.Time         `json:"at"`
		State   history.State     `json:"state"`
		Reason  loginwatch.Reason `json:"reason"`
		Ended   *time.Time        `json:"ended,omitempty"`
		Lost    *time.Time        `json:"lost,omitempty"`
	}{lineSlot, keyJSON(c.Key), c.Due.UTC(), c.Planned.UTC(), c.At.UTC(), c.State, c.Reason, ends(c.Ended), ends(c.Lost)})
}

// Line implements [history.Sink].
func (e *Export) Line(of history.Entry) error {
	return e.one(lineLine, struct {
		Kind string `json:"kind"`
		jsonEntry
	}{lineLine, entryJSON(of)})
}

// Run implements [history.Sink].
func (e *Export) Run(r *history.Record) error {
	return e.one(lineRun, struct {
		Kind string `json:"kind"`
		*jsonRecord
	}{lineRun, recordJSON(r)})
}

// Total implements [history.Sink].
func (e *Export) Total(s history.Span) error {
	of := "hour"
	if s.Of > time.Hour {
		of = "day"
	}
	return e.one(lineTotal, struct {
		Kind  string    `json:"kind"`
		Of    string    `json:"of"`
		Since time.Time `json:"since"`
		jsonTotals
	}{lineTotal, of, s.Since.UTC(), totalsJSON(s.Totals)})
}

// Credential implements [history.Sink].
func (e *Export) Credential(c loginwatch.CredentialState) error {
	type session struct {
		Since time.Time `json:"since"`
		Token string    `json:"token,omitempty"`
	}
	open := make([]session, 0, len(c.LeftOpen))
	for _, s := range c.LeftOpen {
		open = append(open, session{s.Since.UTC(), printable(s.Token, maxMachine)})
	}
	return e.one(lineCredential, struct {
		Kind      string             `json:"kind"`
		Name      string             `json:"name"`
		Suspended bool               `json:"suspended"`
		Refusal   loginwatch.Refusal `json:"refusal"`
		Until     *time.Time         `json:"until,omitempty"`
		Left      int                `json:"refusals_left"`
		Sessions  []session          `json:"sessions_left_open"`
	}{lineCredential, printable(c.Credential, maxMachine), c.Suspended, c.Refusal, ends(c.Until), c.Remaining, open})
}
