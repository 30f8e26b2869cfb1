package store

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"sync/atomic"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/loginwatch/loginwatch"
)

// postgres is an engine in a PostgreSQL database, for the processes of many machines.
// What a call has changed is acknowledged by the server before the call ends: also by
// its standby, where it has a synchronous one.
//
// A ticket's number is drawn by whoever claims, at random: so a claim whose commit
// nobody acknowledged can be found again, and asking twice takes a slot once.
type postgres struct {
	pool     *pgxpool.Pool
	instance string // of this daemon, for people who look into the database
	patience time.Duration

	history *pgHistory

	known  pgKnown
	doubts doubts
	reach  reach
	swept  atomic.Int64 // nanoseconds since the epoch
	closed atomic.Bool
}

// claim implements engine.
func (p *postgres) claim(ctx context.Context, slot loginwatch.Slot, t ticket, decide func(*page, int64) loginwatch.Admission) error {
	ctx, cancel := p.bounded(ctx)
	defer cancel()
	if err := p.takeBack(ctx); err != nil {
		return err
	}
	c, err := newClaiming(slot, t, decide)
	if err != nil {
		return err
	}
	err = p.step(ctx, func(x *pgTx, doubtful bool) error {
		if doubtful {
			if mine, err := x.confirm(c.id); err != nil || mine {
				return err // what was decided before stands
			}
		}
		return p.claimOnce(x, c, doubtful)
	})
	switch {
	case isDoubt(err):
		p.doubts.add(doubt{id: c.id, slot: slot, ticket: t})
	case err == nil:
		p.known.claimed(c)
	}
	return err
}

// claiming is a claim on its way.
type claiming struct {
	slot    loginwatch.Slot
	ticket  ticket
	text    string // of the ticket
	id      int64
	records []record
	decide  func(*page, int64) loginwatch.Admission
	granted bool
}

func newClaiming(slot loginwatch.Slot, t ticket, decide func(*page, int64) loginwatch.Admission) (*claiming, error) {
	text, err := json.Marshal(t)
	if err != nil {
		return nil, err
	}
	c := &claiming{slot: slot, ticket: t, text: string(text), id: newID(), records: recordsOf(t), decide: decide}
	if t.Credential.Name != "" {
		c.records = append(c.records, record{kind: kindName, key: t.Credential.Name}) // whose value is now this one
	}
	return c, nil
}

var errAsk = errors.New("the slot's row has to be asked for again")

func (p *postgres) claimOnce(x *pgTx, c *claiming, doubtful bool) error {
	b := begin()
	free := false
	p.insert(b, c.slot, c.ticket, c.id, &c.text, "").Exec(func(tag pgconn.CommandTag) error { free = tag.RowsAffected() == 1; return nil })
	got := p.lock(b, c.records, c.id)
	if err := x.send(b); err != nil {
		return p.known.without(c.slot.Key, err)
	}
	if !free {
		if doubtful { // it may have become ours just now
			return errAsk
		}
		return p.elsewhere(x, c)
	}
	if err := p.known.holds(c.records, got); err != nil {
		return err
	}
	now, err := pageOf(c.records)
	if err != nil {
		return err
	}
	a := c.decide(now, c.id)
	c.granted = a.Granted
	b = &pgx.Batch{}
	if !a.Granted {
		b.Queue(`UPDATE loginwatch.slot SET reason = $2, ticket = NULL WHERE id = $1`, c.id, string(a.Reason))
	}
	if err := keep(b, c.ticket, now, c.records); err != nil {
		return err
	}
	return x.commit(b)
}

// elsewhere has a claim decided whose slot somebody has: nothing is kept of it.
func (p *postgres) elsewhere(x *pgTx, c *claiming) error {
	b := &pgx.Batch{}
	read(b, c.records)
	b.Queue("ROLLBACK")
	if err := x.send(b); err != nil {
		return err
	}
	now, err := pageOf(c.records)
	if err == nil {
		c.granted = false
		c.decide(now, 0)
	}
	return err
}

// confirm has it acknowledged that a slot is ours, where it is.
func (x *pgTx) confirm(id int64) (mine bool, err error) {
	b := begin()
	// Only a transaction that writes waits for the standby.
	b.Queue(`UPDATE loginwatch.slot SET planned = planned WHERE id = $1`, id).
		Exec(func(tag pgconn.CommandTag) error { mine = tag.RowsAffected() == 1; return nil })
	err = x.commit(b)
	return mine && err == nil, err
}

