package store

import (
	"context"
	"crypto/rand"
	"encoding/binary"
	"slices"
	"sync"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"

	"github.com/loginwatch/loginwatch"
)

// newID draws the number of a ticket.
func newID() int64 {
	var b [8]byte
	_, _ = rand.Read(b[:]) // never fails: crypto/rand ends the process first
	return int64(binary.BigEndian.Uint64(b[:])>>1) | 1<<62
}

// doubt is a claim that was not granted, since nobody knows whether it was committed.
type doubt struct {
	id     int64
	slot   loginwatch.Slot
	ticket ticket
}

// doubts are those of this process. While there is one nothing is claimed: whoever can't
// clear it could not commit a claim either.
type doubts struct {
	mu       sync.Mutex
	all      []doubt
	clearing chan struct{} // has room for the one who clears them
}

func (d *doubts) add(one doubt) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.all = append(d.all, one)
}

func (d *doubts) list() []doubt {
	d.mu.Lock()
	defer d.mu.Unlock()
	return slices.Clone(d.all)
}

func (d *doubts) clear(id int64) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.all = slices.DeleteFunc(d.all, func(one doubt) bool { return one.id == id })
}

// takeBack takes the claims in doubt back: nothing was sent for them, so they count
// against nothing and are not lost.
func (p *postgres) takeBack(ctx context.Context) error {
	if len(p.doubts.list()) == 0 {
		return nil
	}
	select {
	case p.doubts.clearing <- struct{}{}:
		defer func() { <-p.doubts.clearing }()
	case <-ctx.Done():
		return inPgWords(doubtful{errStandby})
	}
	for _, d := range p.doubts.list() {
		if err := p.step(ctx, func(x *pgTx, _ bool) error { return p.takeOneBack(x, d) }); err != nil {
			return err
		}
		p.doubts.clear(d.id)
	}
	return nil
}

func (p *postgres) takeOneBack(x *pgTx, d doubt) error {
	records := recordsOf(d.ticket)
	b := begin()
	// A row in its place: what is still on its way to the server finds the slot taken.
	p.insert(b, d.slot, d.ticket, d.id, nil, loginwatch.ReasonStore)
	open := false
	b.Queue(`UPDATE loginwatch.slot SET reason = $2, ticket = NULL WHERE id = $1 AND ticket IS NOT NULL`, d.id, string(loginwatch.ReasonStore)).
		Exec(func(tag pgconn.CommandTag) error { open = tag.RowsAffected() == 1; return nil })
	got := p.lock(b, records, d.id)
	if err := x.send(b); err != nil {
		return p.known.without(d.slot.Key, err)
	}
	b = &pgx.Batch{}
	if !open {
		return x.commit(b)
	}
	if err := p.known.holds(records, got); err != nil {
		return err
	}
	now, err := pageOf(records)
	if err != nil {
		return err
	}
	now.takeBack(d.id)
	if err := keep(b, d.ticket, now, records); err != nil {
		return err
	}
	return x.commit(b)
}

// takeBack makes a granted run one that never was.
func (p *page) takeBack(id int64) {
	for _, c := range p.credentials() {
		c.Try.takeBack(id)
		delete(c.UnderWay, id)
		c.Rejections = slices.DeleteFunc(c.Rejections, func(r rejection) bool { return r.Lost == id })
		delete(c.Opening, id)
		c.endTrial(id)
	}
	if p.usage != nil {
		delete(p.usage.UnderWay, id)
	}
	for _, w := range p.windows {
		w.Requests = slices.DeleteFunc(w.Requests, func(r request) bool { return r.Ticket == id })
	}
}
