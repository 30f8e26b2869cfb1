//go:build !race

package drift

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/loginwatch/loginwatch"
)

// plant is a change of a vendor's, and how it is to be told.
type plant struct {
	name  string
	kase  int // 0 is the login, 1 the refused body
	apply func(w *world, s *said)
	kind  Kind
	place string
	class loginwatch.Class
}

func drops(kase int, place string, class loginwatch.Class) plant {
	return plant{"drop " + place, kase, func(_ *world, s *said) {
		if f := s.at(place); f != nil && f.required { // the document still has it
			f.rate = 0
			return
		}
		s.drop(place)
	}, Dropped, place, class}
}

func adds(kase int, f field, class loginwatch.Class) plant {
	return plant{"add " + f.place, kase, func(_ *world, s *said) { s.fields = append(s.fields, f) }, Added, f.place, class}
}

func renames(kase int, from, to string, class loginwatch.Class) plant {
	return plant{"rename " + from, kase, func(_ *world, s *said) {
		f := *s.at(from)
		was := s.at(from)
		if was.required {
			was.rate = 0
		} else {
			s.drop(from)
		}
		f.place, f.document, f.required, f.formed = to, "", false, ""
		s.fields = append(s.fields, f)
	}, Renamed, from, class}
}

func retypes(kase int, place string, to kind, is Kind, class loginwatch.Class) plant {
	return plant{"retype " + place, kase, func(_ *world, s *said) {
		to.share = 1
		s.at(place).kinds = []kind{to}
	}, is, place, class}
}

func lives(name string, seconds int, jitter int, class loginwatch.Class) plant {
	return plant{name, 0, func(_ *world, s *said) {
		s.lifetime = func(w *world) int { return seconds - w.rng.IntN(jitter) }
	}, Lifetime, "token", class}
}

// plants are all sorts of changes; each is at a place of its own.
func plants() []plant {
	b, t, a := loginwatch.Breaking, loginwatch.Tolerated, loginwatch.Additive
	return []plant{
		drops(0, "/user/id", b), drops(0, "/plan", t), drops(0, "/created", t), drops(0, "/user/short", b), drops(0, "/roles/*/name", t),
		drops(0, "header:X-Api", b), drops(0, "header:X-Frame-Options", t), drops(0, "cookie:lang", t), drops(0, "cookie:sid;HttpOnly", t),
		drops(1, "/message", b), drops(1, "header:X-Ratelimit-Remaining", t), drops(0, "cookie:sid;Secure", b), drops(0, "/user", b),
		adds(0, field{place: "/user/tier", kinds: one("string", ""), rate: 1}, a), adds(0, field{place: "/user/flags", kinds: one("array", ""), rate: 0.6}, a),
		adds(0, field{place: "/roles/*/scope", kinds: one("string", ""), rate: 1}, a), adds(1, field{place: "/help", kinds: one("string", "uri"), rate: 1}, a),
		adds(0, field{place: "header:X-Deprecation", kinds: one("string", ""), rate: 1}, a), adds(0, field{place: "cookie:consent", kinds: one("string", ""), rate: 1}, a),
		adds(0, field{place: "cookie:sid;Domain", kinds: one("string", ""), rate: 1}, a),
		renames(0, "/user/age", "/user/years", t), renames(0, "/level", "/rank", t), renames(0, "header:X-Request-Id", "header:X-Correlation-Id", t),
		renames(0, "/token", "/access_token", b), renames(1, "/message", "/detail", b), renames(0, "cookie:lang", "cookie:locale", t),
		retypes(0, "/user/age", kind{typ: "string", format: "digits"}, Retyped, b), retypes(0, "/level", kind{typ: "string"}, Retyped, t),
		retypes(0, "/plan", kind{typ: "object"}, Retyped, t), retypes(0, "/created", kind{typ: "integer"}, Retyped, b),
		retypes(0, "/user/id", kind{typ: "string", format: "digits"}, Reformed, b), retypes(0, "/created", kind{typ: "string", format: "date"}, Reformed, t),
		retypes(1, "/trace", kind{typ: "string", format: "hex"}, Reformed, t), retypes(0, "/token", kind{typ: "string", format: "hex"}, Reformed, t),
		retypes(0, "cookie:sid;SameSite", kind{typ: "string", format: "none"}, Reformed, b), retypes(1, "", kind{typ: "string", format: "text"}, Retyped, b),
		retypes(1, "header:Content-Type", kind{typ: "string", format: "text/html"}, Reformed, b),
		retypes(0, "/user/email", kind{typ: "object"}, Retyped, b),
		lives("half the lifetime", 1500, 3, t), lives("a longer lifetime", 40_000, 3, t),
		{"a shorter one than documented", 0, func(_ *world, s *said) {
			s.lifetime = func(w *world) int { return 600 + w.rng.IntN(2) }
			s.documented = time.Hour
		}, Lifetime, "token", b},
		{"another status", 1, func(_ *world, s *said) {
			s.status = 422
			s.findings = append(s.findings, loginwatch.Finding{Class: b, Kind: loginwatch.KindStatus})
		}, Answered, "answer", b},
		{"another error", 1, func(_ *world, s *said) {
			s.outcome, s.verdict = "", loginwatch.Drift
		}, Answered, "answer", b},
		{"an error that is a page", 1, func(_ *world, s *said) {
			s.outcome, s.verdict, s.page = "", loginwatch.Drift, true
		}, Answered, "answer", b},
		{"another CA", 0, func(w *world, _ *said) { w.issuers = []string{"CN=Other CA 1,O=Other Trust,C=DE"} }, Issued, "tls", t},
	}
}