// insert has a batch insert a slot's row, and that of its job where it may not be there.
func (p *postgres) insert(b *pgx.Batch, s loginwatch.Slot, t ticket, id int64, text *string, reason loginwatch.Reason) *pgx.QueuedQuery {
	if !p.known.job(s.Key) {
		b.Queue(`INSERT INTO loginwatch.job (vendor, probe, target, location) VALUES ($1, $2, $3, $4) ON CONFLICT DO NOTHING`, s.Vendor, s.Probe, s.Target, s.Location)
	}
	return b.Queue(`INSERT INTO loginwatch.slot (id, job, due, planned, admitted, ends, instance, ticket, reason)
		VALUES ($1, (SELECT id FROM loginwatch.job WHERE vendor = $2 AND probe = $3 AND target = $4 AND location = $5), $6, $7, $8, $9, $10, $11, $12)
		ON CONFLICT DO NOTHING`, id, s.Vendor, s.Probe, s.Target, s.Location,
		s.Due.UnixNano(), s.Planned.UnixNano(), t.At.UnixNano(), t.At.Add(t.Held).UnixNano(), p.instance, text, string(reason))
}

const (
	// settleSlot takes an open ticket away.
	settleSlot = `UPDATE loginwatch.slot SET settled = $2, ticket = NULL WHERE id = $1 AND ticket IS NOT NULL`
	// holdSlot holds an open ticket while its page is changed; the time is for settleSlot alone.
	holdSlot = `UPDATE loginwatch.slot SET planned = planned WHERE id = $1 AND ticket IS NOT NULL AND $2::bigint > 0`
)

// book implements engine.
func (p *postgres) book(ctx context.Context, id int64, settles bool, change func(ticket, *page)) error {
	ctx, cancel := p.bounded(ctx)
	defer cancel()
	query := holdSlot
	if settles {
		query = settleSlot
	}
	err := p.step(ctx, func(x *pgTx, _ bool) error {
		t, known, err := p.ticket(x, id)
		if err != nil || !known {
			return err
		}
		records, open := recordsOf(t), false
		b := begin()
		b.Queue(query, id, time.Now().UnixNano()).
			Exec(func(tag pgconn.CommandTag) error { open = tag.RowsAffected() == 1; return nil })
		got := p.lock(b, records, id)
		if err := x.send(b); err != nil {
			return err
		}
		b = &pgx.Batch{}
		if !open {
			// Settled before, and perhaps by us, without an answer: it stands once the
			// standby has it, and only a transaction that writes waits for that.
			b.Queue(`UPDATE loginwatch.slot SET settled = settled WHERE id = $1`, id)
			return x.commit(b)
		}
		if err := p.known.holds(records, got); err != nil {
			return err
		}
		now, err := pageOf(records)
		if err != nil {
			return err
		}
		change(t, now)
		if err := keep(b, t, now, records); err != nil {
			return err
		}
		return x.commit(b)
	})
	if err == nil && settles {
		p.known.settled(id)
	}
	return err
}

// ticket gives a ticket that may be out.
func (p *postgres) ticket(x *pgTx, id int64) (t ticket, found bool, err error) {
	if t, known := p.known.ticket(id); known {
		return t, true, nil
	}
	var text string
	switch err := x.conn.QueryRow(x.ctx, `SELECT ticket FROM loginwatch.slot WHERE id = $1 AND ticket IS NOT NULL`, id).Scan(&text); {
	case errors.Is(err, pgx.ErrNoRows):
		return t, false, nil
	case err != nil:
		return t, false, err
	}
	if err := json.Unmarshal([]byte(text), &t); err != nil {
		return t, false, fmt.Errorf("the ticket %d: %w", id, err)
	}
	return t, true, nil
}

// resume implements engine.
func (p *postgres) resume(ctx context.Context, name string, change func(*credential)) (known bool, err error) {
	ctx, cancel := p.bounded(ctx)
	defer cancel()
	err = p.step(ctx, func(x *pgTx, doubtful bool) error {
		if doubtful {
			return errors.New("nobody knows whether it was done: list the credentials and look")
		}
		known = false
		named := []record{{kind: kindName, key: name}}
		b := begin()
		read(b, named)
		if err := x.send(b); err != nil || named[0].value == "" {
			return err
		}
		records := []record{{kind: kindCredential, key: named[0].value}}
		b = &pgx.Batch{}
		b.Queue(lockRecords, kinds(records), keys(records)).Query(into(records, nil))
		if err := x.send(b); err != nil || records[0].value == "" {
			return err
		}
		now, err := pageOf(records)
		if err != nil {
			return err
		}
		known = true
		change(now.credential)
		b = &pgx.Batch{}
		if err := keep(b, ticket{}, now, records); err != nil {
			return err
		}
		return x.commit(b)
	})
	return known && err == nil, err
}
