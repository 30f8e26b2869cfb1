package store

import (
	"context"
	"database/sql"
	"encoding/json"
	"fmt"
	"strings"
	"time"
)

// slots holds that each is in one state: planned = executed + skipped + lost + open.
// A run that was told as lost and ended after all was executed.
func (c *checking) slots(ctx context.Context) error {
	s := &c.found.Slots
	var oldest, newest sql.NullInt64
	err := c.each(ctx, func(scan func(...any) error) error {
		return scan(&s.Planned, &s.Executed, &s.Skipped, &s.Lost, &s.Open, &oldest, &newest)
	}, `SELECT count(*), `+
		`count(CASE WHEN settled IS NOT NULL AND ticket IS NULL AND reason = '' THEN 1 END), `+
		`count(CASE WHEN settled IS NULL AND ticket IS NULL AND lost IS NULL AND reason <> '' THEN 1 END), `+
		`count(CASE WHEN settled IS NULL AND lost IS NOT NULL AND reason = '' THEN 1 END), `+
		`count(CASE WHEN settled IS NULL AND lost IS NULL AND ticket IS NOT NULL AND reason = '' THEN 1 END), min(due), max(due) FROM slot`)
	if err != nil {
		return err
	}
	s.Oldest, s.Newest = instantOf(oldest.Int64, oldest.Valid), instantOf(newest.Int64, newest.Valid)
	if s.Executed+s.Skipped+s.Lost+s.Open == s.Planned {
		return nil
	}
	return c.each(ctx, func(scan func(...any) error) error {
		var id int64
		err := scan(&id)
		c.fault(faultSlot, rowOf(id))
		return err
	}, `SELECT id FROM slot WHERE NOT (settled IS NOT NULL AND ticket IS NULL AND reason = ''
		OR settled IS NULL AND ticket IS NULL AND lost IS NULL AND reason <> ''
		OR settled IS NULL AND lost IS NOT NULL AND reason = ''
		OR settled IS NULL AND lost IS NULL AND ticket IS NOT NULL AND reason = '') ORDER BY id`)
}

// tickets holds that each can be read, and that none comes from the future.
func (c *checking) tickets(ctx context.Context) error {
	err := c.each(ctx, func(scan func(...any) error) error {
		var id, admitted int64
		var text []byte
		if err := scan(&id, &admitted, &text); err != nil {
			return err
		}
		var t ticket
		if err := json.Unmarshal(text, &t); err != nil || t.At.UnixNano() != admitted || t.Target.Vendor == "" {
			c.fault(faultTicket, rowOf(id))
		}
		return nil
	}, `SELECT id, admitted, ticket FROM slot WHERE ticket IS NOT NULL`)
	if err != nil {
		return err
	}
	return c.each(ctx, func(scan func(...any) error) error {
		var id, admitted int64
		err := scan(&id, &admitted)
		c.fault(faultFuture, fmt.Sprintf("%s at %s", rowOf(id), instant(admitted).Format(time.RFC3339)))
		return err
	}, `SELECT id, admitted FROM slot WHERE admitted > ? ORDER BY id`, c.now.Add(apart).UnixNano())
}

// records holds that each is of a kind that there is, and can be read.
func (c *checking) records(ctx context.Context) error {
	credentials, names := map[string]bool{}, map[string]string{}
	l := &Ledger{key: c.key}
	err := c.each(ctx, func(scan func(...any) error) error {
		var r record
		if err := scan(&r.kind, &r.key, &r.value); err != nil {
			return err
		}
		r.key = outOfText(r.key)
		if r.value == "" && c.locks {
			return nil // made to be locked by a claim that had nothing to say of it
		}
		switch r.kind {
		case kindName:
			names[r.key] = r.value
		case kindRotated:
			c.found.Credentials.Sealed++
			if _, err := l.unseal(r.key, r.value); c.key != nil && err != nil {
				c.fault(faultSealed, secretOf(r.key))
			}
		case kindLearned:
			if r.value == "" || headOf(r.value) == r.value {
				c.fault(faultRecord, aRecord(r))
			}
		case kindCredential, kindWait, kindWindow, kindQuota:
			p, err := pageOf([]record{r})
			if err != nil || r.value == "" {
				c.fault(faultRecord, aRecord(r))
				break
			}
			if p.credential != nil {
				credentials[r.key] = p.credential.Suspended
			}
		default:
			c.fault(faultKind, fmt.Sprintf("%.40q", r.kind))
		}
		return nil
	}, `SELECT kind, key, value FROM record ORDER BY kind, key`)
	for name, key := range names {
		suspended, known := credentials[key]
		switch {
		case !known:
			c.fault(faultName, name)
		case suspended:
			c.found.Credentials.Suspended++
		}
		c.found.Credentials.InUse++
	}
	return err
}

// aRecord names a record without the digest that it may be known by.
func aRecord(r record) string {
	vendor, _, more := strings.Cut(r.key, "\x00")
	if r.kind == kindCredential || !more {
		return "a " + r.kind
	}
	return "a " + r.kind + " of " + vendor
}

// secretOf names the secret of a rotated record, without the digest behind it.
func secretOf(key string) string {
	parts := strings.SplitN(key, "\x00", 3)
	if len(parts) < 3 {
		return "one without a name"
	}
	return parts[1] + " of " + parts[0]
}
