package sla

import (
	"bytes"
	"encoding/json"
	"flag"
	"maps"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/santhosh-tekuri/jsonschema/v6"
	"golang.org/x/net/html"

	"github.com/loginwatch/loginwatch"
	"github.com/loginwatch/loginwatch/internal/history"
)

var update = flag.Bool("update", false, "write the golden files again")

var november = time.Date(2026, time.November, 1, 0, 0, 0, 0, time.UTC)

// A thousand random histories, to the second: what the dossier adds up of stretches is
// what a look at each second by itself says.
func TestEachSecond(t *testing.T) {
	r := rand.New(rand.NewPCG(7, 7))
	kolkata, newYork := zone(t, "Asia/Kolkata"), zone(t, "America/New_York")
	forward, back := time.Date(2026, time.March, 8, 6, 0, 0, 0, time.UTC), time.Date(2026, time.November, 1, 5, 0, 0, 0, time.UTC)
	downs, outs := 0, 0
	for i := range 1_000 {
		c := DefaultClause()
		c.Confirm, c.Speaks = 1+r.IntN(3), time.Duration(60+r.IntN(1200))*time.Second
		if r.IntN(4) == 0 {
			c.Speaks = time.Duration(1+r.IntN(31)) * 24 * time.Hour
		}
		begin := november
		if c.Zone = []*time.Location{time.UTC, kolkata, newYork}[r.IntN(3)]; c.Zone == newYork {
			begin = []time.Time{forward, back}[r.IntN(2)] // an hour before its clocks change
		}
		if r.IntN(2) == 0 {
			c.Bad = append(c.Bad, loginwatch.Drift)
		}
		if r.IntN(2) == 0 {
			c.Ignored = []loginwatch.Verdict{loginwatch.Throttled}
		}
		for range r.IntN(3) {
			from := time.Duration(r.IntN(22*60)) * time.Minute
			if c.Zone == newYork {
				from = time.Duration(r.IntN(4*60)) * time.Minute
			}
			w := Window{Reason: "weekly", From: from, To: from + time.Duration(1+r.IntN(90))*time.Minute}
			if r.IntN(2) == 0 {
				w.Weekdays = []time.Weekday{time.Sunday, time.Monday}
			}
			if r.IntN(3) == 0 {
				since := begin.Add(time.Duration(r.IntN(7200)) * time.Second)
				w = Window{Reason: "announced", Since: since, Until: since.Add(time.Duration(1+r.IntN(3600)) * time.Second)}
			}
			c.Excluded = append(c.Excluded, w)
		}
		from := begin.Add(time.Duration(r.IntN(3600)) * time.Second)
		to := from.Add(time.Duration(1+r.IntN(7200)) * time.Second)
		entries := randomEntries(r, begin)
		if !slices.ContainsFunc(entries, func(e history.Entry) bool { return !e.At.Before(from) && e.At.Before(to) }) {
			continue // and so no dossier
		}
		want := map[State]time.Duration{}
		rows := map[int]time.Duration{}
		for at := from; at.Before(to); at = at.Add(time.Second) {
			state, row := c.stateAt(entries, at)
			if want[state] += time.Second; state == Down {
				rows[row] += time.Second
			}
		}
		l := read(t, c, entries, from, to)
		got := map[State]time.Duration{Up: l.Total - l.Out - l.Down, Down: l.Down, Out: l.Out}
		for _, s := range []State{Up, Down, Out} {
			if got[s] != want[s] {
				t.Fatalf("history %d: %s for %s, want %s\n%+v", i, s, got[s], want[s], c)
			}
		}
		bad := 0
		for i, row := range slices.Sorted(maps.Keys(rows)) {
			if len(l.Outages) != len(rows) || l.Outages[i].Length != rows[row] {
				t.Fatalf("history %d: %+v, want %v\n%+v", i, l.Outages, rows, c)
			}
			bad += l.Outages[i].Runs
		}
		if bad != l.Bad {
			t.Errorf("history %d: %d bad runs, and %d in the outages", i, l.Bad, bad)
		}
		if l.Down > 0 {
			downs++
		}
		outs += len(l.Excluded)
	}
	if downs < 200 || outs < 1_000 {
		t.Errorf("only %d histories have an outage, and there are %d exclusions", downs, outs)
	}
}

