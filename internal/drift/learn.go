package drift

import (
	"math"
	"slices"
	"time"

	"github.com/loginwatch/loginwatch"
)

// When something is new for good.
const (
	confirmed = 3 // answers that show it
	// enough is how much likelier it has to be that something changed than that it was so
	// always and did not show: the logarithm of it.
	enough = 16
	// lasting is how long what breaks nothing has to stay: a day tells a release from a
	// front server that was away, or a maintenance that ends.
	lasting = 24 * time.Hour
	// apart ends a spell: so many answers, and so long, without it.
	apartAnswers = 20
	apart        = 24 * time.Hour
)

// Learned is what came of an observation.
type Learned struct {
	New  bool      // something was seen for the first time: it should be kept soon
	Odd  bool      // something was not as it was learned, whether it is to stay or not
	Told []*Change // that are new
}

// Learn learns from an answer.
func (s *State) Learn(o *Observation) (l Learned) {
	if !s.trusts(o.At.Unix()) {
		return l
	}
	if o.Verdict == loginwatch.OK || o.Verdict == loginwatch.Drift {
		s.watch(o, o.Operation+"/"+o.Case, placeAnswer, o.answer(), &l)
	}
	if o.Issuer != "" {
		s.watch(o, "", placeIssuer, o.Issuer, &l)
	}
	if o.Page {
		return l
	}
	sh := s.shape(o.shape(), &l)
	if sh == nil {
		return l
	}
	seen := o.look()
	if o.HasLifetime {
		sh.lifetime(int64(o.Lifetime/time.Second), o.At.Unix(), &seen)
	}
	s.take(o, o.shape(), sh, seen, &l)
	return l
}

// watch learns the one value of what is no part of a message.
func (s *State) watch(o *Observation, name, place, value string, l *Learned) {
	if sh := s.shape(name, l); sh != nil {
		s.take(o, name, sh, sight{values: map[string][]string{place: {value}}, open: map[string]bool{}}, l)
	}
}

func (s *State) shape(name string, l *Learned) *shape {
	sh := s.Shapes[name]
	if sh == nil && len(name) < 3*longest && s.room(name) {
		sh = &shape{Places: map[string]*node{}}
		s.Shapes[name] = sh
		l.New = true
	}
	return sh
}

// take learns what was seen in one shape.
func (s *State) take(o *Observation, name string, sh *shape, seen sight, l *Learned) {
	at := o.At.Unix()
	s.follow(name, o, seen)
	answer := sh.root()
	before := *answer
	sh.Answers++
	sh.Seen = max(sh.Seen, at)
	answer.add(at)
	var news []event
	come := map[string]bool{} // of which nobody is told where there are so many that others have to go
	spare := &spares{of: sh, now: seen}
	for _, place := range sh.unknown(seen) {
		if crowded := len(sh.Places) >= mostPlaces; sh.add(place, spare, before) {
			come[place] = crowded
			l.New = l.New || !crowded
		}
	}
	for place, n := range sh.Places {
		if place == "" {
			continue
		}
		values := seen.values[place]
		switch parent := parentOf(place); {
		case len(values) == 0 && (!seen.open[parent] || whole(place)):
			continue // it could not be seen
		case len(values) == 0:
			values = []string{absent}
		}
		more, isNew, odd := n.see(o, sh, place, values, at)
		news = append(news, more...)
		l.New, l.Odd = l.New || isNew && !come[place], l.Odd || odd && !come[place]
	}
	for place := range seen.open {
		if n := sh.Places[place]; n != nil && place != "" {
			n.Open.add(at)
		}
	}
	if len(news) > 0 {
		s.tell(o, name, sh, news, l)
	}
}

// whole tells whether a place is always there where it can be seen at all: of what is no
// part of a message, and of forms, whose text would be missing itself.
func whole(place string) bool {
	return place == placeAnswer || place == placeIssuer || place == placeLifetime || len(place) > len(formatOf) && place[len(place)-len(formatOf):] == formatOf
}

// unknown gives the places of an answer that none had before, those in which others stand first.
func (sh *shape) unknown(seen sight) (places []string) {
	for place := range seen.values {
		if sh.Places[place] == nil {
			places = append(places, place)
		}
	}
	slices.Sort(places)
	return places
}

// root counts the answers of the shape.
func (sh *shape) root() *count {
	n := sh.Places[""]
	if n == nil {
		n = &node{}
		sh.Places[""] = n
	}
	return &n.Open
}

// add makes a place known. Whatever it stands in was seen for so long without it.
func (sh *shape) add(place string, spare *spares, root count) bool {
	if len(sh.Places) >= mostPlaces && !spare.evict() {
		return false
	}
	in := root
	if parent := parentOf(place); parent != "" {
		if p := sh.Places[parent]; p != nil {
			in = p.Open
		} else {
			in = count{}
		}
	}
	in.More = nil // of the place that it was seen in
	n := &node{In: in}
	if in.N > 0 {
		if whole(place) || place == placeFull { // there was nothing that it could have been of
			n.In = count{}
		} else {
			n.Values.put(absent, &value{N: in.N, Known: true, Last: in.Day * 86400})
			n.Miss, n.MissAt, n.MissIn = in.N, in.Since, 0
		}
	}
	sh.Places[place] = n
	return true
}

// event is something that is new for good.
type event struct {
	place    string
	from, to string
	spell    spell
}

