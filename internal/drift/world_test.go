package drift

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"time"

	"github.com/loginwatch/loginwatch"
)

// world is a vendor of the generator's: what it answers, and what its document says. It
// shares nothing with what learns from it but the nouns of a run.
type world struct {
	rng      *rand.Rand
	vendor   string
	every    time.Duration
	cases    []*said
	issuers  []string
	settled  time.Duration // for which one front server answers; 0 for each request another one
	servers  [][]string    // their headers
	failing  float64
	quiet    [2]int // days on which nothing runs
	upkeep   string // what a maintenance looks like, three hours of each month
	now      time.Time
	rollout  map[*said]float64 // the share of answers that are as they will be
	previous map[*said]*said
	fresh    *said      // the answer that has changed last
	shown    *time.Time // when that came first
}

// said is what the answer to one case is.
type said struct {
	kase, outcome string
	status        int
	verdict       loginwatch.Verdict
	fields        []field
	lifetime      func(w *world) int
	documented    time.Duration
	page          bool
	findings      []loginwatch.Finding
}

// field is one place: a field, header, cookie or attribute.
type field struct {
	place    string
	kinds    []kind
	rate     float64 // of answers that have it
	document string  // the type that is documented; "" for none
	required bool
	formed   string // the documented form
	weekday  int    // on which alone it comes; 0 for any
}

// kind is what may stand at a place.
type kind struct {
	typ, format string
	share       float64
}

func one(typ, format string) []kind { return []kind{{typ, format, 1}} }

func (s *said) clone() *said {
	c := *s
	c.fields = slices.Clone(s.fields)
	c.findings = slices.Clone(s.findings)
	return &c
}

func (s *said) at(place string) *field {
	for i := range s.fields {
		if s.fields[i].place == place {
			return &s.fields[i]
		}
	}
	return nil
}

func (s *said) drop(place string) {
	s.fields = slices.DeleteFunc(s.fields, func(f field) bool {
		return f.place == place || strings.HasPrefix(f.place, place+"/") || strings.HasPrefix(f.place, place+";")
	})
}

// run gives what a run of the case at this moment brings; nil for one that says nothing of
// the vendor's answers.
func (w *world) run(s *said) *loginwatch.Run {
	if was := w.previous[s]; was != nil && w.rng.Float64() >= w.rollout[s] {
		s = was
	}
	step := loginwatch.StepResult{Case: s.kase, Operation: "login", HTTPStatus: s.status}
	step.Verdict, step.Outcome, step.Evidence = s.verdict, s.outcome, &loginwatch.Evidence{Status: s.status}
	if len(w.issuers) > 0 {
		step.Evidence.Certificates = []loginwatch.Certificate{{Issuer: w.issuers[w.now.YearDay()/60%len(w.issuers)]}}
	}
	switch down := w.now.Day() == 3 && w.now.Hour() < 3; {
	case w.rng.Float64() < w.failing, down && w.upkeep == "page":
		step.Verdict, step.Outcome, step.HTTPStatus, step.Sign = loginwatch.Unavailable, "", 503, loginwatch.SignMaintenance
		step.Evidence.Answer = []loginwatch.Trait{{Type: "string", Format: "HTML", Length: 90}}
	case down && w.upkeep == "json":
		step.Verdict, step.Outcome = loginwatch.Drift, ""
		step.Evidence.Answer = []loginwatch.Trait{{Type: "object", Length: 1}, {Place: "/maintenance", Type: "boolean"}}
	case down && w.upkeep == "html":
		step.Verdict, step.Outcome, step.Sign = loginwatch.Drift, "", loginwatch.SignPage
		step.Evidence.Answer = []loginwatch.Trait{{Type: "string", Format: "HTML", Length: 90}}
	default:
		if s == w.fresh && w.shown.IsZero() {
			*w.shown = w.now
		}
		w.say(s, &step)
		if down && w.upkeep == "header" {
			step.Evidence.Answer = append(step.Evidence.Answer, loginwatch.Trait{Place: "header:X-Maintenance", Type: "string"})
		}
	}
	return &loginwatch.Run{
		Key: loginwatch.Key{Vendor: w.vendor, Probe: s.kase, Target: "production"}, ID: fmt.Sprintf("%s-%d", s.kase, w.now.Unix()), Started: w.now,
		Steps: []loginwatch.StepResult{step}, Verdict: step.Verdict,
	}
}

