package store

import (
	"errors"
	"slices"
	"strings"

	"github.com/jackc/pgx/v5"
)

// inText is a record's key as a text of PostgreSQL's, which has no zero byte. No part of
// a key has a line break.
func inText(key string) string { return strings.ReplaceAll(key, "\x00", "\n") }

// outOfText is the key of such a text.
func outOfText(text string) string { return strings.ReplaceAll(text, "\n", "\x00") }

func kinds(records []record) []string {
	all := make([]string, len(records))
	for i, r := range records {
		all[i] = r.kind
	}
	return all
}

func keys(records []record) []string {
	all := make([]string, len(records))
	for i, r := range records {
		all[i] = inText(r.key)
	}
	return all
}

// exclusive tells whether a record is one that only one may decide on at a time. A
// wait is read by all and only grows, and a name is what it was said to be last.
func (r record) exclusive() bool { return r.kind != kindWait && r.kind != kindName }

const (
	readRecords = `SELECT kind, key, value FROM loginwatch.record WHERE (kind, key) IN (SELECT * FROM unnest($1::text[], $2::text[]))`
	// Everybody locks in this order, so that no two wait for each other.
	lockRecords = readRecords + ` ORDER BY kind, key FOR UPDATE`
	// What is not there can't be locked.
	makeRecords = `INSERT INTO loginwatch.record (kind, key, value, until)
		SELECT kind, key, '', $3 FROM unnest($1::text[], $2::text[]) AS wanted (kind, key)
		WHERE EXISTS (SELECT FROM loginwatch.slot WHERE id = $4) ORDER BY kind, key ON CONFLICT DO NOTHING`
	lockRecordsOf = readRecords + ` AND EXISTS (SELECT FROM loginwatch.slot WHERE id = $3) ORDER BY kind, key FOR UPDATE`

	putRecord = `INSERT INTO loginwatch.record (kind, key, value, until) VALUES ($1, $2, $3, $4)
		ON CONFLICT (kind, key) DO UPDATE SET value = excluded.value, until = `
	keepRecord = putRecord + `greatest(excluded.until, least(record.until - $5, excluded.until) + $5)`
	// Of two waits the longer one stays, unless a wrong clock wrote it.
	keepLongest = putRecord + `excluded.until WHERE record.until < excluded.until OR record.until > $5`
)

// read has a batch read the values of records, "" for one that there is not.
func read(b *pgx.Batch, records []record) {
	b.Queue(readRecords, kinds(records), keys(records)).Query(into(records, nil))
}

// lock has a batch read the values of records and lock those that only one may decide
// on, where the slot is there; got is told which were.
func (p *postgres) lock(b *pgx.Batch, records []record, slot int64) (got map[recordName]bool) {
	got = map[recordName]bool{}
	var shared, locked, unknown []record
	for i := range records {
		r := &records[i]
		r.value = ""
		switch {
		case !r.exclusive():
			shared = append(shared, *r)
			continue
		case !p.known.there(r.name()):
			unknown = append(unknown, *r)
		}
		locked = append(locked, *r)
	}
	if len(unknown) > 0 {
		b.Queue(makeRecords, kinds(unknown), keys(unknown), int64(0), slot)
	}
	if len(locked) > 0 {
		b.Queue(lockRecordsOf, kinds(locked), keys(locked), slot).Query(into(records, got))
	}
	if len(shared) > 0 {
		b.Queue(readRecords, kinds(shared), keys(shared)).Query(into(records, nil))
	}
	return got
}

// into reads rows into the records that they are the values of.
func into(records []record, got map[recordName]bool) func(pgx.Rows) error {
	return func(rows pgx.Rows) error {
		var kind, key, value string
		_, err := pgx.ForEachRow(rows, []any{&kind, &key, &value}, func() error {
			i := slices.IndexFunc(records, func(r record) bool { return r.kind == kind && inText(r.key) == key })
			records[i].value = value
			if got != nil {
				got[records[i].name()] = true
			}
			return nil
		})
		return err
	}
}

// errGone is that of a record that somebody forgot between two statements.
var errGone = errors.New("a record went away")

// keep has a batch write those of a ticket's records that have changed: in one order
// everywhere, behind the locks.
func keep(b *pgx.Batch, t ticket, p *page, was []record) error {
	now, err := changed(t, p, was)
	if err != nil {
		return err
	}
	slices.SortStableFunc(now, func(a, b record) int { return strings.Compare(a.kind, b.kind) })
	for _, r := range now {
		if r.kind == kindWait {
			possible := t.At.Add(ticketLife + maxWait)
			b.Queue(keepLongest, r.kind, inText(r.key), r.value, r.until.UnixNano(), possible.UnixNano())
			continue
		}
		b.Queue(keepRecord, r.kind, inText(r.key), r.value, r.until.UnixNano(), int64(longest))
	}
	return nil
}
