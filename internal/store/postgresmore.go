package store

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/loginwatch/loginwatch"
	"github.com/loginwatch/loginwatch/internal/persist"
)

// lost implements engine. Where nobody knows whether it is kept that they were told,
// they are told: twice is better than never.
func (p *postgres) lost(ctx context.Context, now time.Time, mine func(loginwatch.Key) bool) (slots []loginwatch.Slot, err error) {
	ctx, cancel := p.bounded(ctx)
	defer cancel()
	if err := p.takeBack(ctx); err != nil {
		return nil, err // what was never sent must not be told as lost
	}
	err = p.step(ctx, func(x *pgTx, doubtful bool) error {
		if doubtful {
			return nil
		}
		var ids []int64
		slots, ids = nil, nil
		b := begin()
		b.Queue(`SELECT slot.id, vendor, probe, target, location, due, planned FROM loginwatch.slot JOIN loginwatch.job ON job.id = slot.job
			WHERE ends <= $1 AND ticket IS NOT NULL AND lost IS NULL ORDER BY ends, slot.id FOR UPDATE OF slot SKIP LOCKED`, now.UnixNano()).
			Query(func(rows pgx.Rows) error {
				var slot loginwatch.Slot
				var id, due, planned int64
				_, err := pgx.ForEachRow(rows, []any{&id, &slot.Vendor, &slot.Probe, &slot.Target, &slot.Location, &due, &planned}, func() error {
					if slot.Due, slot.Planned = time.Unix(0, due).UTC(), time.Unix(0, planned).UTC(); mine(slot.Key) {
						slots, ids = append(slots, slot), append(ids, id)
					}
					return nil
				})
				return err
			})
		if err := x.send(b); err != nil || len(ids) == 0 {
			return err
		}
		b = &pgx.Batch{}
		b.Queue(`UPDATE loginwatch.slot SET lost = $1 WHERE id = ANY ($2)`, now.UnixNano(), ids)
		return x.commit(b)
	})
	if err != nil && !isDoubt(err) {
		return nil, err
	}
	return slots, nil
}

// alter implements engine. What was changed in a transaction that nobody acknowledged is
// known again by its text, of which no two are alike, and is not changed twice.
func (p *postgres) alter(ctx context.Context, kind, key string, until time.Time, change func(string) (string, error)) error {
	ctx, cancel := p.bounded(ctx)
	defer cancel()
	written := ""
	return p.step(ctx, func(x *pgTx, doubtful bool) error {
		records := []record{{kind: kind, key: key}}
		b := begin()
		b.Queue(`INSERT INTO loginwatch.record (kind, key, value, until) VALUES ($1, $2, '', 0) ON CONFLICT DO NOTHING`, kind, inText(key))
		b.Queue(lockRecords, kinds(records), keys(records)).Query(into(records, nil))
		if err := x.send(b); err != nil {
			return err
		}
		text := records[0].value
		if !doubtful || written == "" || text != written {
			var err error
			if text, err = change(text); err != nil {
				return err
			}
		}
		if text == records[0].value && !doubtful {
			return nil
		}
		written = text
		b = &pgx.Batch{}
		b.Queue(keepRecord, kind, inText(key), text, until.UnixNano(), int64(longest))
		return x.commit(b)
	})
}

// texts implements engine.
func (p *postgres) texts(ctx context.Context, kind, key string) (all map[string]string, err error) {
	ctx, cancel := p.bounded(ctx)
	defer cancel()
	err = p.step(ctx, func(x *pgTx, _ bool) error {
		all = map[string]string{}
		rows, err := x.conn.Query(x.ctx, `SELECT key, value FROM loginwatch.record WHERE kind = $1 AND ($2 = '' OR key = $2) AND value <> ''`, kind, inText(key))
		if err != nil {
			return err
		}
		var key, text string
		_, err = pgx.ForEachRow(rows, []any{&key, &text}, func() error {
			all[outOfText(key)] = text
			return nil
		})
		return err
	})
	return all, err
}

// credentials implements engine.
func (p *postgres) credentials(ctx context.Context) (all map[string]*credential, err error) {
	ctx, cancel := p.bounded(ctx)
	defer cancel()
	err = p.step(ctx, func(x *pgTx, _ bool) error {
		all = map[string]*credential{}
		rows, err := x.conn.Query(x.ctx, `SELECT name.key, credential.value FROM loginwatch.record AS name
			JOIN loginwatch.record AS credential ON credential.kind = 'credential' AND credential.key = name.value AND credential.value <> ''
			WHERE name.kind = 'name'`)
		if err != nil {
			return err
		}
		var name, text string
		_, err = pgx.ForEachRow(rows, []any{&name, &text}, func() error {
			c := &credential{}
			if err := persist.Decode([]byte(text), c); err != nil {
				return fmt.Errorf("the record of the credential %s: %w", name, err)
			}
			all[name] = c
			return nil
		})
		return err
	})
	return all, err
}

// keptLonger is how long what nobody needs any more stays: the clocks of a fleet differ,
// and a claim may have waited since it was made.
const keptLonger = time.Hour

// forget implements engine. What somebody is using at this moment is left for the next
// time, so that nobody waits for it.
func (p *postgres) forget(ctx context.Context, now time.Time, b Budget) error {
	if now.Sub(time.Unix(0, p.swept.Load())).Abs() < sweepEvery {
		return nil
	}
	ctx, cancel := p.bounded(ctx)
	defer cancel()
	err := p.step(ctx, func(x *pgTx, _ bool) error {
		batch := begin()
		batch.Queue(`DELETE FROM loginwatch.record WHERE (kind, key) IN (
				SELECT kind, key FROM loginwatch.record WHERE until < CASE kind WHEN 'credential' THEN $2::bigint ELSE $1::bigint END
				ORDER BY kind, key FOR UPDATE SKIP LOCKED
			)`, now.Add(-keptLonger).UnixNano(), now.Add(-keptLonger-b.idle()).UnixNano())
		batch.Queue(`DELETE FROM loginwatch.record WHERE (kind, key) IN (
				SELECT kind, key FROM loginwatch.record AS name WHERE kind = 'name' AND NOT EXISTS (
					SELECT FROM loginwatch.record AS c WHERE c.kind = 'credential' AND c.key = name.value
				) ORDER BY kind, key FOR UPDATE SKIP LOCKED
			)`)
		batch.Queue(`DELETE FROM loginwatch.slot WHERE id IN (
				SELECT id FROM loginwatch.slot WHERE admitted < $1 ORDER BY admitted LIMIT 20000 FOR UPDATE SKIP LOCKED
			)`, now.Add(-keptSlots).UnixNano())
		return x.commit(batch)
	})
	if err == nil {
		p.known.sweep(now)
		p.swept.Store(now.UnixNano())
	}
	return err
}

// end implements engine.
func (p *postgres) end() error {
	ctx, cancel := p.bounded(context.Background())
	defer cancel()
	if p.closed.Load() {
		return nil
	}
	err := errors.Join(p.takeBack(ctx), p.history.end())
	p.closed.Store(true)
	p.pool.Close()
	return err
}
