package app

import (
	"archive/zip"
	"bytes"
	"cmp"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/loginwatch/loginwatch"
	"github.com/loginwatch/loginwatch/internal/importer/draft"
	"github.com/loginwatch/loginwatch/internal/pack"
)

// TryDraft holds a draft to what is promised of it: its pack has no problem, and every
// safe case is as documented at a simulator of the pack. It writes nothing.
func TryDraft(ctx context.Context, vendor, dir string, files []draft.File) error {
	held, err := asFolder(files)
	if err != nil {
		return err
	}
	catalog, problems := pack.Load(pack.Options{CheckSchedule: checkEachOnce(), ParseBegins: ParseBegins}, pack.Source{Dir: filepath.Clean(dir), FS: held})
	if len(problems) > 0 {
		for i := range problems {
			problems[i].Source = "" // a file that is not there: its line could be anything
		}
		return problems
	}
	targets, stop, err := StartSimulators(ctx, catalog.Contracts, catalog.Probes)
	if err != nil {
		return err
	}
	defer stop()
	verification := NewVerification(VerificationOptions{Probes: catalog.Probes, Timeout: 10 * time.Second})
	defer verification.Leave() //nolint:errcheck // its store is its own memory
	c := catalog.Contract(vendor)
	cases := slices.DeleteFunc(slices.Clone(c.Cases), (*loginwatch.Case).OnlyWhenNamed)
	for _, r := range verification.Run(ctx, cases, c, targets[vendor][0]) {
		if err := ctx.Err(); err != nil {
			return err
		}
		if r.Run.Verdict != loginwatch.OK {
			return fmt.Errorf("case %s is %s at the pack's own simulator%s", r.Case.ID, r.Run.Verdict, why(r.Run))
		}
	}
	return nil
}

// why says by kinds and places alone what a run found.
func why(run *loginwatch.Run) string {
	text := ""
	if run.Detail != "" {
		text = ": " + run.Detail
	}
	for _, f := range run.Findings() {
		text += fmt.Sprintf(" (%s %s)", f.Kind, f.Pointer)
	}
	return text
}

// asFolder holds files as a folder without writing any.
func asFolder(files []draft.File) (fs.FS, error) {
	var b bytes.Buffer
	w := zip.NewWriter(&b)
	for _, f := range files {
		part, err := w.CreateHeader(&zip.FileHeader{Name: f.Name, Method: zip.Store})
		if err != nil {
			return nil, err
		}
		if _, err := part.Write(f.Data); err != nil {
			return nil, err
		}
	}
	if err := w.Close(); err != nil {
		return nil, err
	}
	return zip.NewReader(bytes.NewReader(b.Bytes()), int64(b.Len()))
}

// WriteDraft writes files below a folder: all of them or none, and none in the place of
// one that is there.
func WriteDraft(dir string, files []draft.File) (err error) {
	for _, f := range files {
		if _, err := os.Lstat(filepath.Join(dir, filepath.FromSlash(f.Name))); err == nil {
			return fmt.Errorf("%s is there already; nothing was written", filepath.Join(dir, f.Name))
		} else if !errors.Is(err, fs.ErrNotExist) {
			return fmt.Errorf("%s: %w; nothing was written", filepath.Join(dir, f.Name), withoutPath(err))
		}
	}
	var made []string // files and folders, in their order
	defer func() {
		if err != nil {
			slices.Reverse(made)
			for _, name := range made {
				_ = os.Remove(name) // what others put into a folder meanwhile keeps it there
			}
			err = fmt.Errorf("%w; nothing was written", err)
		}
	}()
	for _, f := range contractLast(files) {
		name := filepath.Join(dir, filepath.FromSlash(f.Name))
		folders, err := makeFolders(filepath.Dir(name))
		made = append(made, folders...)
		if err != nil {
			return err
		}
		if err := writeNew(name, f.Data, &made); err != nil {
			return err
		}
	}
	return nil
}

// contractLast puts what makes a folder a pack behind all that belongs to it: whoever is
// killed meanwhile leaves none that passes for a whole one.
func contractLast(files []draft.File) []draft.File {
	isContract := func(f draft.File) int { return strings.Count(path.Base(f.Name), "contract.yaml") }
	return slices.SortedStableFunc(slices.Values(files), func(a, b draft.File) int { return cmp.Compare(isContract(a), isContract(b)) })
}

// makeFolders makes a folder and those above it, and gives the new ones.
func makeFolders(dir string) (made []string, err error) {
	info, err := os.Stat(dir)
	switch {
	case err == nil && !info.IsDir():
		return nil, fmt.Errorf("%s is no folder", dir)
	case err == nil:
		return nil, nil
	case !errors.Is(err, fs.ErrNotExist):
		return nil, err
	}
	if made, err = makeFolders(filepath.Dir(dir)); err != nil {
		return made, err
	}
	if err := os.Mkdir(dir, 0o755); err != nil {
		return made, err
	}
	return append(made, dir), nil
}

// writeNew writes a file that was not there, and notes what it made.
func writeNew(name string, data []byte, made *[]string) error {
	part, err := writePart(name, data, 0o644)
	if part != "" {
		*made = append(*made, part)
	}
	if err != nil {
		return err
	}
	if err := os.Rename(part, name); err != nil {
		return err
	}
	(*made)[len(*made)-1] = name
	return nil
}
