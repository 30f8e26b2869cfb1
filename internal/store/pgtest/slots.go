//go:build postgres

package pgtest

import (
	"context"

	"github.com/jackc/pgx/v5"
)

// Slots are how many slots a store knows, and what became of them.
type Slots struct {
	Planned, Executed, Skipped, Lost int
	Open                             int // under way, or of a process that was killed and nobody told of yet
	Untold                           int // executed, and not in the history
}

// Add up: planned = executed + skipped + lost, and none is two of them, or none.
func (s Slots) Add() bool { return s.Planned == s.Executed+s.Skipped+s.Lost+s.Open }

// Slots counts the slots of the instances with a name, or, with none, of all, by SQL alone.
func (p *Pair) Slots(database, instance string) (s Slots) {
	p.tb.Helper()
	p.on(p.primary(), database, func(ctx context.Context, c *pgx.Conn) error {
		return c.QueryRow(ctx, `SELECT count(*),
				count(*) FILTER (WHERE settled IS NOT NULL AND reason = '' AND ticket IS NULL),
				count(*) FILTER (WHERE reason <> '' AND settled IS NULL AND lost IS NULL AND ticket IS NULL),
				count(*) FILTER (WHERE lost IS NOT NULL AND settled IS NULL AND reason = ''),
				count(*) FILTER (WHERE ticket IS NOT NULL AND lost IS NULL AND settled IS NULL AND reason = ''),
				count(*) FILTER (WHERE settled IS NOT NULL AND NOT EXISTS (
					SELECT FROM loginwatch.run WHERE run.job = slot.job AND run.due = slot.due AND run.verdict <> 'skipped'))
			FROM loginwatch.slot WHERE $1 IN ('', instance)`, instance).
			Scan(&s.Planned, &s.Executed, &s.Skipped, &s.Lost, &s.Open, &s.Untold)
	})
	return s
}
