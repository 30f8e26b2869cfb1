// Package har reads HTTP archives (HAR 1.2) as Chromium, Firefox and Safari write them.
// It takes over the calls of an API that stand in one and leaves the rest of a page's
// traffic out.
//
// An archive is read entry by entry, so that memory goes with the largest of them. What
// an address or a name of a file in it points to is never looked at.
package har

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"io"

	"github.com/loginwatch/loginwatch/internal/guard"
	"github.com/loginwatch/loginwatch/internal/importer"
)

// Limit is how many bytes of an archive are read.
const Limit = 64 << 20

// chromium is how Chromium names itself in an archive.
const chromium = "WebInspector"

var (
	errNoArchive = errors.New("it is no HTTP archive: an object with log, and entries in it, is due")
	errTooLong   = fmt.Errorf("it is longer than %d MiB: export less of what was recorded", Limit>>20)
	errNoCall    = errors.New("there is no call of an API in it")
)

// limits are those of one entry. Chromium nests the stacks of what began a request.
func limits() guard.Limits {
	return guard.Limits{Bytes: Limit, Depth: 256, NumberLength: 400, Exponent: 308, Tokens: 1 << 20}
}

// reader takes an archive apart.
type reader struct {
	json    *json.Decoder
	source  *io.LimitedReader
	at      importer.Place
	out     *importer.Recording
	said    map[string]bool
	left    int    // entries that are no calls of an API
	creator string // what wrote the archive
	private bool   // a cookie or an Authorization was seen
	found   bool   // there are entries
}

// Read reads an archive. An error is an *importer.Error.
func Read(from io.Reader) (*importer.Recording, error) {
	source := &io.LimitedReader{R: from, N: Limit + 1}
	buffered := bufio.NewReader(source)
	if mark, err := buffered.Peek(3); err == nil && string(mark) == "\xef\xbb\xbf" {
		if _, err := buffered.Discard(3); err != nil {
			return nil, &importer.Error{Err: err}
		}
	}
	r := &reader{json: json.NewDecoder(buffered), source: source, out: &importer.Recording{}, said: map[string]bool{}}
	err := r.members(func(name string) error {
		if name != "log" {
			return r.skip()
		}
		return r.members(r.log)
	})
	if err == nil {
		err = r.nothingFollows()
	}
	switch {
	case source.N <= 0:
		return nil, &importer.Error{Err: errTooLong}
	case err != nil:
		return nil, r.failed(err)
	case !r.found:
		return nil, &importer.Error{Err: errNoArchive}
	case len(r.out.Exchanges) == 0:
		return nil, &importer.Error{Err: errNoCall}
	}
	r.finish()
	return r.out, nil
}

// failed gives an error its place, and takes out of it what it shows of the archive.
func (r *reader) failed(err error) error {
	var syntax *json.SyntaxError
	var kind *json.UnmarshalTypeError
	switch {
	case errors.Is(err, io.ErrUnexpectedEOF) || errors.Is(err, io.EOF):
		err = errors.New("it ends inside a value")
	case errors.As(err, &syntax):
		err = fmt.Errorf("it can't be read as JSON at byte %d", syntax.Offset)
	case errors.As(err, &kind):
		err = errors.New("a member has another type than an HTTP archive gives it")
	}
	return &importer.Error{At: r.at, Err: err}
}

func (r *reader) nothingFollows() error {
	if _, err := r.json.Token(); !errors.Is(err, io.EOF) {
		return errors.New("something follows the archive")
	}
	return nil
}

// members calls one for each member of the object that begins here.
func (r *reader) members(one func(name string) error) error {
	if token, err := r.json.Token(); err != nil {
		return err
	} else if token != json.Delim('{') {
		return errNoArchive
	}
	seen := map[string]bool{}
	for r.json.More() {
		token, err := r.json.Token()
		if err != nil {
			return err
		}
		name, ok := token.(string)
		if !ok || seen[name] || len(seen) > 1000 {
			return errors.New("an object has a member twice, or too many of them")
		}
		seen[name] = true
		if err := one(name); err != nil {
			return err
		}
	}
	_, err := r.json.Token()
	return err
}

// value reads the value that begins here, within limits.
func (r *reader) value() ([]byte, error) {
	var raw json.RawMessage
	if err := r.json.Decode(&raw); err != nil {
		return nil, err
	}
	if refusal := guard.Check(raw, limits()); refusal != nil {
		return nil, fmt.Errorf("a value can't be read: %s", refusal.Cause)
	}
	return raw, nil
}

func (r *reader) skip() error {
	_, err := r.value()
	return err
}

// log reads a member of the log.
func (r *reader) log(name string) error {
	switch name {
	case "creator":
		raw, err := r.value()
		if err != nil {
			return err
		}
		var creator struct{ Name string }
		if err := json.Unmarshal(raw, &creator); err != nil {
			return err
		}
		r.creator = creator.Name
		return nil
	case "entries":
		r.found = true
		return r.entries()
	}
	return r.skip()
}

func (r *reader) entries() error {
	if token, err := r.json.Token(); err != nil {
		return err
	} else if token != json.Delim('[') {
		return errNoArchive
	}
	for n := 0; r.json.More(); n++ {
		r.at = importer.Place{Path: fmt.Sprintf("entries[%d]", n)}
		raw, err := r.value()
		if err != nil {
			return err
		}
		var e entry
		if err := json.Unmarshal(raw, &e); err != nil {
			return err
		}
		r.entry(&e)
	}
	r.at = importer.Place{}
	_, err := r.json.Token()
	return err
}

// remark says something once, at the first place where it is so.
func (r *reader) remark(text string) {
	if !r.said[text] {
		r.said[text] = true
		r.out.Remarks = append(r.out.Remarks, importer.Remark{At: r.at, Text: text})
	}
}

// finish says what is so of the whole archive.
func (r *reader) finish() {
	if r.left > 0 {
		r.remark(fmt.Sprintf("entries that are no calls of an API are left out, such as pages, images, scripts and preflights: %d", r.left))
	}
	if r.creator == chromium && !r.private {
		r.remark("there is no cookie and no Authorization in it: Chromium leaves them out, unless it exports with sensitive data")
	}
}
