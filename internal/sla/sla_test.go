package sla

import (
	"bytes"
	"encoding/json"
	"flag"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/santhosh-tekuri/jsonschema/v6"
	"golang.org/x/net/html"

	"github.com/loginwatch/loginwatch"
	"github.com/loginwatch/loginwatch/internal/history"
	"github.com/loginwatch/loginwatch/internal/window"
)

var update = flag.Bool("update", false, "write the golden files again")

var november = time.Date(2026, time.November, 1, 0, 0, 0, 0, time.UTC)

var key = loginwatch.Key{Vendor: "acme", Probe: "login", Target: "production"}

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
	d, err := Make(t.Context(), ring, "acme", "", "2026-11", c, november.AddDate(0, 1, 3))
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
	c, problems := ParseClause("clause.yaml", []byte(clauseText), window.Options{Parse: schedule})
	if len(problems) > 0 {
		t.Fatal(problems)
	}
	d := example(t, c)
	if d.Logins[0].Outcome != NotKept || d.Logins[1].Outcome != Kept || d.Logins[0].Down != 150*time.Minute {
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
	if l := example(t, c).Logins[0]; l.Bad != 5 || l.Runs != 1400 || l.Outcome != NotKept {
		t.Errorf("by runs: %+v", l)
	}
}

// While a month goes on, what was promised may still come to be kept.
func TestUnfinished(t *testing.T) {
	ring := history.NewRing(10)
	record(t, ring, history.Entry{Key: key, Due: november, At: november, Verdict: loginwatch.Unavailable, Reason: loginwatch.ReasonTimeout})
	c := DefaultClause()
	c.Promise, c.Confirm = 0.9, 1
	d, err := Make(t.Context(), ring, key.Vendor, "", "2026-11", c, november.Add(time.Hour))
	if err != nil {
		t.Fatal(err)
	}
	if says := d.sentence(d.Logins[0]); !strings.HasSuffix(says, ": the promise of 90.0000 % so far is not kept") {
		t.Error(says)
	}
}

