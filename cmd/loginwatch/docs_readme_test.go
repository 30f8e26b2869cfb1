package main

import (
	"bufio"
	"bytes"
	"context"
	"io"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/alecthomas/kong"
	"github.com/google/go-cmp/cmp"

	"github.com/loginwatch/loginwatch"
	"github.com/loginwatch/loginwatch/internal/pack"
	"github.com/loginwatch/loginwatch/internal/plan"
	"github.com/loginwatch/loginwatch/internal/sim"
)

// transcript is the block that shows the first commands and what the last says.
var transcript = regexp.MustCompile(`(?m)^    \$ loginwatch (simulate .*) &\n    \$ loginwatch (verify .*)\n((?:    .*\n|\n)*)`)

// TestReadmeTranscript runs the commands at the top of README.md and compares
// what is shown with what they say now, but for times, run ids and ports. With
// UPDATE=1 in the environment it writes the page again.
func TestReadmeTranscript(t *testing.T) {
	page, err := os.ReadFile(readme)
	if err != nil {
		t.Fatal(err)
	}
	at := transcript.FindSubmatchIndex(page)
	if at == nil {
		t.Fatal("the page has no transcript")
	}
	part := func(n int) string { return string(page[at[2*n]:at[2*n+1]]) }
	verify := strings.Fields(part(2))
	shown := verify[len(verify)-1] // the base URL
	said := simulated(t, strings.Fields(part(1)), func(base string) string {
		i := strings.Index(shown, "://")
		verify[len(verify)-1] = base + strings.TrimLeft(shown[i+3:], "0123456789.:")
		var out, complaints bytes.Buffer
		if code := run(t.Context(), verify, environment{stdout: &out, stderr: &complaints}); code != 1 || complaints.Len() > 0 {
			t.Fatalf("code %d, %s", code, &complaints)
		}
		return strings.ReplaceAll(out.String(), verify[len(verify)-1], shown)
	})
	said = strings.TrimRight("\n"+regexp.MustCompile(`(?m)^(.)`).ReplaceAllString(said, "    $1"), "\n") + "\n\n"
	if os.Getenv("UPDATE") != "" {
		page = slices.Concat(page[:at[6]], []byte(said), page[at[7]:])
		if err := os.WriteFile(readme, page, 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	if diff := cmp.Diff(lasting(said), lasting(part(3))); diff != "" {
		t.Errorf("not what is said now; UPDATE=1 writes it again (-now +page):\n%s", diff)
	}
}

// lasting leaves out of a report what differs from run to run, and the width
// that it gives to columns.
func lasting(text string) string {
	for _, r := range []struct{ pattern, with string }{
		{`[0-9.]+ m?s\b`, "TIME"}, {`run [0-9a-z]{20,}`, "run ID"}, {`(?m)([^\s|]) {2,}`, "$1 "}, {` +TIME`, " TIME"},
	} {
		text = regexp.MustCompile(r.pattern).ReplaceAllString(text, r.with)
	}
	return text
}

// simulated starts loginwatch simulate, exports the credentials that it prints
// and gives what use says.
func simulated(t *testing.T, args []string, use func(base string) string) string {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	out, in := io.Pipe()
	done := make(chan struct{})
	go func() {
		defer close(done)
		run(ctx, append(args, "--listen", "127.0.0.1:0"), environment{stdout: in, stderr: in})
		_ = in.Close()
	}()
	defer func() { cancel(); <-done }()
	base := ""
	lines := bufio.NewScanner(out)
	for lines.Scan() {
		line := strings.TrimSpace(lines.Text())
		if _, url, found := strings.Cut(line, "  http"); found && base == "" {
			base = "http" + url[:strings.LastIndex(url, "/")]
		}
		if rest, found := strings.CutPrefix(line, "export "); found {
			name, value, _ := strings.Cut(rest, "=")
			t.Setenv(name, strings.Trim(value, "'"))
		}
		if strings.HasPrefix(line, "loginwatch verify") { // the last that it says
			break
		}
	}
	go func() { _, _ = io.Copy(io.Discard, out) }()
	return use(base)
}

// TestReadmeCommands: each command on the page is one that the program knows,
// and so is each fault.
func TestReadmeCommands(t *testing.T) {
	page, err := os.ReadFile(readme)
	if err != nil {
		t.Fatal(err)
	}
	commands := regexp.MustCompile(`(?m)^    (?:bin/|\$ )loginwatch ([^#&\n]*)`).FindAllStringSubmatch(string(page), -1)
	if len(commands) < 8 {
		t.Errorf("only %d commands", len(commands))
	}
	for _, m := range commands {
		c := parsed(t, m[1])
		for _, f := range slices.Concat(c.Serve.Fault, c.Simulate.Fault) {
			if _, _, err := sim.ParseFault(f); err != nil && f != "help" {
				t.Errorf("loginwatch %s: %v", m[1], err)
			}
		}
	}
}

// TestRunbookCommands: what whoever was woken types is understood, and every
// vendor has the cases that it names.
func TestRunbookCommands(t *testing.T) {
	catalog, problems := pack.Load(pack.Options{CheckSchedule: func(expr string) error { _, err := plan.Parse(expr); return err }}, pack.Source{FS: loginwatch.Embedded})
	pages, err := filepath.Glob(filepath.Join("..", "..", "docs", "runbooks", "*.md"))
	if err != nil || len(problems) > 0 {
		t.Fatal(err, problems)
	}
	command := regexp.MustCompile("(?m)(?:^|`)loginwatch ([a-z]+ [A-Z-][^`\n]*)")
	found := 0
	for _, file := range pages {
		page, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		for _, m := range command.FindAllStringSubmatch(string(page), -1) {
			found++
			c := parsed(t, m[1])
			if !strings.HasPrefix(m[1], "verify ") {
				continue
			}
			if err := c.Verify.check(); err != nil {
				t.Errorf("%s: loginwatch %s: %v", file, m[1], err)
			}
			for _, k := range catalog.Contracts {
				if err := c.Verify.checkCases([]*loginwatch.Contract{k}); err != nil {
					t.Errorf("%s: loginwatch %s: %v", file, m[1], err)
				}
			}
		}
	}
	if found < 5 {
		t.Errorf("only %d commands", found)
	}
}

// parsed gives what the program takes a command line for.
func parsed(t *testing.T, line string) (c cli) {
	t.Helper()
	parser, err := kong.New(&c, words())
	if err != nil {
		t.Fatal(err)
	}
	if _, err := parser.Parse(strings.Fields(line)); err != nil {
		t.Errorf("loginwatch %s: %v", line, err)
	}
	return c
}
