package app

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"maps"
	"net/url"
	"os"
	"path"
	"path/filepath"
	"regexp"
	"slices"
	"strings"

	"github.com/loginwatch/loginwatch"
	"github.com/loginwatch/loginwatch/internal/document"
	"github.com/loginwatch/loginwatch/internal/fetch"
	"github.com/loginwatch/loginwatch/internal/pack"
)

// DocumentsCheck compares the documents of contracts with newer copies of them.
type DocumentsCheck struct {
	Cited []pack.Cited
	Known []pack.Cited      // also by those that are not compared
	Texts string            // the folder of the texts that were read; "" for none
	Newer map[string]string // files of newer copies, by the document's file, its address, VENDOR or VENDOR/NAME
	Fetch *fetch.Fetcher    // of pages; nil fetches none
	Keep  bool              // keeps a page that was fetched in Texts, where none of it is and all that is cited stands

	pages map[string]fetched // by address
}

type fetched struct {
	page fetch.Page
	err  error
}

// UnknownSourceError says that no document that is compared is known by a name.
type UnknownSourceError struct{ Source, Vendor string } // whose it is, if anybody's

func (e UnknownSourceError) Error() string {
	if e.Vendor != "" {
		return fmt.Sprintf("%q is a document of %s, which is not among the vendors that are checked: name %s as well, or none", e.Source, e.Vendor, e.Vendor)
	}
	return fmt.Sprintf("no document is %q: a source is the name of its file, its address, VENDOR, or VENDOR/NAME where a vendor has several", e.Source)
}

// Run compares one document after the other; a page that several contracts cite is
// fetched once.
func (c *DocumentsCheck) Run(ctx context.Context) (document.Report, error) {
	c.pages = map[string]fetched{}
	asked, known := named(c.Cited), named(c.Known)
	for _, source := range slices.Sorted(maps.Keys(c.Newer)) {
		if asked[source] == "" {
			return nil, UnknownSourceError{source, known[source]}
		}
	}
	var report document.Report
	for _, d := range c.Cited {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		r, err := c.one(ctx, d)
		if err != nil {
			return nil, err
		}
		report = append(report, r)
	}
	return report, nil
}

// named gives every name of a document, and whose it is; that of a vendor alone is one of
// its only document.
func named(cited []pack.Cited) map[string]string {
	all := map[string]string{}
	for _, d := range cited {
		for _, n := range names(d, cited) {
			all[n] = d.Vendor
		}
	}
	return all
}

func names(d pack.Cited, of []pack.Cited) []string {
	names := []string{d.Document.File, d.Document.Address, d.Vendor + "/" + d.Document.Name}
	several := 0
	for _, other := range of {
		if other.Vendor == d.Vendor {
			several++
		}
	}
	if several == 1 {
		names = append(names, d.Vendor)
	}
	return names
}

func (c *DocumentsCheck) one(ctx context.Context, d pack.Cited) (document.Result, error) {
	r := document.Result{Vendor: d.Vendor, Document: d.Document.Shown(), Name: d.Document.Name}
	found, ok, err := c.newer(ctx, d, &r)
	if !ok || err != nil {
		if err != nil {
			r.Cannot(err)
		}
		return r, ctx.Err()
	}
	recent, err := document.Read(found)
	if err != nil {
		r.Cannot(err)
		return r, nil
	}
	old, note, err := c.text(d.Document)
	if err != nil {
		return r, err
	}
	r.Note = note
	r.Hold(old, recent, d.Statements)
	if c.Keep && old == nil && r.Status == document.Unchanged && found.Type != "" && d.Document.File == "" {
		if err := c.keep(d.Document.Address, found); err != nil {
			return r, err
		}
		r.Note = "kept, for the next time"
	}
	return r, nil
}

// newer gives the newer copy of a document: the operator's file goes before the page.
func (c *DocumentsCheck) newer(ctx context.Context, d pack.Cited, r *document.Result) (found document.Source, ok bool, err error) {
	for _, name := range names(d, c.Cited) {
		file, given := c.Newer[name]
		if !given || name == "" {
			continue
		}
		r.From = file
		data, err := readBounded(file)
		return document.Source{Data: data, Name: filepath.Base(file)}, true, err
	}
	address := d.Document.Address
	switch {
	case c.Fetch == nil || address == "":
		r.Status, r.Reason = document.NotCompared, "no newer copy was given"
		if address == "" {
			r.Reason += ", and the contract has no address of it"
		}
		return found, false, nil
	case fetch.Check(address) != nil:
		r.Status, r.Reason = document.NotCompared, fetch.Check(address).Error()
		return found, false, nil
	}
	r.From = address
	p, known := c.pages[address]
	if !known {
		p.page, p.err = c.Fetch.Get(ctx, address)
		c.pages[address] = p
	}
	if p.err != nil {
		return found, true, p.err
	}
	r.From = p.page.Address
	u, err := url.Parse(p.page.Address)
	if err != nil {
		return found, true, errors.New("its address is no URL")
	}
	return document.Source{Data: p.page.Data, Name: path.Base(u.Path), Type: p.page.Type}, true, nil
}

func readBounded(file string) ([]byte, error) {
	info, err := os.Stat(file)
	switch {
	case err != nil:
		return nil, withoutPath(err)
	case !info.Mode().IsRegular():
		return nil, errors.New("it is not a regular file")
	case info.Size() > document.MaxBytes:
		return nil, fmt.Errorf("it is larger than %d MiB", document.MaxBytes>>20)
	}
	data, err := os.ReadFile(file)
	return data, withoutPath(err)
}

// text gives the text that was read, nil where nobody has it, and what is odd about it.
func (c *DocumentsCheck) text(d loginwatch.Document) (t *document.Text, note string, err error) {
	if c.Texts == "" {
		return nil, "", nil
	}
	names := []string{d.File}
	if d.File == "" {
		names = keptNames(d.Address)
	}
	for _, name := range names {
		file := filepath.Join(c.Texts, name)
		data, err := readBounded(file)
		if errors.Is(err, os.ErrNotExist) {
			continue
		}
		if err == nil {
			t, err = document.Read(document.Source{Data: data, Name: name})
		}
		if err != nil {
			return nil, "", fmt.Errorf("%s: %w", file, err)
		}
		if sum := sha256.Sum256(data); d.SHA256 != "" && hex.EncodeToString(sum[:]) != d.SHA256 {
			note = "held against a file that has another sha256 than the text that was read"
		}
		return t, note, nil
	}
	return nil, "", nil
}

var notInNames = regexp.MustCompile(`[^A-Za-z0-9.]+`)

// keptNames are the names under which a page may be kept, by what it is written in.
func keptNames(address string) []string {
	sum := sha256.Sum256([]byte(address))
	_, rest, _ := strings.Cut(address, "://")
	name := strings.Trim(notInNames.ReplaceAllString(rest, "-"), "-.")
	name = name[:min(80, len(name))] + "-" + hex.EncodeToString(sum[:4])
	return []string{name + ".html", name + ".md", name + ".txt"}
}

// keep writes a page into the folder of texts, in UTF-8: its name can't say its encoding.
func (c *DocumentsCheck) keep(address string, page document.Source) error {
	data, kind, err := document.Decode(page)
	if err != nil {
		return err
	}
	for _, name := range keptNames(address) {
		if path.Ext(name) == kind {
			if err := os.WriteFile(filepath.Join(c.Texts, name), append([]byte("\ufeff"), data...), 0o644); err != nil {
				return fmt.Errorf("keep %s: %w", address, err)
			}
		}
	}
	return nil
}
