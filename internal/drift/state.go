package drift

import (
	"errors"
	"fmt"
	"time"

	"github.com/loginwatch/loginwatch"
	"github.com/loginwatch/loginwatch/internal/persist"
)

// format is the version of a state's form. An older one is not read: it is learned anew. A newer
// one is left to the daemon of that version beside this one.
const format = 1

// A vendor may send what it likes, and what is kept of it stays small.
const (
	mostShapes       = 150     // of a target
	mostUndocumented = 30      // of these, of answers that no document has
	mostPlaces       = 250     // of a shape
	mostValues       = 12      // of a place
	mostChanges      = 200     // of a target
	mostWritten      = 2 << 20 // bytes
	mostRead         = 2 * mostWritten
)

// State is what is known of the answers of one vendor's target. It is not safe for
// concurrent use.
type State struct {
	Format  int               `json:"format"`
	Shapes  map[string]*shape `json:"shapes"`
	Changes []*Change         `json:"changes,omitempty"`
	More    persist.Members   `json:",embed"` // of a newer version, here and below

	earlier earlier
}

// shape is what one outcome of one case looks like.
type shape struct {
	Answers int              `json:"n"`
	Seen    int64            `json:"seen"` // seconds since the epoch
	Places  map[string]*node `json:"places"`
	Levels  []int64          `json:"levels,omitempty"`  // known lifetimes of tokens, in seconds; of falling ones the longest
	Falling bool             `json:"falling,omitempty"` // tokens are handed out again, so that any lifetime up to that is usual
	Peak    int64            `json:"peak,omitempty"`    // of falling ones the longest since one that was full
	More    persist.Members  `json:",embed"`
}

// count says how long something is known.
type count struct {
	N     int             `json:"n"`              // answers
	Since int64           `json:"since"`          // seconds since the epoch
	Day   int64           `json:"day,omitempty"`  // since the epoch, of the last one
	Days  int             `json:"days,omitempty"` // on which there were answers
	More  persist.Members `json:",embed"`
}

// node is one place and what stood there.
type node struct {
	In     count           `json:"in"`            // answers in which something could stand there
	Open   count           `json:"open,omitzero"` // those in which something could stand below it
	Values values          `json:"values,omitempty"`
	Miss   int             `json:"miss,omitempty"` // answers in a row without it
	MissAt int64           `json:"miss_at,omitempty"`
	MissIn int             `json:"miss_in,omitempty"` // the shape's answer at which that began
	Worst  int             `json:"worst,omitempty"`   // the longest such row before
	Rows   int             `json:"rows,omitempty"`    // how many there were
	More   persist.Members `json:",embed"`
}

// value is one of the things that stand at a place.
type value struct {
	N     int             `json:"n,omitempty"`
	Known bool            `json:"known,omitempty"` // learned, or told
	Last  int64           `json:"last,omitempty"`
	Spell *spell          `json:"spell,omitempty"` // of one that is not known
	More  persist.Members `json:",embed"`
}

// spell is a time in which a value comes that was not known before.
type spell struct {
	At     int64            `json:"at"`    // when it began
	Begin  int              `json:"begin"` // the shape's answer with which it did
	In     int              `json:"in"`    // the place's answers before
	N      int              `json:"n"`     // answers with it
	Last   int64            `json:"last"`
	LastIn int              `json:"last_in"` // the place's answer that was the last with it
	Class  loginwatch.Class `json:"class,omitempty"`
	Slow   bool             `json:"slow,omitempty"` // it has to last, even where it breaks
	Run    string           `json:"run,omitempty"`  // with which it began
	Cited  *Cited           `json:"cited,omitempty"`
	More   persist.Members  `json:",embed"`
}

// NewState gives a state that knows nothing.
func NewState() *State { return &State{Format: format, Shapes: map[string]*shape{}} }

// newer is the error of a state whose form is a newer version's.
type newer struct{ error }

func otherForm(is int) error {
	err := fmt.Errorf("what answers look like has the form %d, this version knows %d", is, format)
	if is > format {
		return newer{err}
	}
	return err
}

// Decode reads what Encode has written. An error means that it has to be learned anew.
func Decode(text []byte) (*State, error) {
	if len(text) > mostRead {
		return nil, fmt.Errorf("what answers look like: %d bytes are more than %d", len(text), mostRead)
	}
	var s State
	if err := persist.Decode(text, &s); err != nil {
		var of struct {
			Format int `json:"format"`
		}
		if persist.Decode(text, &of) == nil && of.Format > format {
			return nil, otherForm(of.Format)
		}
		return nil, fmt.Errorf("what answers look like is damaged: %w", err)
	}
	if s.Format != format {
		return nil, otherForm(s.Format)
	}
	if s.Shapes == nil {
		s.Shapes = map[string]*shape{}
	}
	return &s, s.sound()
}

var errDamaged = errors.New("what answers look like is damaged: a part of it is missing, or negative")

// sound tells whether nothing is missing that learning rests on.
func (s *State) sound() error {
	for _, sh := range s.Shapes {
		if sh == nil || sh.Answers < 0 || sh.Falling && len(sh.Levels) == 0 || len(sh.Places) > mostPlaces+10 {
			return errDamaged
		}
		if sh.Places == nil {
			sh.Places = map[string]*node{}
		}
		for _, n := range sh.Places {
			if n == nil || n.In.N < 0 || n.Open.N < 0 || n.Miss < 0 || n.Miss > n.In.N {
				return errDamaged
			}
			for _, v := range n.Values {
				if v.value == nil || v.N < 0 || v.Spell != nil && (v.Spell.N < 1 || v.Spell.In < 0 || v.Spell.In > n.In.N) {
					return errDamaged
				}
			}
		}
	}
	for _, c := range s.Changes {
		if c == nil || len(c.Parts) == 0 || len(c.Parts) > mostPlaces || len(c.At) == 0 {
			return errDamaged
		}
	}
	return nil
}

const (
	// learnedAnswers and the rest are what has to be seen before anything can be new: each
	// day of the week, and so many answers.
	learnedAnswers = 20
	learnedDays    = 7
	learnedFor     = 8 * 24 * time.Hour
)

// add counts an answer.
func (c *count) add(at int64) {
	c.N++
	if c.Since == 0 || at < c.Since {
		c.Since = at
	}
	if day := at / 86400; day > c.Day {
		c.Day = day
		c.Days++
	}
}

// learned tells whether enough was seen to call something else new.
func (c *count) learned(at int64) bool {
	return c.N >= learnedAnswers && c.Days >= learnedDays && at-c.Since >= int64(learnedFor/time.Second)
}
