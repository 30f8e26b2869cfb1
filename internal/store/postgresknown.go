package store

import (
	"errors"
	"sync"
	"time"

	"github.com/jackc/pgx/v5/pgconn"

	"github.com/loginwatch/loginwatch"
)

// pgKnown is what a process knows of the database without asking: nothing that another
// process could change without a statement of ours finding out.
type pgKnown struct {
	mu      sync.Mutex
	jobs    map[loginwatch.Key]struct{} // that are there
	records map[recordName]struct{}     // that are there, to the next sweep
	tickets map[int64]ticket            // granted here and not settled
}

func (k *pgKnown) job(of loginwatch.Key) bool {
	k.mu.Lock()
	defer k.mu.Unlock()
	_, known := k.jobs[of]
	return known
}

// claimed takes note of a claim that was answered: its job is there, and its ticket may
// be out.
func (k *pgKnown) claimed(c *claiming) {
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.jobs == nil {
		k.jobs, k.tickets = map[loginwatch.Key]struct{}{}, map[int64]ticket{}
	}
	k.jobs[c.slot.Key] = struct{}{}
	if c.granted {
		k.tickets[c.id] = c.ticket
	}
}

// without forgets a job that the database does not know any more, as after a promotion
// of a standby that was behind.
func (k *pgKnown) without(of loginwatch.Key, err error) error {
	var refused *pgconn.PgError
	if errors.As(err, &refused) && refused.Code == "23502" { // not_null_violation
		k.mu.Lock()
		defer k.mu.Unlock()
		delete(k.jobs, of)
		return errGone
	}
	return err
}

func (k *pgKnown) there(r recordName) bool {
	k.mu.Lock()
	defer k.mu.Unlock()
	_, there := k.records[r]
	return there
}

// holds takes note of which records are there, and fails where one that must be locked
// is not.
func (k *pgKnown) holds(wanted []record, got map[recordName]bool) error {
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.records == nil {
		k.records = map[recordName]struct{}{}
	}
	for _, r := range wanted {
		switch {
		case !r.exclusive():
		case got[r.name()]:
			k.records[r.name()] = struct{}{}
		default:
			clear(k.records)
			return errGone
		}
	}
	return nil
}

func (k *pgKnown) ticket(id int64) (t ticket, known bool) {
	k.mu.Lock()
	defer k.mu.Unlock()
	t, known = k.tickets[id]
	return t, known
}

func (k *pgKnown) settled(id int64) {
	k.mu.Lock()
	defer k.mu.Unlock()
	delete(k.tickets, id)
}

// sweep forgets what would gather.
func (k *pgKnown) sweep(now time.Time) {
	k.mu.Lock()
	defer k.mu.Unlock()
	clear(k.records)
	for id, t := range k.tickets {
		if now.Sub(t.At) > ticketLife {
			delete(k.tickets, id)
		}
	}
}
