package store

import (
	"crypto/sha256"

	"github.com/loginwatch/loginwatch"
)

// known is what the writer knows of the file without asking it: what it has read or
// written itself. A step that is taken back takes all of it along.
type known struct {
	version int64                            // of the file, as this connection sees it
	records map[recordName]string            // until another process writes, and to the next sweep at most
	tickets map[int64]ticket                 // that are out; as long
	jobs    map[loginwatch.Key]int64         // ids, which never change
	shapes  map[[sha256.Size]byte]knownShape // by digest
	detail  int64                            // the number of the last one; 0 while it is not known, until another process writes
}

// knownShape is a shape that is not dropped as long as it is seen each day.
type knownShape struct{ id, seen int64 }

// mostShapes bounds how many shapes are known: a vendor may answer as it likes.
const mostShapes = 20_000

type recordName struct{ kind, key string }

func newKnown() known {
	return known{records: map[recordName]string{}, tickets: map[int64]ticket{}, jobs: map[loginwatch.Key]int64{}, shapes: map[[sha256.Size]byte]knownShape{}}
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
	k.detail = 0
	clear(k.records)
	clear(k.tickets)
}

func (k *known) clear() {
	k.sweep()
	clear(k.jobs)
	clear(k.shapes)
}
