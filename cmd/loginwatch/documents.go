package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"strings"
	"time"

	"github.com/loginwatch/loginwatch"
	"github.com/loginwatch/loginwatch/internal/app"
	"github.com/loginwatch/loginwatch/internal/document"
	"github.com/loginwatch/loginwatch/internal/fetch"
)

type documentsCmd struct {
	Check documentsCheckCmd `cmd:"" help:"Hold newer copies of the vendors' documents against what the contracts cite."`
}

type documentsCheckCmd struct {
	packFlag
	Vendor    []string `arg:"" optional:"" help:"Only the documents of these vendors."`
	Documents string   `help:"The folder of the texts that were read, as for vet: with them moves are seen, and changes around what is cited." placeholder:"DIR"`
	File      []string `help:"A newer copy of a document: SOURCE is its file's name, its address, VENDOR or VENDOR/NAME. HTML, Markdown or plain text; may be given again." placeholder:"SOURCE=PATH" sep:"none"`
	Fetch     bool     `help:"Fetch the pages whose address a contract has: one GET each, without credentials. Nothing goes to the network without it."`
	Keep      bool     `help:"Keep fetched pages in --documents, where none is yet and all that is cited stands."`
	Format    string   `default:"text" enum:"text,json" help:"text or json."`
}

// The bounds of what is fetched.
const (
	pageTimeout = 30 * time.Second
	pagePause   = time.Second
)

// Run ends with 1 when something cited moved, changed or is gone, and with 4 when a
// document can't be read or none was compared.
func (d documentsCheckCmd) Run(ctx context.Context, env environment) error {
	files, problems := d.files("").Read()
	if len(problems) > 0 {
		return app.ProblemsError(problems)
	}
	if _, err := app.Choose(files.Catalog, d.Vendor...); err != nil {
		return err
	}
	if !d.Fetch && len(d.File) == 0 {
		return usage("nothing to compare with: name newer copies with --file SOURCE=PATH, or let the pages be fetched with --fetch")
	}
	if d.Keep && (d.Documents == "" || !d.Fetch) {
		return usage("--keep needs --fetch and --documents: it keeps what is fetched in that folder")
	}
	if d.Documents != "" {
		if _, err := os.ReadDir(d.Documents); err != nil {
			return ours(app.ProblemsError(loginwatch.Problems{app.Unreadable(d.Documents, err)}))
		}
	}
	check := app.DocumentsCheck{Texts: d.Documents, Newer: map[string]string{}, Keep: d.Keep}
	for _, f := range d.File {
		source, file, found := strings.Cut(f, "=")
		if i := strings.LastIndex(f, "="); strings.Contains(source, "://") && i > 0 { // an address may have one itself
			source, file = f[:i], f[i+1:]
		}
		if !found || source == "" || file == "" {
			return usage("--file %q must be SOURCE=PATH", f)
		}
		check.Newer[source] = file
	}
	check.Cited, check.Known = files.Catalog.Cited(d.Vendor...), files.Catalog.Cited()
	if d.Fetch {
		v, _ := buildVersion()
		check.Fetch = fetch.New(fetch.Options{UserAgent: app.UserAgent(v), Timeout: pageTimeout, MaxBytes: document.MaxBytes, Pause: pagePause})
	}
	report, err := check.Run(ctx)
	if unknown := (app.UnknownSourceError{}); errors.As(err, &unknown) {
		return usage("--file: %w", err)
	} else if err != nil {
		return ours(err)
	}
	if err := report.Write(env.stdout, d.Format); err != nil {
		return ours(fmt.Errorf("write the documents: %w", err))
	}
	switch {
	case report.Count(document.Differs) > 0:
		return &exitError{exitFinding, nil}
	case report.Count(document.Unread) > 0 || report.Count(document.Unchanged) == 0:
		return &exitError{exitOurs, nil}
	}
	return nil
}