// A promise is said to be kept, or not, only where something counts and there is one.
func TestOutcomes(t *testing.T) {
	for _, tt := range []struct {
		promise  float64
		verdicts []loginwatch.Verdict // of one login each, all month
		outcomes []Outcome
		kept     string // of the whole
		says     []string
	}{
		{0.9, []loginwatch.Verdict{loginwatch.OK, loginwatch.OK}, []Outcome{Kept, Kept}, "true", []string{"was kept", "was kept"}},
		{0.9, []loginwatch.Verdict{loginwatch.OK, loginwatch.Unavailable}, []Outcome{Kept, NotKept}, "false", []string{"was kept", "was not kept"}},
		{0.9, []loginwatch.Verdict{loginwatch.OK, loginwatch.Skipped}, []Outcome{Kept, Untold}, "", []string{"was kept", "nothing counts, all of it was left out: nobody can tell whether the promise of 90.0000 % was kept"}},
		{0.9, []loginwatch.Verdict{loginwatch.Broken, loginwatch.Unavailable}, []Outcome{Untold, NotKept}, "false", []string{"nobody can tell", "was not kept"}},
		{0.9, []loginwatch.Verdict{loginwatch.Broken}, []Outcome{Untold}, "", []string{"nobody can tell"}},
		{0, []loginwatch.Verdict{loginwatch.OK, loginwatch.Skipped}, []Outcome{NoPromise, NoPromise}, "", []string{"100.0000 % of the ", "all of it was left out"}},
	} {
		for _, runs := range []bool{false, true} {
			c := DefaultClause()
			c.Promise, c.Runs = tt.promise, runs
			ring := history.NewRing(1_000)
			for i, v := range tt.verdicts {
				k := key
				k.Probe = string(rune('a' + i))
				for at := november.Add(-24 * time.Hour); at.Before(november.AddDate(0, 1, 1)); at = at.Add(24 * time.Hour) {
					record(t, ring, history.Entry{Key: k, Due: at, At: at, Verdict: v, Reason: loginwatch.ReasonTimeout})
				}
			}
			d, err := Make(t.Context(), ring, "acme", "", "2026-11", c, november.AddDate(0, 2, 0))
			if err != nil {
				t.Fatal(err)
			}
			var b bytes.Buffer
			if err := d.Write(&b, "json"); err != nil {
				t.Fatal(err)
			}
			follows(t, b.Bytes())
			if got := d.json().Kept; (got != nil) != (tt.kept != "") || got != nil && *got != (tt.kept == "true") {
				t.Errorf("%v: kept: %s", tt.verdicts, b.String())
			}
			for i, l := range d.Logins {
				says := d.sentence(l)
				if kept := d.json().Logins[i].Kept; l.Outcome != tt.outcomes[i] || !strings.Contains(says, tt.says[i]) || (kept != nil) != (l.Outcome == Kept || l.Outcome == NotKept) {
					t.Errorf("%v: %s, %q, %v", tt.verdicts, l.Outcome, says, kept)
				}
			}
		}
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
		"speaks_for: 1ms":                        `"speaks_for" must be from 1s to 31 days, in whole seconds`,
		"speaks_for: 90500ms":                    `"speaks_for" must be from 1s to 31 days, in whole seconds`,
		"zone: Nowhere":                          `"zone" must be the name of a time zone`,
		"claim_within_days: 0":                   `"claim_within_days" must be from 1 to 366`,
		"promised: 1":                            `unknown key "promised"`,
		`excluded: [{reason: r, from: "02:00"}]`: "a window has \"since\" and \"until\", or \"from\" and \"to\" and perhaps",
		`excluded: [{reason: r, from: "22:00", to: "02:00"}]`:                                 `"to" must be later than "from"`,
		`excluded: [{reason: r, from: "2 am", to: "04:00"}]`:                                  "must be a time of day in quotes",
		`excluded: [{reason: r, days: [sunday], from: "02:00", to: "04:00"}]`:                 "must be one of sun, mon",
		`excluded: [{reason: r, since: 2026-11-05, until: 2026-11-06T00:00:00Z}]`:             "must be an instant",
		`excluded: [{reason: r, since: 2026-11-05T00:00:00.5Z, until: 2026-11-06T00:00:00Z}]`: "must be an instant to the second",
		`excluded: [{reason: r, since: 2026-11-05T00:00:00Z, until: 2026-11-04T00:00:00Z}]`:   `"until" must be later than "since"`,
		`excluded: [{reason: r, schedule: "2", duration: 25h}]`:                               "the schedule is due again before 25h are over",
		`excluded: [{reason: r, schedule: noon, duration: 2h}]`:                               `parsing "noon"`,
		`excluded: [{reason: r, schedule: "2"}]`:                                              "a window has \"since\"",
		`excluded: [{reason: r, schedule: "2", duration: 0s}]`:                                `"duration" must be more than 0`,
		`excluded: [{reason: r, schedule: "2", duration: 1h, days: [sun]}]`:                   "a window has \"since\"",
		`excluded: [{reason: r, since: 2026-11-05T00:00:00Z, to: "04:00"}]`:                   "a window has \"since\" and \"until\", or \"from\" and \"to\" and perhaps",
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
		_, problems := ParseClause("clause.yaml", []byte(strings.Join(lines, "")), window.Options{Parse: schedule})
		if !strings.Contains(problems.Error(), says) || len(problems) != 1 {
			t.Errorf("%s: got\n%v\nwant %q", text, problems, says)
		}
	}
}

// schedule is due at the hour of UTC that it is.
func schedule(expr string) (window.Schedule, error) {
	hour, err := strconv.Atoi(expr)
	return daily(hour), err
}

type daily int

func (d daily) Next(t time.Time) time.Time {
	day := t.UTC().Truncate(24 * time.Hour)
	for at := day.Add(time.Duration(d) * time.Hour); ; at = at.AddDate(0, 0, 1) {
		if at.After(t) {
			return at
		}
	}
}