// course is how a change comes: at once, to more and more of the servers, or to and fro.
type course string

const (
	atOnce   course = "at once"
	rolling  course = "rolling"
	flapping course = "flapping"
)

type planted struct {
	plant
	course course
	at     *time.Time // when it came first
}

// season has a vendor change some times in a year, and gives what was planted.
func season(seed uint64, every time.Duration, sorts []plant, learn func(*loginwatch.Run)) (w *world, all []planted) {
	w = asYouLike(seed, every)
	rng := rand.New(rand.NewPCG(seed, 3))
	w.cases[0].lifetime = func(w *world) int { return 3600 - w.rng.IntN(3) } // whose changes are planted too
	if len(w.issuers) == 0 {
		w.issuers = []string{"CN=R10,O=Let's Encrypt,C=US"}
	}
	from, places := begin, map[string]bool{}
	for i, p := range sorts {
		if touches(places, p) {
			continue
		}
		at := begin.AddDate(0, 0, 55+i*45).Add(time.Duration(rng.IntN(86400)) * time.Second)
		w.live(from, at, learn)
		how := []course{atOnce, atOnce, rolling, flapping}[rng.IntN(4)]
		if p.kind == Issued {
			how = atOnce
		}
		w.change(p, how, learn)
		all = append(all, planted{p, how, w.shown})
		from = w.now
	}
	w.live(from, begin.AddDate(1, 1, 0), learn)
	return w, all
}

// touches tells whether a plant is where an earlier one was.
func touches(places map[string]bool, p plant) bool {
	key := fmt.Sprint(p.kase, p.place)
	if p.place == "" || p.kind == Answered || p.place == "header:Content-Type" || p.place == "/user" {
		key = fmt.Sprint(p.kase, "whole")
	}
	for k := range places {
		if k == key || strings.HasSuffix(k, "whole") && k[0] == key[0] {
			return true
		}
	}
	places[key] = true
	return false
}

// change has a change come over the vendor.
func (w *world) change(p plant, how course, learn func(*loginwatch.Run)) {
	s := w.cases[p.kase]
	was := s.clone()
	p.apply(w, s)
	day := 24 * time.Hour
	steps := map[course][]float64{atOnce: {1}, rolling: {0.3, 0.3, 0.6, 0.8}, flapping: {1, 1, 0, 1, 0, 0, 1, 1}}[how]
	w.previous[s], w.fresh, w.shown = was, s, new(time.Time)
	for _, share := range steps {
		w.rollout[s] = share
		w.live(w.now, w.now.Add(max(day, 3*w.every)), learn)
	}
	delete(w.previous, s)
}

// plantedIn has vendors change, and tells how many of their changes were told as they are,
// and what else was.
func plantedIn(t *testing.T, base uint64, rounds int) (total, once, toomuch int) {
	sorts := plants()
	var mu sync.Mutex
	each(rounds, func(round int) {
		var some []plant
		for i := range 7 {
			some = append(some, sorts[(round*5+int(base)+i*9)%len(sorts)])
		}
		s := NewState()
		every := rates[1+round%4]
		w, all := season(base+uint64(round), every, some, learn(t, s))
		rest := told(s)
		mu.Lock()
		defer mu.Unlock()
		for _, p := range all {
			total++
			i := slices.IndexFunc(rest, func(c *Change) bool { return p.isToldBy(c, every) })
			if i < 0 {
				t.Logf("not told: %s, every %s: %s, %s, at %s (%s)", w.vendor, every, p.name, p.course, p.at.Format(time.DateTime), p.class)
				continue
			}
			once++
			rest = slices.Delete(rest, i, i+1)
		}
		for _, c := range rest {
			toomuch++
			t.Logf("too much: %s, every %s: %s", w.vendor, every, describe(c))
		}
	})
	return total, once, toomuch
}

// Of planted changes of every kind nearly all are told as one change, of the right class,
// at the right place, from the right time on, and nothing else is.
func TestPlantedChanges(t *testing.T) {
	total, once, more := plantedIn(t, 5000, 12)
	t.Logf("%d planted: %d told as one change each, of the right class, at the right place and time; beside them: %d", total, once, more)
	if float64(once) < 0.98*float64(total) || more > total/50 {
		t.Errorf("%d of %d, and %d others", once, total, more)
	}
}

func (p planted) isToldBy(c *Change, every time.Duration) bool {
	place := p.place
	if place == "" {
		place = "body"
	}
	late := max(10*every, 24*time.Hour)
	return len(c.Parts) == 1 && c.Parts[0].Kind == p.kind && c.Parts[0].Place == place && c.Class == p.class &&
		!c.First.Before(*p.at) && c.First.Sub(*p.at) <= late
}
