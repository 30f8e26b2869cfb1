package amend

import (
	"bytes"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/rogpeppe/go-internal/diff"

	"github.com/loginwatch/loginwatch"
	"github.com/loginwatch/loginwatch/internal/drift"
)

// Edit is what has to be edited for a change.
type Edit struct {
	Files []File
	// Notes say what is left for a person, or why nothing has to be edited.
	Notes []string
}

// File is a file before and after.
type File struct {
	Name    string
	Was, Is []byte
}

// Diff is the edit of all files as a unified diff, for patch -p1 in the folder of the pack:
// patch follows no name that is absolute, or leads out of where it stands.
func (e *Edit) Diff(folder string) []byte {
	var all bytes.Buffer
	for _, f := range e.Files {
		name := strings.TrimPrefix(f.Name, folder+"/")
		text := diff.Diff("a/"+name, f.Was, "b/"+name, f.Is)
		_, text, _ = bytes.Cut(text, []byte("\n")) // "diff a/… b/…" says the same again
		all.Write(text)
	}
	return all.Bytes()
}

// editor gathers edits.
type editor struct {
	contract *loginwatch.Contract
	read     func(file string) ([]byte, error)
	files    []*File
	notes    []string
	since    time.Time
}

// Of gives the edit that lets the contract say what a change's answers look like. read
// gives the text of a file of the contract's.
func Of(c *loginwatch.Contract, change *drift.Change, read func(file string) ([]byte, error)) (*Edit, error) {
	e := &editor{contract: c, read: read, since: change.First}
	outcomes := e.outcomes(change.At)
	for _, p := range change.Parts {
		if err := e.part(p, e.operations(change.At), outcomes); err != nil {
			return nil, err
		}
	}
	edit := &Edit{Notes: e.notes}
	for _, f := range e.files {
		if !bytes.Equal(f.Was, f.Is) {
			edit.Files = append(edit.Files, *f)
		}
	}
	return edit, nil
}

// outcomes gives the documented outcomes in which a change shows.
func (e *editor) outcomes(at []string) (all []*loginwatch.Outcome) {
	for _, place := range at {
		parts := strings.SplitN(place, "/", 3)
		for _, op := range e.contract.Operations {
			if len(parts) < 3 || op.ID != parts[0] {
				continue
			}
			if o := op.Outcome(parts[2]); o != nil && !slices.Contains(all, o) {
				all = append(all, o)
			}
		}
	}
	return all
}

// operations gives those whose answers show a change.
func (e *editor) operations(at []string) (all []*loginwatch.Operation) {
	for _, op := range e.contract.Operations {
		if slices.ContainsFunc(at, func(place string) bool { return strings.HasPrefix(place, op.ID+"/") }) {
			all = append(all, op)
		}
	}
	return all
}

func (e *editor) note(format string, args ...any) {
	text := fmt.Sprintf(format, args...)
	if !slices.Contains(e.notes, text) {
		e.notes = append(e.notes, text)
	}
}

