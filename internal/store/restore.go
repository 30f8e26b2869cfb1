package store

import (
	"context"
	"time"

	"github.com/loginwatch/loginwatch/internal/persist"
)

// putBack makes a backup that somebody has put back careful, once: what was sent since it
// was made is not known to it. A rotating secret may have been used and replaced, and
// sending one twice can end all that it ever gave (RFC 9700, 4.14.2), so it counts as
// spent. Of each credential, refusals may be forgotten: one more lets it rest.
func (l *Ledger) putBack(s *sqlite) error {
	return s.run(context.Background(), func(s *sqlite) error {
		of, err := s.meta("backup")
		if err != nil || of == "" {
			return err
		}
		var records []record
		err = pastReader{sqliteStep{s}}.each(context.Background(), func(scan func(...any) error) error {
			var r record
			var until int64
			err := scan(&r.kind, &r.key, &r.value, &until)
			r.until = time.Unix(0, until)
			records = append(records, r)
			return err
		}, `SELECT kind, key, value, until FROM record WHERE kind IN ('rotated', 'credential')`)
		for _, r := range records {
			if err == nil {
				err = l.putBackRecord(s, r)
			}
		}
		if err == nil {
			err = s.exec(`INSERT INTO meta (name, value) VALUES ('restored', ?) ON CONFLICT DO UPDATE SET value = excluded.value`, of)
		}
		if err == nil {
			err = s.exec(`DELETE FROM meta WHERE name = 'backup'`)
		}
		return err
	})
}

func (l *Ledger) putBackRecord(s *sqlite, r record) error {
	if r.kind == kindRotated {
		was, err := l.unseal(r.key, r.value)
		if err != nil {
			return nil //nolint:nilerr // it can't be used, whatever it is: who asks for it is told
		}
		was.Spent, was.By = true, ""
		if r.value, err = l.seal(r.key, was); err != nil {
			return err
		}
		return s.put(r)
	}
	var c credential
	if err := persist.Decode([]byte(r.value), &c); err != nil {
		return err
	}
	now := time.Now()
	c.beCareful(now, l.budget)
	text, err := persist.Encode(c)
	if err != nil {
		return err
	}
	r.value, r.until = string(text), c.matters()
	return s.put(r)
}

// beCareful leaves one refusal of the budget.
func (c *credential) beCareful(now time.Time, b Budget) {
	for !c.Suspended && len(c.recent(now, b)) < b.Rejections-1 {
		c.Rejections = append(c.recent(now, b), rejection{At: now})
	}
	c.see(now)
}