// say fills in an answer, and what is said of it against the document.
func (w *world) say(s *said, step *loginwatch.StepResult) {
	answer := &step.Evidence.Answer
	there := map[string]bool{}
	items := w.rng.IntN(4) // of every array
	for i := range s.fields {
		f := &s.fields[i]
		parent := parentInWorld(f.place)
		if parent != "" && !there[parent] || f.weekday > 0 && int(w.now.Weekday()) != f.weekday {
			continue
		}
		comes := w.rng.Float64() < f.rate
		if strings.Contains(f.place, "*") {
			comes = items > 0 && comes
		}
		if !comes {
			if f.required {
				step.Findings = append(step.Findings, finding(loginwatch.Breaking, loginwatch.KindMissing, f.place))
			}
			continue
		}
		k := w.pick(f.kinds)
		there[f.place] = true
		t := loginwatch.Trait{Place: f.place, Type: k.typ, Format: k.format, Length: 1 + w.rng.IntN(30)}
		if t.Type == "array" {
			t.Length = items
		}
		*answer = append(*answer, t)
		if found := f.judge(k); found != nil {
			step.Findings = append(step.Findings, *found)
		}
	}
	step.Findings = append(step.Findings, s.findings...)
	if s.lifetime != nil {
		step.Token = loginwatch.TokenFacts{Present: true, HasLifetime: true, Lifetime: time.Duration(s.lifetime(w)) * time.Second}
		if s.documented > 0 && step.Token.Lifetime < s.documented-5*time.Second {
			step.Findings = append(step.Findings, finding(loginwatch.Breaking, loginwatch.KindTokenLifetime, "/token"))
		}
	}
	if len(w.servers) > 0 {
		which := w.rng.IntN(len(w.servers))
		if w.settled > 0 {
			which = int(uint64(w.now.Unix())/uint64(w.settled.Seconds())*2654435761>>8) % len(w.servers)
		}
		for _, h := range w.servers[which] {
			*answer = append(*answer, loginwatch.Trait{Place: "header:" + h, Type: "string"})
		}
	}
	if s.page {
		step.Sign = loginwatch.SignPage
	}
	for _, f := range step.Findings {
		if f.Class == loginwatch.Breaking {
			step.Verdict = loginwatch.Drift
		}
	}
}

// judge holds a value against the document.
func (f *field) judge(k kind) *loginwatch.Finding {
	isBody := f.place == "" || f.place[0] == '/'
	var found loginwatch.Finding
	switch {
	case f.document == "" && isBody:
		found = finding(loginwatch.Additive, loginwatch.KindExtra, f.place)
	case f.document != "" && isBody && !strings.Contains(f.document, k.typ):
		found = finding(loginwatch.Breaking, loginwatch.KindType, f.place)
	case f.formed != "" && f.formed != k.format && f.place == "header:Content-Type":
		found = finding(loginwatch.Breaking, loginwatch.KindContentType, "")
	case f.formed != "" && f.formed != k.format:
		found = finding(loginwatch.Breaking, loginwatch.KindFormat, strings.Split(f.place, ";")[0])
	default:
		return nil
	}
	return &found
}

func finding(c loginwatch.Class, k loginwatch.Kind, pointer string) loginwatch.Finding {
	return loginwatch.Finding{Class: c, Kind: k, Pointer: strings.ReplaceAll(strings.Split(pointer, ";")[0], "*", "0"), Documented: "so", Contract: "contract.yaml:7"}
}

func (w *world) pick(kinds []kind) kind {
	x := w.rng.Float64()
	for _, k := range kinds {
		if x < k.share {
			return k
		}
		x -= k.share
	}
	return kinds[len(kinds)-1]
}

func parentInWorld(place string) string {
	if i := strings.LastIndexByte(place, '/'); i > 0 && place[0] == '/' {
		return place[:i]
	}
	cookie, _, is := strings.Cut(place, ";")
	if is {
		return cookie
	}
	return ""
}

