package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"time"

	"github.com/loginwatch/loginwatch/internal/app"
	"github.com/loginwatch/loginwatch/internal/importer"
	"github.com/loginwatch/loginwatch/internal/importer/draft"
)

type newCmd struct {
	Vendor string   `arg:"" name:"new-vendor" help:"What the new vendor is called in files and commands: small letters, digits and hyphens."`
	File   string   `arg:"" optional:"" help:"The description: a line for curl, a HAR, an OpenAPI document, a collection of Postman or Bruno, or the folder of one; - reads standard input. Without one, questions are asked at the terminal."`
	Into   string   `default:"mypack" help:"The pack's folder, which may be there and have other vendors. Default: mypack." placeholder:"DIR"`
	Format string   `help:"What the description is written in, where its content does not tell: curl, postman, har, bruno or openapi." placeholder:"FORMAT" enum:"auto,curl,postman,har,bruno,openapi" default:"auto"`
	Answer string   `help:"What the login answered: the output of curl -i, or a body in JSON." placeholder:"FILE"`
	Call   []string `help:"A call that belongs to the login, as \"METHOD /path\"; given once for each, and again for the next one of a path. By default they are found." placeholder:"CALL" sep:"none"`
}

var vendorName = regexp.MustCompile(`^[a-z0-9]+(-[a-z0-9]+)*$`)

var errInterrupted = ours(errors.New("interrupted; nothing was written"))

// longestVendor is how long the name of a target may be, for which the vendor's is proposed.
const longestVendor = 63

// maxDescription bounds what is read of a description: recordings of a browser are big.
const maxDescription = 64 << 20

// Run drafts a pack, checks it and writes it: all of its files or none.
func (n newCmd) Run(ctx context.Context, env environment) error {
	if err := checkVendor(n.Vendor); err != nil {
		return err
	}
	if n.Into == "" {
		return usage("--into names no folder")
	}
	files, problems := app.Files{Packs: n.packs()}.Read()
	if len(problems) > 0 {
		return app.ProblemsError(problems)
	}
	if k := files.Catalog.Contract(n.Vendor); k != nil {
		return usage("vendor %q is already in %s", n.Vendor, k.Pos.File)
	}
	d, err := unless(ctx, func() (*draft.Draft, error) { return n.made(ctx, env) })
	if ctx.Err() != nil {
		if isTerminal(env.stdin) {
			fmt.Fprintln(env.stderr) // after the ^C that it shows
		}
		return errInterrupted
	}
	if err != nil {
		return err
	}
	return n.write(env, d)
}

// unless gives what is made, or nothing once the program is to end: nobody has to wait for
// what only computes.
func unless(ctx context.Context, work func() (*draft.Draft, error)) (*draft.Draft, error) {
	type result struct {
		d   *draft.Draft
		err error
	}
	made := make(chan result, 1)
	go func() {
		d, err := work()
		made <- result{d, err}
	}()
	select {
	case r := <-made:
		return r.d, r.err
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

// made reads the description and drafts the pack.
func (n newCmd) made(ctx context.Context, env environment) (*draft.Draft, error) {
	rec, source, err := n.recording(ctx, env)
	if err != nil {
		return nil, err
	}
	if err := n.addAnswer(rec); err != nil {
		return nil, err
	}
	return n.draft(ctx, rec, source)
}

func (n newCmd) draft(ctx context.Context, rec *importer.Recording, source source) (*draft.Draft, error) {
	d, err := draft.Make(rec, draft.Options{
		Vendor: n.Vendor, Source: source.name, Text: source.text, Read: time.Now(), Calls: n.Call,
		Check: func(made []draft.File) error { return app.TryDraft(ctx, n.Vendor, n.Into, made) },
	})
	if err != nil {
		return nil, draftError(err)
	}
	return d, nil
}

func (n newCmd) write(env environment, d *draft.Draft) error {
	if err := app.WriteDraft(n.Into, d.Files); err != nil {
		return ours(err)
	}
	return n.report(env.stdout, d)
}

// draftError tells a description of which there is no draft from a draft that we made wrong.
func draftError(err error) error {
	if errors.Is(err, draft.ErrNoPack) {
		return ours(err)
	}
	return usage("%w", err)
}

// packs is the folder, when it is a pack already.
func (n newCmd) packs() []string {
	if found, _ := filepath.Glob(filepath.Join(n.Into, "contracts", "*")); len(found) > 0 {
		return []string{n.Into}
	}
	return nil
}

// source is a description before it is read.
type source struct {
	name string // of its file; "" for none
	text []byte // of the vendor's own description; nil for what somebody recorded
}

// recording reads the description, or asks for it.
func (n newCmd) recording(ctx context.Context, env environment) (*importer.Recording, source, error) {
	piped := env.stdin != nil && !isTerminal(env.stdin)
	switch {
	case n.File == "" && !piped && env.stdin == nil:
		return nil, source{}, usage("say what to read: FILE, or - for standard input")
	case n.File == "" && !piped:
		env.stdin = interruptible{ctx, env.stdin}
		rec, err := askLogin(env)
		return rec, source{}, err
	}
	if info, err := os.Stat(n.File); err == nil && info.IsDir() {
		rec, err := readFolder(n.File)
		return rec, source{}, err
	}
	data, err := n.read(ctx, env)
	if err != nil {
		return nil, source{}, err
	}
	return n.parse(data)
}

func (n newCmd) read(ctx context.Context, env environment) ([]byte, error) {
	if n.File == "" || n.File == "-" {
		if env.stdin == nil {
			return nil, usage("there is no standard input")
		}
		if isTerminal(env.stdin) {
			fmt.Fprintln(env.stderr, "Paste the line for curl, then end with Ctrl-D on a line of its own:")
		}
		data, err := bounded(interruptible{ctx, env.stdin}, "standard input")
		if n.File == "" && errors.Is(err, errEmpty) {
			return nil, usage("%w, and there is no terminal to ask at: say which FILE to read", err)
		}
		return data, err
	}
	info, err := os.Stat(n.File)
	switch {
	case err != nil:
		return nil, usage("%w", err)
	case !info.Mode().IsRegular(): // to open one that nobody writes to would wait for it
		return nil, usage("%s: not a regular file", n.File)
	}
	f, err := os.Open(n.File)
	if err != nil {
		return nil, usage("%w", err)
	}
	defer f.Close() //nolint:errcheck // it was only read
	return bounded(f, n.File)
}

var errEmpty = errors.New("empty")

func bounded(r io.Reader, name string) ([]byte, error) {
	data, err := io.ReadAll(io.LimitReader(r, maxDescription+1))
	switch {
	case err != nil:
		return nil, usage("%s: %w", name, err)
	case len(data) > maxDescription:
		return nil, usage("%s: larger than %d MiB", name, maxDescription>>20)
	case strings.TrimSpace(string(data)) == "":
		return nil, usage("%s: %w", name, errEmpty)
	}
	return data, nil
}

// addAnswer puts a kept answer to the login.
func (n newCmd) addAnswer(rec *importer.Recording) error {
	if n.Answer == "" {
		return nil
	}
	data, err := app.ReadFile(n.Answer)
	if err != nil {
		return usage("--answer: %w", err)
	}
	a, err := draft.Seen(data)
	if err != nil {
		return usage("--answer %s: %w", n.Answer, err)
	}
	if !draft.Answered(rec, a) {
		return usage("--answer: every call of the description has an answer already")
	}
	return nil
}