// see learns what stood at a place. isNew tells whether that is worth being kept soon, odd
// whether it is not as it was learned.
func (n *node) see(o *Observation, sh *shape, place string, values []string, at int64) (news []event, isNew, odd bool) {
	learned := n.In.learned(at)
	before := n.In.N
	n.In.add(at)
	for _, v := range values {
		of := n.Values.of(v)
		if of == nil {
			if len(n.Values) >= mostValues && !n.evict() {
				continue
			}
			of = &value{Known: !learned}
			n.Values.put(v, of)
			isNew = true
		}
		of.Last = max(of.Last, at)
		if of.Known {
			of.N++
			continue
		}
		begun := of.extend(o, sh, place, at, before)
		isNew, odd = isNew || begun, odd || begun
		if of.Spell.lasts(n.In.N, of.N, at) {
			news = append(news, event{place, n.usual(v), v, *of.Spell})
		}
	}
	if values[0] != absent {
		n.present()
	} else if e, gone := n.missing(sh, place, at); gone {
		news = append(news, e)
	}
	return news, isNew, odd
}

// evict makes room for a value: one that is not known, and was seen longest ago.
func (n *node) evict() bool {
	var oldest named
	for _, of := range n.Values {
		if !of.Known && (oldest.value == nil || of.Last < oldest.Last) {
			oldest = of
		}
	}
	n.Values.drop(oldest.Name)
	return oldest.value != nil
}

// extend counts an answer with a value that is not known.
func (v *value) extend(o *Observation, sh *shape, place string, at int64, before int) (begun bool) {
	p := v.Spell
	if p != nil && before-p.LastIn > apartAnswers && at-p.Last > int64(apart/time.Second) {
		v.N += p.N
		p = nil
	}
	if p == nil {
		p = &spell{At: at, Begin: sh.Answers, In: before, Run: o.Run}
		v.Spell = p
		begun = true
	}
	p.N++
	p.Last, p.LastIn = max(p.Last, at), before+1
	if f := o.finding(place, ""); f != nil && (p.Class == "" || rank(f.Class) < rank(p.Class)) {
		p.Class, p.Cited = f.Class, citedOf(f)
	}
	if place == placeAnswer && o.Verdict == loginwatch.Drift {
		// The run has told of it already, and an answer that no document has may be one of
		// a maintenance.
		p.Class, p.Slow = loginwatch.Breaking, p.Slow || o.Outcome == ""
	}
	return begun
}

// lasts tells whether a value has come to stay: what breaks after a few answers, anything
// else after a day. in are the answers of its place by now, n those with it before.
func (p *spell) lasts(in, n int, at int64) bool {
	if p.N < confirmed {
		return false
	}
	if p.Class == loginwatch.Breaking && !p.Slow {
		return true
	}
	return at-p.At >= int64(lasting/time.Second) && surprise(n, p.In, p.N, in-p.In) >= enough
}

// surprise is how much likelier it is that something which came k of n times, and then l
// of m times, has changed between them than that it did not: the logarithm of the ratio
// of the best likelihoods.
func surprise(k, n, l, m int) float64 {
	likelihood := func(k, n int) float64 {
		if k <= 0 || k >= n {
			return 0
		}
		p := float64(k) / float64(n)
		return float64(k)*math.Log(p) + float64(n-k)*math.Log(1-p)
	}
	return likelihood(k, n) + likelihood(l, m) - likelihood(k+l, n+m)
}

// usual is what stood there before most often.
func (n *node) usual(but string) string {
	best, most := "", -1
	for _, of := range n.Values {
		if of.Name != but && of.Known && (of.N > most || of.N == most && of.Name < best) {
			best, most = of.Name, of.N
		}
	}
	return best
}

// present ends a row of answers without.
func (n *node) present() {
	if n.Miss > 0 {
		n.Worst = max(n.Worst, n.Miss)
		n.Rows++
	}
	n.Miss, n.MissAt = 0, 0
}

const (
	// often is of how many answers something has to be in to be missed after few gaps.
	often = 0.9
	// gaps is how many gaps tell how long they are where it comes less often.
	gaps = 20
	// times is how much longer than any before a gap has to be.
	times = 5
)

// missing counts an answer without what is missing at times anyway, and tells whether that
// is for longer than chance explains.
func (n *node) missing(sh *shape, place string, at int64) (e event, gone bool) {
	if n.Miss++; n.Miss == 1 {
		n.MissAt, n.MissIn = at, sh.Answers
	}
	none := n.Values.of(absent)
	if none == nil || !none.Known || n.Miss < confirmed || at-n.MissAt < int64(lasting/time.Second) || !n.In.learned(n.MissAt) {
		return e, false
	}
	had := n.In.N - n.Miss // answers before
	with := had - (none.N - n.Miss)
	share := float64(with) / float64(max(had, 1))
	switch {
	case with <= 0 || n.Miss <= times*n.Worst || n.usual(absent) == "": // or its loss was accepted
		return e, false
	case share < often && n.Rows < gaps:
		return e, false
	case surprise(had-with, had, n.Miss, n.Miss) < enough || float64(n.Miss)*math.Log1p(-share*0.9) > -enough:
		return e, false
	}
	return event{place, n.usual(absent), absent, spell{At: n.MissAt, Begin: n.MissIn, N: n.Miss, Last: at}}, true
}
