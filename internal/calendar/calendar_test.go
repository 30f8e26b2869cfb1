package calendar

import (
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/rogpeppe/go-internal/txtar"
)

var update = flag.Bool("update", false, "rewrite what is wanted in testdata")

var asOf = time.Date(2026, time.November, 27, 0, 0, 0, 0, time.UTC)

// corpus runs each archive of a folder: its file want is what is made of the others.
func corpus(t *testing.T, folder string, of func(t *testing.T, files map[string]string) string) {
	t.Helper()
	names, err := filepath.Glob(filepath.Join("testdata", folder, "*.txtar"))
	if err != nil || len(names) == 0 {
		t.Fatalf("no corpus: %v", err)
	}
	for _, name := range names {
		t.Run(strings.TrimSuffix(filepath.Base(name), ".txtar"), func(t *testing.T) {
			archive, err := txtar.ParseFile(name)
			if err != nil {
				t.Fatal(err)
			}
			files := map[string]string{}
			for _, f := range archive.Files {
				files[f.Name] = string(f.Data)
			}
			got := of(t, files)
			if *update {
				archive.Files = append(archive.Files[:len(archive.Files):len(archive.Files)], txtar.File{Name: "want", Data: []byte(got)})
				if _, has := files["want"]; has {
					archive.Files = append(archive.Files[:len(archive.Files)-2], archive.Files[len(archive.Files)-1])
				}
				if err := os.WriteFile(name, txtar.Format(archive), 0o600); err != nil {
					t.Fatal(err)
				}
				return
			}
			if diff := cmp.Diff(files["want"], got); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func shown(all [][2]time.Time) string {
	var b strings.Builder
	for _, s := range all {
		fmt.Fprintln(&b, s[0].UTC().Format(time.RFC3339), s[1].UTC().Format(time.RFC3339))
	}
	return b.String()
}

// When the events of a file are, also where clocks change. What is wanted was compared with
// what node-ical 0.27 says of the same files, which knows neither X-WR-TIMEZONE nor RDATE,
// leaves out a begin that its rule does not have, and stays an hour late in New York once a
// time was left out.
func TestStretches(t *testing.T) {
	corpus(t, "on", func(t *testing.T, files map[string]string) string {
		var from, to string
		if _, err := fmt.Sscan(files["period"], &from, &to); err != nil {
			t.Fatal(err)
		}
		c, problems := Read("calendar.ics", []byte(files["calendar.ics"]), nil)
		if len(problems) > 0 {
			t.Fatal(problems)
		}
		return shown(c.Stretches(instantOf(t, from), instantOf(t, to)))
	})
}

func instantOf(t *testing.T, text string) time.Time {
	t.Helper()
	at, err := time.Parse(time.RFC3339, text)
	if err != nil {
		t.Fatal(err)
	}
	return at
}

// Each mistake, with its place.
func TestBad(t *testing.T) {
	corpus(t, "bad", func(t *testing.T, files map[string]string) string {
		c, problems := Read("calendar.ics", []byte(files["calendar.ics"]), nil)
		if len(problems) == 0 || c != nil {
			t.Error("no problem was found")
		}
		return problems.Error() + "\n"
	})
}