// randomEntries are close to each other in the hours in which the test looks, and in a
// part of the histories far from each other before and after.
func randomEntries(r *rand.Rand, begin time.Time) []history.Entry {
	var all []history.Entry
	mood := loginwatch.OK
	add := func(since, until time.Time, most time.Duration) {
		for at := since; ; {
			if at = at.Add(time.Duration(1+r.IntN(int(most/time.Second))) * time.Second); !at.Before(until) {
				return
			}
			if r.IntN(3) == 0 {
				mood = []loginwatch.Verdict{loginwatch.OK, loginwatch.Unavailable, loginwatch.Unavailable, loginwatch.Drift, loginwatch.Throttled, loginwatch.Broken, loginwatch.Skipped}[r.IntN(7)]
			}
			all = append(all, history.Entry{Key: key, Due: at, At: at, Verdict: mood, Reason: loginwatch.ReasonTimeout})
		}
	}
	since, until := begin.Add(-time.Hour), begin.Add(4*time.Hour)
	far := r.IntN(3) == 0
	if far {
		since, until = begin.Add(time.Duration(r.IntN(5400))*time.Second), begin.Add(time.Duration(5400+r.IntN(5400))*time.Second)
		add(begin.AddDate(0, 0, -100), since, 10*24*time.Hour)
	}
	add(since, until, 10*time.Minute)
	if far {
		add(until, begin.AddDate(0, 0, 100), 10*24*time.Hour)
	}
	return all
}

var key = loginwatch.Key{Vendor: "acme", Probe: "login", Target: "production"}

// read reads a period of a history as of a month.
func read(t *testing.T, c *Clause, entries []history.Entry, from, to time.Time) Login {
	t.Helper()
	ring := history.NewRing(len(entries) + 1)
	for _, e := range entries {
		record(t, ring, e)
	}
	d := &Dossier{Vendor: key.Vendor, Clause: c, From: from, To: to}
	err := d.read(t.Context(), ring, to.AddDate(0, 0, 200))
	if err != nil || len(d.Logins) != 1 {
		t.Fatal(d.Logins, err)
	}
	return d.Logins[0]
}

// record has a history written down as serve does.
func record(t *testing.T, past history.History, e history.Entry) {
	t.Helper()
	var err error
	if e.Verdict == loginwatch.Skipped {
		err = past.RecordSkip(t.Context(), loginwatch.SkippedSlot{Slot: loginwatch.Slot{Key: e.Key, Due: e.Due, Planned: e.At}, Reason: e.Reason})
	} else {
		err = past.RecordRun(t.Context(), &loginwatch.Run{Key: e.Key, ID: e.Probe + e.Due.String(), Due: e.Due, Started: e.At, Verdict: e.Verdict, Reason: e.Reason})
	}
	if err != nil {
		t.Fatal(err)
	}
}

func zone(t *testing.T, name string) *time.Location {
	t.Helper()
	loc, err := time.LoadLocation(name)
	if err != nil {
		t.Fatal(err)
	}
	return loc
}

// stateAt looks at one second alone. row is the first run of the outage.
func (c *Clause) stateAt(entries []history.Entry, at time.Time) (_ State, row int) {
	for _, w := range c.Excluded {
		if !w.Since.IsZero() {
			if !at.Before(w.Since) && at.Before(w.Until) {
				return Out, 0
			}
			continue
		}
		local := at.In(c.Zone)
		hour, minute, second := local.Clock()
		since := time.Duration(hour)*time.Hour + time.Duration(minute)*time.Minute + time.Duration(second)*time.Second
		if since >= w.From && since < w.To && (len(w.Weekdays) == 0 || slices.Contains(w.Weekdays, local.Weekday())) {
			return Out, 0
		}
	}
	last := -1
	for i, e := range entries {
		if !e.At.After(at) {
			last = i
		}
	}
	if last < 0 || at.Sub(entries[last].At) >= c.Speaks {
		return Out, 0
	}
	silent := func(v loginwatch.Verdict) bool { return v == loginwatch.Broken || v == loginwatch.Skipped }
	switch v := entries[last].Verdict; {
	case silent(v), slices.Contains(c.Ignored, v):
		return Out, 0
	case !slices.Contains(c.Bad, v):
		return Up, 0
	}
	row = last
	runs := 1
	for _, step := range []int{-1, 1} {
		for i := last + step; i >= 0 && i < len(entries); i += step {
			if silent(entries[i].Verdict) || slices.Contains(c.Ignored, entries[i].Verdict) {
				continue
			}
			if !slices.Contains(c.Bad, entries[i].Verdict) {
				break
			}
			row, runs = min(row, i), runs+1
		}
	}
	if runs < c.Confirm {
		return Out, 0
	}
	return Down, row
}

