package store

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"time"
)

// The kinds of records.
const (
	kindName       = "name"       // of a credential: the key of the record of its value
	kindCredential = "credential" // by what its budget belongs to
	kindWait       = "wait"       // by target
	kindWindow     = "window"     // by operation
	kindRotated    = "rotated"    // by secret, sealed
)

// record is a record as it is kept.
type record struct{ kind, key, value string }

func (r record) name() recordName { return recordName{r.kind, r.key} }

func recordsOf(t ticket) []record {
	records := []record{{kind: kindWait, key: t.Target.key()}}
	if t.Credential.Name != "" {
		records = append(records, record{kind: kindCredential, key: budgetOf(t.Credential).text()})
	}
	for _, op := range t.Operations {
		records = append(records, record{kind: kindWindow, key: op.key()})
	}
	return records
}

func (t target) key() string { return t.Vendor + "\x00" + t.Address }

func (o operation) key() string {
	return o.Target.key() + "\x00" + o.ID + "\x00" + o.Whose
}

func (k budgetKey) text() string {
	if k.digest != "" {
		return "digest " + k.digest
	}
	return "name " + k.name
}

// page reads the page that records make, and their values into them.
func (s *sqlite) page(records []record) (*page, error) {
	if err := s.read(records); err != nil {
		return nil, err
	}
	p := &page{}
	for _, r := range records {
		var into any
		switch r.kind {
		case kindWait:
			into = &p.blocked
		case kindCredential:
			p.credential = &credential{}
			into = p.credential
		case kindWindow:
			w := &window{}
			p.windows = append(p.windows, w)
			into = w
		}
		if r.value != "" && into != nil {
			if err := json.Unmarshal([]byte(r.value), into); err != nil {
				return nil, fmt.Errorf("the record of a %s: %w", r.kind, err)
			}
		}
	}
	return p, nil
}

// read reads the values of records; "" for one that there is not.
func (s *sqlite) read(records []record) error {
	var args []any
	for i, r := range records {
		value, known := s.known.records[r.name()]
		if records[i].value = value; !known {
			args = append(args, r.kind, r.key)
			s.known.records[r.name()] = ""
		}
	}
	if len(args) == 0 {
		return nil
	}
	st, err := s.statement(`SELECT kind, key, value FROM record WHERE (kind, key) IN (VALUES ` +
		strings.TrimSuffix(strings.Repeat("(?, ?), ", len(args)/2), ", ") + `)`)
	if err != nil {
		return err
	}
	rows, err := st.Query(args...)
	if err != nil {
		return err
	}
	defer func() { _ = rows.Close() }() // after an error that counts, or at the end
	for rows.Next() {
		var r record
		if err := rows.Scan(&r.kind, &r.key, &r.value); err != nil {
			return err
		}
		s.known.records[r.name()] = r.value
		i := slices.IndexFunc(records, func(o record) bool { return o.name() == r.name() })
		records[i].value = r.value
	}
	return rows.Err()
}

// keep writes those of a ticket's records that have changed.
func (s *sqlite) keep(t ticket, p *page, was []record) error {
	window := 0
	for _, r := range was {
		var value any
		var until time.Time // until when it can matter
		switch r.kind {
		case kindName:
			if key := budgetOf(t.Credential).text(); key != r.value {
				if err := s.put(r, key, forever); err != nil {
					return err
				}
			}
			continue
		case kindWait:
			if p.blocked.IsZero() {
				continue
			}
			value, until = p.blocked, p.blocked
		case kindCredential:
			value, until = p.credential, p.credential.matters()
		case kindWindow:
			w := p.windows[window]
			window++
			if len(w.Requests) == 0 && r.value == "" {
				continue
			}
			value, until = w, w.matters()
		}
		text, err := json.Marshal(value)
		if err != nil {
			return err
		}
		if string(text) != r.value {
			if err := s.put(r, string(text), until); err != nil {
				return err
			}
		}
	}
	return nil
}

// forever is the time of what goes only with something else.
var forever = time.Unix(0, 1<<63-1)

func (s *sqlite) put(r record, value string, until time.Time) error {
	s.known.records[r.name()] = value
	return s.exec(`INSERT INTO record (kind, key, value, until) VALUES (?, ?, ?, ?)
		ON CONFLICT DO UPDATE SET value = excluded.value, until = excluded.until`, r.kind, r.key, value, until.UnixNano())
}
