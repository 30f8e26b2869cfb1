package compute

import (
	"bytes"
	"encoding/json"
	"errors"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// at is the moment of every test that names none.
var at = time.Date(2026, 11, 26, 15, 4, 5, 678e6, time.UTC)

// zeros is a source of randomness that draws the same again and again.
type zeros struct{}

func (zeros) Read(b []byte) (int, error) { clear(b); return len(b), nil }

// vector is a call whose value a document gives. File names of testdata stand
// behind an @ in options.
type vector struct {
	Document string            `json:"document"`
	Function string            `json:"function"`
	Of       []string          `json:"of"`
	Options  map[string]string `json:"options"`
	Claims   map[string]any    `json:"claims"`
	Header   map[string]any    `json:"header"`
	Unix     int64             `json:"unix"`
	Method   string            `json:"method"`
	Target   string            `json:"target"`
	Body     string            `json:"body"`
	Random   string            `json:"random"`
	Value    string            `json:"value"`
	Undone   bool              `json:"undone"` // whether [Inputs] leads back
	Wrong    string            `json:"wrong"`  // the error, in place of a value
}

func (v vector) call(t testing.TB) Call {
	t.Helper()
	for name, value := range v.Options {
		if file, ok := strings.CutPrefix(value, "@"); ok {
			data, err := os.ReadFile(filepath.Join("testdata", file))
			if err != nil {
				t.Fatal(err)
			}
			v.Options[name] = string(data)
		}
	}
	return Call{Function: v.Function, Of: v.Of, Options: v.Options, Claims: v.Claims, Header: v.Header}
}

func (v vector) env() Env {
	env := Env{Now: at, Rand: zeros{}, Method: v.Method, Target: v.Target, Body: []byte(v.Body)}
	if v.Unix != 0 {
		env.Now = time.Unix(v.Unix, 0)
	}
	if v.Random != "" {
		env.Rand = strings.NewReader(v.Random)
	}
	return env
}

func vectors(t testing.TB, file string) (all []vector) {
	t.Helper()
	data, err := os.ReadFile(filepath.Join("testdata", file))
	if err != nil {
		t.Fatal(err)
	}
	decoder := json.NewDecoder(bytes.NewReader(data))
	decoder.DisallowUnknownFields()
	if err := decoder.Decode(&all); err != nil {
		t.Fatal(err)
	}
	return all
}

// TestVectors holds every function to what its standard's own examples give.
func TestVectors(t *testing.T) {
	for _, v := range vectors(t, "vectors.json") {
		t.Run(v.Document, func(t *testing.T) {
			call := v.call(t)
			if err := Check(call); err != nil {
				t.Fatalf("the check refuses it: %v", err)
			}
			got, err := Do(call, v.env())
			if err != nil || got != v.Value {
				t.Fatalf("got %q, %v; want %q", got, err, v.Value)
			}
			if !Accepts(call, got, v.env()) {
				t.Error("its own value is not accepted")
			}
			for _, other := range neighbours(got) {
				if v.Function != "random" && v.Function != "now" && Accepts(call, other, v.env()) {
					t.Errorf("%q is accepted as well", other)
				}
			}
			inputs, ok := Inputs(call, got)
			if ok != v.Undone || ok && !cmp.Equal(inputs, v.Of) {
				t.Errorf("the inputs read back are %q, %v", inputs, ok)
			}
		})
	}
}

// TestTable holds that no function is without examples, and that all its options
// are used by one.
func TestTable(t *testing.T) {
	used := map[string]map[string]bool{}
	for _, v := range append(vectors(t, "vectors.json"), vectors(t, "accepted.json")...) {
		if used[v.Function] == nil {
			used[v.Function] = map[string]bool{}
		}
		for name := range v.Options {
			used[v.Function][name] = true
		}
	}
	for _, f := range Functions() {
		if used[f.Name] == nil {
			t.Errorf("no example of %s", f.Name)
		}
		for _, o := range f.Options {
			if !used[f.Name][o.Name] && !slices.Contains([]string{"sha512", "sha1", "md5"}, f.Name) { // they share those of sha256
				t.Errorf("no example of %s with %s", f.Name, o.Name)
			}
			if o.Required && o.Default != "" || o.Default != "" && !slices.Contains(o.Values, o.Default) {
				t.Errorf("%s: %s has the default %q", f.Name, o.Name, o.Default)
			}
		}
	}
}

// TestAccepted holds what others made of the same inputs: examples of standards
// in which something was drawn, and values by other libraries.
func TestAccepted(t *testing.T) {
	for _, v := range vectors(t, "accepted.json") {
		t.Run(v.Document, func(t *testing.T) {
			call := v.call(t)
			if !Accepts(call, v.Value, v.env()) {
				t.Error("it is refused")
			}
			for _, other := range neighbours(v.Value) {
				if Accepts(call, other, v.env()) {
					t.Errorf("%q is accepted as well", other)
				}
			}
			for i := range v.Of {
				changed := call
				changed.Of = slices.Clone(v.Of)
				changed.Of[i] += "x"
				if Accepts(changed, v.Value, v.env()) {
					t.Errorf("it is accepted with another input %d", i+1)
				}
			}
			if strings.Contains(v.Document, "by the public key") {
				return
			}
			if got, err := Do(call, v.env()); err != nil || !Accepts(call, got, v.env()) {
				t.Errorf("what we make ourselves is refused: %q, %v", got, err)
			}
		})
	}
}

// neighbours are values that differ from one in what a server must see.
func neighbours(value string) []string {
	if value == "" {
		return []string{"x"}
	}
	last := value[len(value)-1]
	return []string{"", value + value, value[:len(value)-1], "!" + value[1:], value[:len(value)-1] + string(rune(last^1)), value + "\n"}
}

// TestErrors holds what each error says and whose it is.
func TestErrors(t *testing.T) {
	for _, v := range vectors(t, "errors.json") {
		t.Run(v.Wrong, func(t *testing.T) {
			_, err := Do(v.call(t), v.env())
			var typed *Error
			if !errors.As(err, &typed) || err.Error() != v.Wrong {
				t.Errorf("got  %v\nwant %s", err, v.Wrong)
			}
			if Accepts(v.call(t), v.Value, v.env()) {
				t.Error("a call that has no value accepts one")
			}
		})
	}
}

// TestNow holds how far a time may be off, in each format.
func TestNow(t *testing.T) {
	for _, format := range timeFormats {
		for _, plus := range []string{"0s", "5m", "-48h"} {
			call := Call{Function: "now", Options: map[string]string{"format": format, "plus": plus}}
			value, err := Do(call, Env{Now: at})
			if err != nil {
				t.Fatal(err)
			}
			day := time.Duration(0)
			if format == "date" {
				day = 24 * time.Hour
			}
			for later, want := range map[time.Duration]bool{
				0: true, leeway - 2*time.Second: true, 2*time.Second - leeway: true, day + leeway + time.Second: false, -day - leeway - time.Second: false,
			} {
				if Accepts(call, value, Env{Now: at.Add(later)}) != want {
					t.Errorf("%s %s, %v later: accepted is not %v", format, plus, later, want)
				}
			}
			for _, bad := range []string{"", value + " ", "0" + value, "+" + value, "x", value + "9"} {
				if Accepts(call, bad, Env{Now: at}) {
					t.Errorf("%s: %q is accepted", format, bad)
				}
			}
		}
	}
}

// TestRandom draws every form many times from a source with every byte, and
// holds that each draw is of its form and that no other form is.
func TestRandom(t *testing.T) {
	source := rand.New(rand.NewPCG(1, 2))
	reader := readerFunc(func(b []byte) (int, error) {
		for i := range b {
			b[i] = byte(source.Uint32())
		}
		return len(b), nil
	})
	for _, format := range randomFormats {
		call := Call{Function: "random", Options: map[string]string{"format": format}}
		seen := map[string]bool{}
		for range 200 {
			value, err := Do(call, Env{Rand: reader})
			if err != nil || seen[value] || !Accepts(call, value, Env{}) {
				t.Fatalf("%s: %q, %v", format, value, err)
			}
			seen[value] = true
			for _, bad := range []string{"", value[1:], value + "0", "!" + value[1:], strings.Replace(value, "-", "0", 1) + "-", value + "\n"} {
				if Accepts(call, bad, Env{}) && bad != value {
					t.Errorf("%s: %q is accepted", format, bad)
				}
			}
		}
		for _, env := range []Env{{}, {Rand: strings.NewReader("abc")}} {
			if value, err := Do(call, env); err == nil {
				t.Errorf("%s without randomness gives %q", format, value)
			}
		}
	}
}

type readerFunc func(b []byte) (int, error)

func (f readerFunc) Read(b []byte) (int, error) { return f(b) }
