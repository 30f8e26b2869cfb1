package drift

import (
	"encoding/json"
	"reflect"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/loginwatch/loginwatch"
	"github.com/loginwatch/loginwatch/internal/persist/persisttest"
)

// Each struct of a state has a place for what a newer version writes into it.
func TestEachPartOfAStateKeepsMore(t *testing.T) {
	for _, missing := range persisttest.Without(reflect.TypeFor[State]()) {
		t.Errorf("%s drops what it does not know", missing)
	}
}

// An older daemon beside a newer one takes nothing away from what that has written, whether
// it has read it before it learned on or only finds it when it keeps what it has learned.
func TestKeepsWhatNewerVersionsWrite(t *testing.T) {
	for name, restarts := range map[string]bool{"it is restarted": true, "it goes on": false} {
		t.Run(name, func(t *testing.T) {
			s := &shelf{texts: map[string]string{}}
			w := asYouLike(80, time.Hour)
			w.quiet = [2]int{}
			r := newReplica(s, w)
			record := func(run *loginwatch.Run) {
				if err := r.RecordRun(t.Context(), run); err != nil {
					t.Fatal(err)
				}
			}
			w.live(begin, begin.AddDate(0, 1, 0), record)
			w.cases[0].at("/user/id").rate = 0
			w.live(w.now, w.now.AddDate(0, 0, 2), record)
			r.Keep(t.Context(), true)
			w.cases[0].at("/plan").kinds = one("integer", "")
			w.live(w.now, w.now.Add(2*time.Hour), record) // a spell
			r.Keep(t.Context(), true)
			key := Target{w.vendor, "production"}.key()
			head, plain, _ := strings.Cut(s.texts[key], "\n")
			added, kinds := map[string]bool{}, map[string]int{}
			s.texts[key] = head + " newer\n" + changed(t, plain, func(path, kind string, object map[string]any) {
				object["tomorrow"] = []any{1.5, nil}
				added[path] = true
				kinds[kind]++
			})
			for _, kind := range strings.Fields("state shape node count value spell change part cited") {
				if kinds[kind] == 0 {
					t.Errorf("the test has no %s", kind)
				}
			}
			if restarts {
				r = newReplica(s, w)
				r.Keep(t.Context(), true)
			}
			w.live(w.now, w.now.Add(2*time.Hour), record)
			r.Keep(t.Context(), true)
			is, plain, _ := strings.Cut(s.texts[key], "\n")
			if is == head+" newer" {
				t.Error("nothing was kept")
			}
			changed(t, plain, func(path, kind string, object map[string]any) {
				if kept := reflect.DeepEqual(object["tomorrow"], []any{1.5, nil}); added[path] && !kept {
					t.Errorf("what was added to the %s at %s is gone", kind, path)
				}
			})
		})
	}
}

// parts are the objects below the members of an object.
var parts = map[string]string{"shapes": "shape", "places": "node", "in": "count", "open": "count", "values": "value", "spell": "spell", "changes": "change", "parts": "part", "cited": "cited"}

// changed gives a state after each object was seen.
func changed(t *testing.T, text string, see func(path, kind string, object map[string]any)) string {
	t.Helper()
	var state map[string]any
	if err := json.Unmarshal([]byte(text), &state); err != nil {
		t.Fatal(err)
	}
	var walk func(path, kind string, object map[string]any)
	walk = func(path, kind string, object map[string]any) {
		for name, below := range object {
			switch v := below.(type) {
			case []any:
				for i, e := range v {
					if o, is := e.(map[string]any); is {
						walk(path+" "+name+" "+strconv.Itoa(i), parts[name], o)
					}
				}
			case map[string]any:
				if name == "shapes" || name == "places" || name == "values" {
					for key, e := range v {
						walk(path+" "+name+" "+key, parts[name], e.(map[string]any))
					}
				} else {
					walk(path+" "+name, parts[name], v)
				}
			}
		}
		see(path, kind, object)
	}
	walk("", "state", state)
	again, err := json.Marshal(state)
	if err != nil {
		t.Fatal(err)
	}
	return string(again)
}

// What a newer version has written in another form is left to it: neither read nor written over.
func TestLeavesANewerForm(t *testing.T) {
	s := &shelf{texts: map[string]string{}}
	w := asYouLike(81, time.Hour)
	key := Target{w.vendor, "production"}.key()
	const theirs = "7 head\n{\"format\":2,\"shapes\":[]}"
	r := newReplica(s, w)
	for _, text := range []string{"", theirs} { // before it is known that there is a newer one, and since
		s.texts[key] = text
		w.live(begin, begin.AddDate(0, 0, 1), func(run *loginwatch.Run) { _ = r.RecordRun(t.Context(), run) })
		r.Keep(t.Context(), true)
	}
	r.Keep(t.Context(), true)
	if s.texts[key] != theirs {
		t.Errorf("it was written over: %.80s", s.texts[key])
	}
	if n := strings.Count(r.log.String(), "has the form 2, this version knows 1"); n != 1 {
		t.Errorf("told %d times:\n%s", n, r.log)
	}
	again := newReplica(s, w)
	again.Keep(t.Context(), true)
	if s.texts[key] != theirs || !strings.Contains(again.log.String(), "has the form 2") {
		t.Errorf("%.80s, %s", s.texts[key], again.log)
	}
}