// asYouLike makes a vendor with all the ways in which answers vary and nothing changes.
func asYouLike(seed uint64, every time.Duration) *world {
	rng := rand.New(rand.NewPCG(seed, 7))
	w := &world{
		rng: rng, vendor: fmt.Sprintf("vendor-%d", seed), every: every, failing: []float64{0, 0.001, 0.02}[rng.IntN(3)],
		upkeep: []string{"", "page", "json", "html", "header"}[rng.IntN(5)], rollout: map[*said]float64{}, previous: map[*said]*said{},
		settled: []time.Duration{0, time.Hour, 7 * time.Hour, 26 * time.Hour}[rng.IntN(4)],
	}
	if rng.IntN(3) > 0 {
		w.issuers = []string{"CN=R10,O=Let's Encrypt,C=US", "CN=R11,O=Let's Encrypt,C=US", "CN=E5,O=Let's Encrypt,C=US"}
	}
	if rng.IntN(2) == 0 {
		w.servers = [][]string{{"X-Powered-By", "X-Node"}, {"X-Powered-By"}, {"X-Frontend", "X-Node"}}[:2+rng.IntN(2)]
	}
	if rng.IntN(2) == 0 {
		from := 60 + rng.IntN(200)
		w.quiet = [2]int{from, from + 10 + rng.IntN(20)}
	}
	lifetimes := []func(*world) int{
		func(*world) int { return 3600 },
		func(w *world) int { return 3600 - w.rng.IntN(3) },
		func(w *world) int { return 86400 - int(w.now.Unix()%86400) },
		func(w *world) int { return 1 + w.rng.IntN(7200) },
		func(w *world) int { return []int{900, 86400}[w.rng.IntN(2)] },
		func(w *world) int { return 59 + w.rng.IntN(3) },
	}
	success := &said{kase: "valid", outcome: "success", status: 200, verdict: loginwatch.OK, lifetime: lifetimes[rng.IntN(len(lifetimes))]}
	success.fields = append(headers(rng), successBody(rng)...)
	wrong := &said{kase: "malformed", outcome: "invalid", status: 400, verdict: loginwatch.OK, fields: append(headers(rng), errorBody(rng)...)}
	w.cases = []*said{success, wrong}
	return w
}

func headers(rng *rand.Rand) []field {
	all := []field{
		{place: "header:Content-Type", kinds: one("string", "application/json"), rate: 1, document: "string", formed: "application/json"},
		{place: "header:Date", kinds: one("string", "http-date"), rate: 1},
		{place: "header:X-Frame-Options", kinds: one("string", ""), rate: 1},
		{place: "header:X-Request-Id", kinds: []kind{{"string", "uuid", 0.9}, {"string", "", 0.1}}, rate: 1},
		{place: "header:X-Api", kinds: one("string", ""), rate: 1, document: "string", required: true},
		{place: "header:X-Ratelimit-Remaining", kinds: one("string", "digits"), rate: 1},
		{place: "header:Age", kinds: one("string", "digits"), rate: []float64{0, 0.3, 0.002}[rng.IntN(3)]},
		{place: "header:X-Cache", kinds: one("string", ""), rate: 0.5},
		{place: "header:X-Debug", kinds: one("string", ""), rate: []float64{0.5, 0.05, 0.01, 0.001}[rng.IntN(4)]},
		{place: "cookie:AWSALB", kinds: one("string", ""), rate: 0.7},
		{place: "cookie:sid", kinds: one("string", "hex"), rate: 1, document: "string", required: true},
		{place: "cookie:sid;Secure", kinds: one("string", ""), rate: 1, document: "string", required: true},
		{place: "cookie:sid;HttpOnly", kinds: one("string", ""), rate: 1},
		{place: "cookie:sid;SameSite", kinds: one("string", "lax"), rate: 1, document: "string", formed: "lax"},
		{place: "cookie:lang", kinds: one("string", ""), rate: 1},
	}
	if rng.IntN(2) == 0 {
		all = append(all, field{place: "header:X-Sunday", kinds: one("string", ""), rate: 1, weekday: 7 - 1})
	}
	return all
}

