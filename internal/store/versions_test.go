package store

import (
	"encoding/json"
	"maps"
	"path/filepath"
	"reflect"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/loginwatch/loginwatch"
	"github.com/loginwatch/loginwatch/internal/persist"
	"github.com/loginwatch/loginwatch/internal/persist/persisttest"
)

// written are the objects that records consist of, each with a place for what a newer
// version knows of it. A number stands for each.
var written = []string{
	"credential", "credential/Beside", "credential/LeftOpen/#", "credential/Opening/#", "credential/Readings/#", "credential/Rejections/#", "credential/Try",
	"quota", "quota/Ahead", "rotated", "window", "window/Readings/#", "window/Requests/#",
}

// What a newer version has written into a record is there after this one has changed the
// record: in each object of it, whatever the login brought.
func TestKeepsWhatNewerVersionsWrite(t *testing.T) {
	keepsNewer(t, "memory", func(testing.TB) *Ledger { return trusting(NewMemory(Budget{})) })
	keepsNewer(t, "SQLite", func(t testing.TB) *Ledger { return openAt(t, filepath.Join(t.TempDir(), "loginwatch.db")) })
}

func keepsNewer(t *testing.T, name string, open func(testing.TB) *Ledger) {
	t.Helper()
	for what, tt := range map[string]struct {
		brings loginwatch.Settlement
		over   []string // the objects that end with it
	}{
		"nothing":           {},
		"a refusal":         {brings: loginwatch.Settlement{Refusal: loginwatch.RefusalCertain}},
		"acceptance":        {brings: loginwatch.Settlement{Accepted: true}, over: []string{"credential/Rejections/#", "credential/Readings/#"}},
		"an open session":   {brings: loginwatch.Settlement{LeftOpen: true}},
		"a word of waiting": {brings: loginwatch.Settlement{Throttled: true}, over: []string{"credential/Readings/#"}},
		"nothing was sent":  {brings: loginwatch.Settlement{Unsent: true}},
	} {
		t.Run(name+"/"+what, func(t *testing.T) {
			l := open(t)
			defer func() { _ = l.Close() }()
			d := &older{t: t, l: l, now: start}
			d.usual()
			before := d.tomorrow()
			if got := slices.Compact(slices.Sorted(maps.Values(before))); !slices.Equal(got, written) {
				t.Fatalf("the test has %q, want %q", got, written)
			}
			d.run(tt.brings)
			after := d.found()
			for mark, object := range before {
				if kept := slices.Contains(after, mark); !kept && !slices.Contains(tt.over, object) {
					t.Errorf("what was added to a %s is gone", object)
				}
			}
			if _, isMemory := l.engine.(*memory); isMemory {
				return // which no other version sees
			}
			// Nor does the record go earlier than that version wants it to.
			if err := l.engine.forget(t.Context(), d.now.Add(200*24*time.Hour), l.budget); err != nil {
				t.Fatal(err)
			}
			for _, kind := range []string{kindCredential, kindQuota, kindWindow, kindRotated} {
				if texts, err := l.engine.texts(t.Context(), kind, ""); err != nil || len(texts) == 0 {
					t.Errorf("a %s was forgotten early (%v)", kind, err)
				}
			}
		})
	}
}

// Each struct that is written down has a place for what it does not know.
func TestEachWrittenObjectKeepsMore(t *testing.T) {
	for _, root := range []any{credential{}, window{}, usage{}, rotated{}} {
		for _, missing := range persisttest.Without(reflect.TypeOf(root)) {
			t.Errorf("%s drops what it does not know", missing)
		}
	}
}

// older is a program beside a newer one.
type older struct {
	t   *testing.T
	l   *Ledger
	now time.Time
	n   int
}

var tokenOfVersions = loginwatch.RotatingSecret{Vendor: "acme", Name: "refresh_token", Configured: [32]byte{1}}

func (d *older) claim(how func(*loginwatch.Claim)) loginwatch.Ticket {
	d.t.Helper()
	a := d.ask(how)
	if !a.Granted {
		d.t.Fatalf("%+v", a)
	}
	return a
}

func (d *older) ask(how func(*loginwatch.Claim)) loginwatch.Ticket {
	d.t.Helper()
	d.now = d.now.Add(2 * time.Minute)
	d.n++
	c := loginwatch.Claim{
		Slot:       loginwatch.Slot{Key: loginwatch.Key{Vendor: "acme", Probe: "login-" + strconv.Itoa(d.n), Target: "t"}, Due: d.now, Planned: d.now},
		Credential: loginwatch.Credential{Name: "c", Digest: "d"}, Next: loginwatch.Credential{Name: "n", Digest: "e"},
		Address: "https://api.example.com", At: d.now, Longest: time.Hour,
		Limits: []loginwatch.OperationLimit{{Operation: "login", Requests: 1, Limit: loginwatch.RateLimit{Requests: 50, Per: 12 * time.Hour}}},
		Quota:  &loginwatch.Quota{Logins: 100, Per: loginwatch.QuotaMonth},
	}
	how(&c)
	a, err := d.l.Admit(d.t.Context(), c)
	if err != nil {
		d.t.Fatal(err)
	}
	return a
}

