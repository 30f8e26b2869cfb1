package store

import (
	"context"
	"fmt"
)

// migrations bring a file from one version to the next; a file's version is how many
// of them it has seen. They only go forward, and one that was released never changes:
// what was wrong with it is for the next one. Times are nanoseconds since the epoch,
// UTC.
var migrations = []string{claims, past}

// claims is what decides what may be sent.
const claims = `
CREATE TABLE meta (
	name  TEXT PRIMARY KEY,
	value TEXT NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE job (
	id       INTEGER PRIMARY KEY,
	vendor   TEXT NOT NULL,
	probe    TEXT NOT NULL,
	target   TEXT NOT NULL,
	location TEXT NOT NULL,
	UNIQUE (vendor, probe, target, location)
) STRICT;

CREATE TABLE slot (
	id       INTEGER PRIMARY KEY AUTOINCREMENT,
	job      INTEGER NOT NULL REFERENCES job,
	due      INTEGER NOT NULL,
	planned  INTEGER NOT NULL,
	admitted INTEGER NOT NULL,
	ends     INTEGER NOT NULL,
	reason   TEXT NOT NULL DEFAULT '', -- why it was not granted
	ticket   TEXT,                     -- while it is granted and not settled
	settled  INTEGER,
	lost     INTEGER,
	UNIQUE (job, due)
) STRICT;

CREATE INDEX slot_open ON slot (ends) WHERE ticket IS NOT NULL AND lost IS NULL;

CREATE TABLE record (
	kind  TEXT NOT NULL,
	key   TEXT NOT NULL,
	value TEXT NOT NULL,
	until INTEGER NOT NULL,
	PRIMARY KEY (kind, key)
) STRICT, WITHOUT ROWID;
`

// past is what came of slots. A run has a line that stays as long as failures do, and
// a detail, which a run that was well loses earlier; what is the same in most runs of a
// job stands once, as a shape. No references, since each line would pay for them.
const past = `
CREATE TABLE run (
	job     INTEGER NOT NULL,
	due     INTEGER NOT NULL,
	at      INTEGER NOT NULL,
	verdict TEXT NOT NULL,
	reason  TEXT NOT NULL,
	latency INTEGER, -- microseconds, where something was measured
	class   INTEGER, -- of that latency
	detail  INTEGER, -- which may be gone, and its number be another's
	PRIMARY KEY (job, due)
) STRICT, WITHOUT ROWID;

CREATE TABLE detail (
	n      INTEGER PRIMARY KEY,
	id     BLOB NOT NULL,
	job    INTEGER NOT NULL,
	due    INTEGER NOT NULL,
	failed INTEGER NOT NULL,
	shape  INTEGER NOT NULL,
	own    BLOB NOT NULL
) STRICT;

-- Runs that failed are looked for. Each other one would pay for an index as much as for
-- itself, and is found by reading through them.
CREATE INDEX detail_failed ON detail (id) WHERE failed = 1;

CREATE TABLE shape (
	id     INTEGER PRIMARY KEY AUTOINCREMENT,
	digest BLOB NOT NULL UNIQUE,
	seen   INTEGER NOT NULL, -- the day of its last run
	text   BLOB NOT NULL
) STRICT;

CREATE TABLE total (
	span  INTEGER NOT NULL, -- an hour or a day
	since INTEGER NOT NULL,
	shard INTEGER NOT NULL, -- of jobs
	rows  BLOB NOT NULL,
	PRIMARY KEY (span, since, shard)
) STRICT, WITHOUT ROWID;
`

// migrate brings the file up to date. It is a part of the writer's step.
func (s *sqlite) migrate(ctx context.Context) error {
	var version int
	if err := s.conn.QueryRowContext(ctx, "PRAGMA user_version").Scan(&version); err != nil {
		return err
	}
	for ; version < len(migrations); version++ {
		mark := fmt.Sprintf("PRAGMA application_id = %d; PRAGMA user_version = %d;", applicationID, version+1)
		if _, err := s.conn.ExecContext(ctx, migrations[version]+mark); err != nil {
			return fmt.Errorf("from version %d to %d: %w", version, version+1, err)
		}
	}
	return nil
}