// example is a month of two logins: an outage, a window, skips and a gap.
func example(t *testing.T, c *Clause) *Dossier {
	t.Helper()
	ring := history.NewRing(20_000)
	tell := func(probe string, at time.Time, v loginwatch.Verdict, reason loginwatch.Reason) {
		k := key
		k.Probe = probe
		record(t, ring, history.Entry{Key: k, Due: at, At: at, Verdict: v, Reason: reason})
	}
	for at := november.Add(-time.Hour); at.Before(november.AddDate(0, 1, 0)); at = at.Add(30 * time.Minute) {
		hours := at.Sub(november).Hours()
		switch {
		case hours == 102: // in an outage
			tell("login", at, loginwatch.Skipped, loginwatch.ReasonQuota)
		case hours == 102.5:
			tell("login", at, loginwatch.Unavailable, loginwatch.ReasonTimeout)
		case hours >= 100 && hours < 104: // an outage
			tell("login", at, loginwatch.Unavailable, loginwatch.ReasonHTTP5xx)
		case hours == 200: // a blip
			tell("login", at, loginwatch.Unavailable, loginwatch.ReasonTimeout)
		case hours >= 300 && hours < 302: // <script> is for the page to write as text
			tell("login", at, loginwatch.Skipped, loginwatch.ReasonSuspended)
		case hours >= 400 && hours < 403: // nobody was there
		case hours == 500:
			tell("login", at, loginwatch.Broken, loginwatch.ReasonSecretMissing)
		default:
			tell("login", at, loginwatch.OK, "")
		}
		tell("sso", at, loginwatch.OK, "")
	}
	d, err := Make(t.Context(), ring, "acme", "2026-11", c, november.AddDate(0, 1, 3))
	if err != nil {
		t.Fatal(err)
	}
	return d
}

const clauseText = `title: "Master agreement, 4.2 <availability & claims>"
promise: 0.9975
count: minutes
bad: [unavailable, drift]
ignored: [throttled]
confirm: 3
speaks_for: 45m
zone: Asia/Kolkata
excluded:
  - {reason: weekly maintenance, days: [sun], from: "02:00", to: "04:00"}
  - {reason: "announced on 2026-11-03", since: 2026-11-05T04:00:00Z, until: 2026-11-05T05:00:00Z}
claim_within_days: 30
`

func TestDossier(t *testing.T) {
	c, problems := ParseClause("clause.yaml", []byte(clauseText))
	if len(problems) > 0 {
		t.Fatal(problems)
	}
	d := example(t, c)
	if d.Kept() || !d.Logins[1].Kept || d.Logins[0].Down != 150*time.Minute {
		t.Errorf("%+v", d.Logins)
	}
	for _, format := range []string{"text", "json", "html"} {
		var b bytes.Buffer
		if err := d.Write(&b, format); err != nil {
			t.Fatal(err)
		}
		file := filepath.Join("testdata", "dossier."+format)
		if *update {
			if err := os.WriteFile(file, b.Bytes(), 0o600); err != nil {
				t.Fatal(err)
			}
		}
		want, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(string(want), b.String()); diff != "" {
			t.Errorf("%s (-want +got):\n%s", format, diff)
		}
		switch format {
		case "json":
			follows(t, b.Bytes())
		case "html":
			wellFormed(t, b.String())
		}
	}
	c.Runs = true
	if l := example(t, c).Logins[0]; l.Bad != 5 || l.Runs != 1400 || l.Kept {
		t.Errorf("by runs: %+v", l)
	}
}

// follows holds a document against the published schema, closed.
func follows(t *testing.T, doc []byte) {
	t.Helper()
	text, err := loginwatch.Embedded.ReadFile("schemas/meta/sla.schema.json")
	var schema map[string]any
	if err == nil {
		err = json.Unmarshal(bytes.ReplaceAll(text, []byte(`"type": "object"`), []byte(`"type": "object", "additionalProperties": false`)), &schema)
	}
	if err != nil {
		t.Fatal(err)
	}
	compiler := jsonschema.NewCompiler()
	if err := compiler.AddResource("urn:sla", schema); err != nil {
		t.Fatal(err)
	}
	compiled, err := compiler.Compile("urn:sla")
	if err != nil {
		t.Fatal(err)
	}
	parsed, err := jsonschema.UnmarshalJSON(bytes.NewReader(doc))
	if err == nil {
		err = compiled.Validate(parsed)
	}
	if err != nil {
		t.Error(err)
	}
}

