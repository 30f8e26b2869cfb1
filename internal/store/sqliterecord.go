package store

import (
	"context"
	"slices"
	"strings"
)

// page reads the page that records make, and their values into them.
func (s *sqlite) page(records []record) (*page, error) {
	if err := s.read(records); err != nil {
		return nil, err
	}
	return pageOf(records)
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
	rows, err := st.QueryContext(context.Background(), args...)
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
	now, err := changed(t, p, was)
	if err != nil {
		return err
	}
	for _, r := range now {
		if err := s.put(r); err != nil {
			return err
		}
	}
	return nil
}

func (s *sqlite) put(r record) error {
	s.known.records[r.name()] = r.value
	return s.exec(`INSERT INTO record (kind, key, value, until) VALUES (?1, ?2, ?3, ?4)
		ON CONFLICT DO UPDATE SET value = excluded.value, until = max(excluded.until, min(record.until - ?5, excluded.until) + ?5)`,
		r.kind, r.key, r.value, r.until.UnixNano(), int64(longest))
}