// part edits what one part of a change needs.
func (e *editor) part(p drift.Part, operations []*loginwatch.Operation, outcomes []*loginwatch.Outcome) error {
	switch p.Kind {
	case drift.Issued:
		e.note("the contract says nothing of who issues certificates: nothing is to be edited")
		return nil
	case drift.Answered:
		return e.answer(p, operations)
	case drift.Lifetime:
		return e.lifetime(p)
	}
	for _, o := range outcomes {
		var err error
		switch {
		case strings.HasPrefix(p.Place, "header:"), strings.HasPrefix(p.Place, "cookie:"):
			err = e.head(p, o)
		case o.Schema == nil:
			e.note("%s: %s has no schema, so the contract says nothing of %s", o.Pos, o.ID, p.Place)
		default:
			err = e.field(p, o.Schema)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// file gives a file that is edited.
func (e *editor) file(name string) (*File, error) {
	for _, f := range e.files {
		if f.Name == name {
			return f, nil
		}
	}
	text, err := e.read(name)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	f := &File{Name: name, Was: text, Is: text}
	e.files = append(e.files, f)
	return f, nil
}

// head has a header or cookie that is documented be optional.
func (e *editor) head(p drift.Part, o *loginwatch.Outcome) error {
	name, _, attribute := strings.Cut(strings.TrimPrefix(strings.TrimPrefix(p.Place, "header:"), "cookie:"), ";")
	var at loginwatch.Pos
	optional := false
	if h := o.Header(name); h != nil && strings.HasPrefix(p.Place, "header:") {
		at, optional = h.Pos, h.Optional
	}
	if c := o.Cookie(name); c != nil && strings.HasPrefix(p.Place, "cookie:") {
		at, optional = c.Pos, c.Optional
	}
	switch {
	case at.Line == 0:
		e.note("%s: %s says nothing of %s: nothing has to be edited", o.Pos, o.ID, p.Place)
		return nil
	case attribute || p.Kind != drift.Dropped && p.Kind != drift.Renamed:
		e.note("%s: write by hand what %s is by now: %s", at, p.Place, p.Says())
		return nil
	case optional:
		e.note("%s: %s is optional already: nothing has to be edited", at, p.Place)
		return nil
	}
	return e.line(at, func(line string) (string, bool) {
		before, after, found := strings.Cut(line, "{")
		return before + "{optional: true, " + after, found
	})
}

// line edits the line of a position; where that is not written as expected it is left to a
// person.
func (e *editor) line(at loginwatch.Pos, change func(line string) (string, bool)) error {
	f, err := e.file(at.File)
	if err != nil {
		return err
	}
	lines := strings.SplitAfter(string(f.Is), "\n")
	if at.Line > len(lines) {
		return fmt.Errorf("%s: the file has no such line any more", at)
	}
	line, done := change(lines[at.Line-1])
	if !done {
		e.note("%s: edit this by hand, it is written in a way of its own", at)
		return nil
	}
	lines[at.Line-1] = line
	f.Is = []byte(strings.Join(lines, ""))
	return nil
}

// below gives the first line from a position on that has a word in it, within the lines
// of its member.
func (e *editor) below(at loginwatch.Pos, word string) (loginwatch.Pos, error) {
	f, err := e.file(at.File)
	if err != nil {
		return at, err
	}
	lines := strings.Split(string(f.Is), "\n")
	for n := at.Line; n <= min(len(lines), at.Line+20); n++ {
		if strings.Contains(lines[n-1], word) {
			return loginwatch.Pos{File: at.File, Line: n}, nil
		}
	}
	e.note("%s: edit %s by hand", at, strings.TrimSuffix(word, ":"))
	return loginwatch.Pos{}, nil
}

// lifetime edits the documented lifetime of the tokens.
func (e *editor) lifetime(p drift.Part) error {
	to, err := strconv.ParseInt(p.To, 10, 64)
	if err != nil {
		return fmt.Errorf("the lifetime %q: %w", p.To, err)
	}
	for _, op := range e.contract.Operations {
		if op.Token == nil || op.Token.Lifetime == nil || op.Token.Lifetime.Documented == 0 {
			continue
		}
		at, err := e.below(op.Token.Lifetime.Pos, "documented:")
		if err != nil || at.Line == 0 {
			return err
		}
		unit := max(op.Token.Lifetime.Documented/max(numberIn(e, at), 1), 1)
		return e.line(at, func(line string) (string, bool) {
			before, after, _ := strings.Cut(line, "documented: ")
			rest := strings.TrimLeft(after, "0123456789")
			return before + "documented: " + strconv.FormatInt(int64(time.Duration(to)*time.Second/unit), 10) + rest, len(rest) < len(after)
		})
	}
	e.note("%s: the contract says nothing of how long tokens live: nothing has to be edited", e.contract.Pos)
	return nil
}

// numberIn gives the number that a documented lifetime is written with.
func numberIn(e *editor, at loginwatch.Pos) time.Duration {
	f, err := e.file(at.File)
	if err != nil {
		return 0
	}
	_, after, _ := strings.Cut(strings.Split(string(f.Is), "\n")[at.Line-1], "documented: ")
	n, err := strconv.ParseInt(after[:len(after)-len(strings.TrimLeft(after, "0123456789"))], 10, 64)
	if err != nil {
		return 0
	}
	return time.Duration(n)
}
