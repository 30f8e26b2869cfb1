package drift

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"
)

// Listed is a change, with whose it is.
type Listed struct {
	Target
	Change
}

// Overview is what a store knows of changes.
type Overview struct {
	Changes  []Listed // the worst first, then the newest
	Learned  int      // kinds of answers, of which enough was seen to know what is new
	Learning int      // those of which not
	Damaged  []error  // what of it can't be read
}

// Texts is the part of a [Store] that reads.
type Texts interface {
	// Texts gives all texts by their keys.
	Texts(ctx context.Context) (map[string]string, error)
}

// Look gives what a store knows, of one vendor where it is named.
func Look(ctx context.Context, store Texts, vendor string) (*Overview, error) {
	texts, err := store.Texts(ctx)
	if err != nil {
		return nil, err
	}
	o := &Overview{}
	for _, key := range slices.Sorted(maps.Keys(texts)) {
		t := targetOf(key)
		if vendor != "" && t.Vendor != vendor || texts[key] == "" {
			continue
		}
		s, err := unseal(texts[key])
		if err != nil {
			o.Damaged = append(o.Damaged, fmt.Errorf("%s at %s: %w", t.Vendor, t.Target, err))
			continue
		}
		for _, c := range s.Changes {
			o.Changes = append(o.Changes, Listed{t, *c})
		}
		for name, sh := range s.Shapes {
			if strings.Count(name, "/") < 2 { // which answer came, and by whose certificate
				continue
			}
			if root := sh.Places[""]; root != nil && root.Open.learned(sh.Seen) {
				o.Learned++
			} else {
				o.Learning++
			}
		}
	}
	slices.SortStableFunc(o.Changes, func(a, b Listed) int {
		return cmp.Or(cmp.Compare(rank(a.Class), rank(b.Class)), b.First.Compare(a.First), strings.Compare(a.ID, b.ID))
	})
	return o, nil
}

// ErrUnknown is that of a change that a store does not know.
var ErrUnknown = errors.New("no change has this id")

// Alter has change change what is said of a change, wherever it is kept.
func Alter(ctx context.Context, store Store, id string, change func(vendor string, s *State, c *Change) error) (*Listed, error) {
	for range tries {
		texts, err := store.Texts(ctx)
		if err != nil {
			return nil, err
		}
		found, swapped, err := alter(ctx, store, texts, id, change)
		if err != nil || swapped {
			return found, err
		}
	}
	return nil, errors.New("others keep writing it: try again")
}

func alter(ctx context.Context, store Store, texts map[string]string, id string, change func(vendor string, s *State, c *Change) error) (found *Listed, swapped bool, err error) {
	for key, was := range texts {
		s, err := unseal(was)
		if err != nil {
			continue // list tells of it
		}
		c := s.Change(id)
		if c == nil {
			continue
		}
		if err := change(targetOf(key).Vendor, s, c); err != nil {
			return nil, false, err
		}
		text, _, err := seal(s, headOf(was))
		if err == nil {
			swapped, err = store.Swap(ctx, key, headOf(was), text)
		}
		return &Listed{targetOf(key), *c}, swapped, err
	}
	return nil, false, ErrUnknown
}

// Acknowledge says that a change is known until a time.
func (c *Change) Acknowledge(until time.Time, note string) {
	c.Until, c.Note = until.UTC(), short(note)
}