func successBody(rng *rand.Rand) []field {
	rare := func() float64 { return []float64{0.5, 0.2, 0.05, 0.01, 0.003}[rng.IntN(5)] }
	return []field{
		{place: "", kinds: one("object", ""), rate: 1, document: "object", required: true},
		{place: "/token", kinds: one("string", "jwt"), rate: 1, document: "string", required: true},
		{place: "/user", kinds: one("object", ""), rate: 1, document: "object", required: true},
		{place: "/user/id", kinds: one("string", "uuid"), rate: 1, document: "string", required: true, formed: "uuid"},
		{place: "/user/short", kinds: []kind{{"string", "digits", 0.02}, {"string", "", 0.98}}, rate: 1, document: "string", required: true},
		{place: "/user/secret", kinds: []kind{{"string", "hex", 0.003}, {"string", "base64", 0.997}}, rate: 1},
		{place: "/user/email", kinds: []kind{{"string", "email", 1 - rare()/2}, {"null", "", 1}}, rate: 1, document: "string|null"},
		{place: "/user/phone", kinds: one("string", "digits"), rate: rare(), document: "string"},
		{place: "/user/nick", kinds: one("string", ""), rate: rare()},
		{place: "/user/score", kinds: []kind{{"integer", "", 0.99}, {"number", "", 0.01}}, rate: 1},
		{place: "/user/age", kinds: one("integer", ""), rate: 1, document: "integer"},
		{place: "/roles", kinds: one("array", ""), rate: 1, document: "array", required: true},
		{place: "/roles/*", kinds: one("object", ""), rate: 1, document: "object"},
		{place: "/roles/*/name", kinds: one("string", ""), rate: 1, document: "string", required: false},
		{place: "/roles/*/note", kinds: one("string", ""), rate: rare()},
		{place: "/plan", kinds: one("string", ""), rate: 1},
		{place: "/level", kinds: one("integer", ""), rate: 1},
		{place: "/created", kinds: one("string", "date-time"), rate: 1, document: "string"},
		{place: "/notice", kinds: one("object", ""), rate: rare()},
		{place: "/notice/text", kinds: one("string", ""), rate: 1},
		{place: "/notice/link", kinds: one("string", "uri"), rate: rare()},
	}
}

func errorBody(rng *rand.Rand) []field {
	return []field{
		{place: "", kinds: one("object", ""), rate: 1, document: "object", required: true},
		{place: "/errors", kinds: one("array", ""), rate: 1, document: "array", required: true},
		{place: "/errors/*", kinds: one("object", ""), rate: 1, document: "object"},
		{place: "/errors/*/code", kinds: []kind{{"string", "", 0.6}, {"integer", "", 0.4}}, rate: 1, document: "string|integer"},
		{place: "/errors/*/field", kinds: one("string", ""), rate: 0.4},
		{place: "/message", kinds: one("string", ""), rate: 1, document: "string", required: true},
		{place: "/trace", kinds: one("string", "uuid"), rate: []float64{1, 0.5}[rng.IntN(2)]},
	}
}

// live has runs come through a time, and gives each to learn.
func (w *world) live(from, until time.Time, learn func(*loginwatch.Run)) {
	for w.now = from; w.now.Before(until); w.now = w.now.Add(w.every) {
		day := int(w.now.Sub(begin).Hours() / 24)
		if day >= w.quiet[0] && day < w.quiet[1] {
			continue
		}
		for _, s := range w.cases {
			learn(w.run(s))
		}
	}
}

var begin = time.Date(2026, time.January, 1, 0, 0, 0, 0, time.UTC)

// told gives the changes of a state by when they began.
func told(s *State) []*Change {
	return slices.SortedFunc(slices.Values(s.Changes), func(a, b *Change) int { return a.First.Compare(b.First) })
}

func describe(c *Change) string {
	var parts []string
	for _, p := range c.Parts {
		parts = append(parts, fmt.Sprintf("%s %s (%s -> %s)", p.Kind, p.Place, p.From, p.To))
	}
	return fmt.Sprintf("%s, %s: %s at %v from %s on (%d answers)", c.ID, c.Class, strings.Join(parts, "; "), c.At, c.First.Format(time.DateTime), c.Answers)
}
