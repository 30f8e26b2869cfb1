package store

import (
	"fmt"
	"time"

	"github.com/loginwatch/loginwatch/internal/persist"
)

// The kinds of records.
const (
	kindName       = "name"       // of a credential: the key of the record of its value
	kindCredential = "credential" // by what its budget belongs to
	kindWait       = "wait"       // by target
	kindWindow     = "window"     // by operation
	kindQuota      = "quota"      // by target
	kindRotated    = "rotated"    // by secret, sealed
	kindLearned    = "learned"    // by vendor and target: what answers look like
)

// record is a record as it is kept.
type record struct {
	kind, key, value string
	until            time.Time // until when it can matter
}

func (r record) name() recordName { return recordName{r.kind, r.key} }

// recordsOf names the records that a ticket's page is made of.
func recordsOf(t ticket) []record {
	records := []record{{kind: kindWait, key: t.Target.key()}}
	if t.Credential.Name != "" {
		records = append(records, record{kind: kindCredential, key: budgetOf(t.Credential).text()})
	}
	if t.Next.Digest != "" {
		records = append(records, record{kind: kindCredential, key: budgetOf(t.Next).text()}) // behind the other one
	}
	for _, op := range t.Operations {
		records = append(records, record{kind: kindWindow, key: op.key()})
	}
	if t.Quota {
		records = append(records, record{kind: kindQuota, key: t.Target.key()})
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

// pageOf makes the page of a ticket's records that were read; a value is "" where there
// is none.
func pageOf(records []record) (*page, error) {
	p := &page{}
	for _, r := range records {
		var into any
		switch r.kind {
		case kindWait:
			into = &p.blocked
		case kindCredential:
			c := &credential{}
			if into = c; p.credential == nil {
				p.credential = c
			} else {
				p.next = c
			}
		case kindWindow:
			w := &window{}
			p.windows = append(p.windows, w)
			into = w
		case kindQuota:
			p.usage = &usage{}
			into = p.usage
		}
		if r.value != "" && into != nil {
			if err := persist.Decode([]byte(r.value), into); err != nil {
				return nil, fmt.Errorf("the record of a %s: %w", r.kind, err)
			}
		}
	}
	return p, nil
}

// changed gives those of a ticket's records whose values are others on its page than
// they were.
func changed(t ticket, p *page, was []record) (now []record, err error) {
	window, credentials := 0, p.credentials()
	for _, r := range was {
		var value any
		switch r.kind {
		case kindName:
			if key := budgetOf(t.inUse(p)).text(); key != r.value {
				now = append(now, record{r.kind, r.key, key, forever})
			}
			continue
		case kindWait:
			if p.blocked.IsZero() {
				continue
			}
			value, r.until = p.blocked, p.blocked
		case kindCredential:
			c := credentials[0]
			credentials = credentials[1:]
			value, r.until = c, c.matters()
		case kindWindow:
			w := p.windows[window]
			window++
			if len(w.Requests) == 0 && r.value == "" {
				continue
			}
			value, r.until = w, w.matters()
		case kindQuota:
			value, r.until = p.usage, p.usage.matters()
		}
		text, err := persist.Encode(value)
		if err != nil {
			return nil, err
		}
		if string(text) != r.value {
			r.value = string(text)
			now = append(now, r)
		}
	}
	return now, nil
}

// longest is for how long a record can matter. Whoever writes one that was to stay longer than
// it has to as far as he knows leaves it so, up to that: what made it so may be a newer
// version's.
const longest = 400 * 24 * time.Hour

// forever is the time of what goes only with something else.
var forever = time.Unix(0, 1<<63-1)