// wellFormed holds a page to have nothing that is not closed, nothing from elsewhere, and
// no element that some text made.
func wellFormed(t *testing.T, page string) {
	t.Helper()
	var open []string
	z := html.NewTokenizer(strings.NewReader(page))
	for {
		switch z.Next() {
		case html.ErrorToken:
			if len(open) > 0 {
				t.Errorf("not closed: %v", open)
			}
			return
		case html.StartTagToken:
			token := z.Token()
			for _, a := range token.Attr {
				if slices.Contains([]string{"src", "href", "style", "onclick"}, a.Key) {
					t.Errorf("%s has %s", token.Data, a.Key)
				}
			}
			if token.Data == "script" || token.Data == "availability" {
				t.Errorf("an element %s", token.Data)
			}
			if token.Data != "meta" {
				open = append(open, token.Data)
			}
		case html.EndTagToken:
			name := z.Token().Data
			if len(open) == 0 || open[len(open)-1] != name {
				t.Fatalf("%s closes %v", name, open)
			}
			open = open[:len(open)-1]
		}
	}
}

// Every mistake of a clause is told with its place.
func TestClauseMistakes(t *testing.T) {
	for text, says := range map[string]string{
		`title: "a\e[31mb"`:   `clause.yaml:1:8: "title" must be one line, without control characters`,
		`title: "a\nb"`:       `"title" must be one line`,
		`title: "a\tb"`:       `"title" must be one line`,
		`title: "a\u009b2Jb"`: `"title" must be one line`,
		`title: "a\u2028b"`:   `"title" must be one line`,
		`title: "a\u202eb"`:   `"title" must be one line`,
		`excluded: [{reason: "a\rb", from: "02:00", to: "04:00"}]`:                                 `clause.yaml:9:21: "reason" must be one line`,
		`excluded: [{reason: "a\x7fb", since: 2026-11-05T00:00:00Z, until: 2026-11-06T00:00:00Z}]`: `"reason" must be one line`,
		"promise: 99.5":                          `clause.yaml:2:10: "promise" must be more than 0 and at most 1`,
		"count: hours":                           `clause.yaml:3:8: "count" must be minutes or runs`,
		"bad: [skipped]":                         "clause.yaml:4:7: must be drift, rejected, throttled or unavailable",
		"ignored: [ok]":                          "clause.yaml:5:11: must be drift, rejected, throttled or unavailable",
		"ignored: [drift]":                       "clause.yaml:5:11: a verdict is either bad or ignored",
		"confirm: 0":                             `"confirm" must be from 1 to 100`,
		"speaks_for: 1ms":                        `"speaks_for" must be from 1s to a month`,
		"zone: Nowhere":                          `"zone" must be the name of a time zone`,
		"claim_within_days: 0":                   `"claim_within_days" must be from 1 to 366`,
		"promised: 1":                            `unknown key "promised"`,
		`excluded: [{reason: r, from: "02:00"}]`: "a window has since and until, or from and to",
		`excluded: [{reason: r, from: "22:00", to: "02:00"}]`:                               `"to" must be later than "from"`,
		`excluded: [{reason: r, from: "2 am", to: "04:00"}]`:                                "must be a time of day in quotes",
		`excluded: [{reason: r, days: [sunday], from: "02:00", to: "04:00"}]`:               "must be one of sun, mon",
		`excluded: [{reason: r, since: 2026-11-05, until: 2026-11-06T00:00:00Z}]`:           "must be an instant",
		`excluded: [{reason: r, since: 2026-11-05T00:00:00Z, until: 2026-11-04T00:00:00Z}]`: `"until" must be later than "since"`,
		`excluded: [{reason: r, since: 2026-11-05T00:00:00Z, to: "04:00"}]`:                 "a window has since and until, or from and to",
	} {
		key, _, _ := strings.Cut(text, ":")
		lines := slices.DeleteFunc(strings.SplitAfter(clauseText, "\n"), func(l string) bool { return strings.HasPrefix(l, "  -") })
		at := slices.IndexFunc(lines, func(l string) bool { return strings.HasPrefix(l, key+":") })
		if at < 0 {
			at = len(lines) - 1
			lines = append(lines, "")
		}
		lines[at] = text + "\n"
		if at != slices.IndexFunc(lines, func(l string) bool { return strings.HasPrefix(l, "excluded:") }) {
			lines = slices.DeleteFunc(lines, func(l string) bool { return l == "excluded:\n" })
		}
		_, problems := ParseClause("clause.yaml", []byte(strings.Join(lines, "")))
		if !strings.Contains(problems.Error(), says) || len(problems) != 1 {
			t.Errorf("%s: got\n%v\nwant %q", text, problems, says)
		}
	}
}