func (d *older) settle(a loginwatch.Ticket, s loginwatch.Settlement) {
	d.t.Helper()
	s.At = d.now.Add(time.Second)
	if _, err := d.l.Settle(d.t.Context(), a, s); err != nil {
		d.t.Fatal(err)
	}
}

func (d *older) rotate(to loginwatch.Rotated) {
	d.t.Helper()
	if err := d.l.Rotate(d.t.Context(), tokenOfVersions, func(r *loginwatch.Rotated) { *r = to }); err != nil {
		d.t.Fatal(err)
	}
}

// usual has a record of each kind written, with an object of each.
func (d *older) usual() {
	d.settle(d.claim(func(c *loginwatch.Claim) { c.TriesNext, c.Opens = true, true }), loginwatch.Settlement{LeftOpen: true})
	d.settle(d.claim(func(*loginwatch.Claim) {}), loginwatch.Settlement{Refusal: loginwatch.RefusalPossible, RetryAfter: time.Second})
	d.claim(func(c *loginwatch.Claim) { c.Opens = true })
	d.rotate(loginwatch.Rotated{Value: "one"})
	d.ask(func(c *loginwatch.Claim) { c.At, c.Opens = c.At.AddDate(0, -2, 0), true }) // by a clock that is behind, and refused
}

// run is what an older program does all day.
func (d *older) run(brings loginwatch.Settlement) {
	d.settle(d.claim(func(*loginwatch.Claim) {}), brings)
	d.rotate(loginwatch.Rotated{Value: "two"})
	if _, known, err := d.l.Resume(d.t.Context(), "c", d.now); err != nil || !known {
		d.t.Fatal(known, err)
	}
}

// tomorrow has a newer version add something to each object of each record, and gives
// what it has added, by object.
func (d *older) tomorrow() map[string]string {
	added := map[string]string{}
	d.edit(func(kind, text string) string {
		var value any
		if err := json.Unmarshal([]byte(text), &value); err != nil {
			d.t.Fatalf("%s: %v", kind, err)
		}
		addTo(value, kind, added)
		changed, err := json.Marshal(value)
		if err != nil {
			d.t.Fatal(err)
		}
		return string(changed)
	})
	return added
}

var numbers = regexp.MustCompile(`/\d+`)

func addTo(value any, path string, added map[string]string) {
	switch v := value.(type) {
	case []any:
		for i, e := range v {
			addTo(e, path+"/"+strconv.Itoa(i), added)
		}
	case map[string]any:
		for name, e := range v {
			addTo(e, path+"/"+name, added)
		}
		if strings.HasSuffix(path, "/UnderWay") || strings.HasSuffix(path, "/Opening") {
			return // by ticket: no object of its own
		}
		mark := "mark " + strconv.Itoa(len(added)) + "."
		added[mark] = numbers.ReplaceAllString(path, "/#")
		v["Tomorrow"+path[strings.LastIndex(path, "/")+1:]] = map[string]any{"is": []any{mark, nil}}
	}
}

var marks = regexp.MustCompile(`"Tomorrow[^"]*":\{"is":\["(mark \d+\.)",null\]\}`)

// found gives what stands of that in the records.
func (d *older) found() (all []string) {
	d.edit(func(_, text string) string {
		for _, m := range marks.FindAllStringSubmatch(text, -1) {
			all = append(all, m[1])
		}
		return text
	})
	return all
}

// edit changes each record as another program would.
func (d *older) edit(change func(kind, text string) string) {
	d.t.Helper()
	if m, isMemory := d.l.engine.(*memory); isMemory {
		edited(d.t, m.known, kindCredential, change)
		edited(d.t, m.windows, kindWindow, change)
		edited(d.t, m.usages, kindQuota, change)
	}
	for _, kind := range []string{kindCredential, kindWindow, kindQuota, kindRotated} {
		texts, err := d.l.engine.texts(d.t.Context(), kind, "")
		if err != nil {
			d.t.Fatal(err)
		}
		for key, text := range texts {
			err := d.l.engine.alter(d.t.Context(), kind, key, d.now.Add(300*24*time.Hour), func(string) (string, error) {
				if kind == kindRotated {
					return d.sealed(key, text, change), nil
				}
				return change(kind, text), nil
			})
			if err != nil {
				d.t.Fatal(err)
			}
		}
	}
}

// sealed changes what is sealed in a text.
func (d *older) sealed(key, text string, change func(kind, text string) string) string {
	r, err := d.l.unseal(key, text)
	var plain []byte
	if err == nil {
		plain, err = persist.Encode(r)
	}
	if err == nil {
		r = rotated{}
		err = persist.Decode([]byte(change(kindRotated, string(plain))), &r)
	}
	if err == nil {
		text, err = d.l.seal(key, r)
	}
	if err != nil {
		d.t.Fatal(err)
	}
	return text
}

func edited[K comparable, V any](t *testing.T, all map[K]*V, kind string, change func(kind, text string) string) {
	t.Helper()
	for key, value := range all {
		text, err := persist.Encode(value)
		now := new(V)
		if err == nil {
			err = persist.Decode([]byte(change(kind, string(text))), now)
		}
		if err != nil {
			t.Fatal(err)
		}
		all[key] = now
	}
}
