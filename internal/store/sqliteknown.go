package store

import "github.com/loginwatch/loginwatch"

// known is what the writer knows of the file without asking it: what it has read or
// written itself. A step that is taken back takes all of it along.
type known struct {
	version int64                    // of the file, as this connection sees it
	records map[recordName]string    // until another process writes, and to the next sweep at most
	tickets map[int64]ticket         // that are out; as long
	jobs    map[loginwatch.Key]int64 // ids, which never change
}

type recordName struct{ kind, key string }

func newKnown() known {
	return known{records: map[recordName]string{}, tickets: map[int64]ticket{}, jobs: map[loginwatch.Key]int64{}}
}

// seen takes note of the file's version: it is another one when another process has
// committed (https://www.sqlite.org/pragma.html#pragma_data_version).
func (k *known) seen(version int64) {
	if version != k.version {
		k.sweep()
		k.version = version
	}
}

// sweep forgets what another process may have changed, and what would gather.
func (k *known) sweep() {
	clear(k.records)
	clear(k.tickets)
}

func (k *known) clear() {
	k.sweep()
	clear(k.jobs)
}
