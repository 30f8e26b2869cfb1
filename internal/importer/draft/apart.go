package draft

import (
	"fmt"
	"maps"
	"net/http"
	"regexp"
	"slices"
	"strings"

	"github.com/loginwatch/loginwatch"
	"github.com/loginwatch/loginwatch/internal/tree"
)

// apart tells answers of one status from each other by their own values, and merges
// those that nothing tells apart.
func (m *maker) apart(op *operation) {
	var kept []*outcome
	for _, o := range op.outcomes {
		same := slices.DeleteFunc(slices.Clone(kept), func(k *outcome) bool { return k.status != o.status || !overlap(k, o) })
		if twin := sameElsewhere(kept, o); twin != nil {
			twin.also = append(twin.also, o.status)
			continue
		}
		if i := slices.IndexFunc(same, func(k *outcome) bool {
			return o.body == string(loginwatch.BodyUnspecified) && len(o.where) > 0 && slices.Equal(k.where, o.where)
		}); i >= 0 {
			if same[i].means != o.means {
				m.remark(o.from.At, "a second answer %d to %s is left out: nothing in it tells it from the first", o.status, op.call)
			}
			continue
		}
		obvious := !slices.ContainsFunc(same, func(k *outcome) bool { return len(k.where) == 0 }) && o.body == string(loginwatch.BodyUnspecified)
		if len(same) > 0 && !obvious && !m.distinguished(same, o) {
			if !slices.ContainsFunc(same, func(k *outcome) bool { return sameExample(k, o) }) {
				m.remark(o.from.At, "a second answer %d to %s is left out: nothing in it tells it from the first", o.status, op.call)
			}
			continue
		}
		kept = append(kept, o)
	}
	op.outcomes = narrowFirst(kept)
}

// narrowFirst puts an outcome whose redirect leads to /login?error before one that any
// redirect to /login is: the first that fits counts.
func narrowFirst(all []*outcome) (ordered []*outcome) {
	for _, o := range all {
		at := slices.IndexFunc(ordered, func(k *outcome) bool {
			return len(o.where) == 1 && len(k.where) == 1 && k.status == o.status && k.where[0].At == o.where[0].At && k.where[0].Test == loginwatch.TestPrefix && strings.HasPrefix(o.where[0].Value, k.where[0].Value)
		})
		if at < 0 {
			at = len(ordered)
		}
		ordered = slices.Insert(ordered, at, o)
	}
	return ordered
}

// sameElsewhere finds the outcome that is this one with another status: a description
// lists it under each.
func sameElsewhere(kept []*outcome, o *outcome) *outcome {
	i := slices.IndexFunc(kept, func(k *outcome) bool {
		return o.from.Name != "" && k.from.Name == o.from.Name && k.status != o.status && k.doc != nil && sameExample(k, o) && k.means == o.means &&
			k.contentType == o.contentType && len(k.where) > 0 && len(o.where) > 0 && len(k.headers)+len(o.headers)+len(k.cookies)+len(o.cookies) == 0
	})
	if i < 0 {
		return nil
	}
	return kept[i]
}

func overlap(a, b *outcome) bool {
	return a.contentType == b.contentType || a.body == string(loginwatch.BodyUnspecified) || b.body == string(loginwatch.BodyUnspecified)
}

func sameExample(a, b *outcome) bool { return fmt.Sprint(a.doc) == fmt.Sprint(b.doc) }

// distinguished gives outcomes a where, if there is one.
func (m *maker) distinguished(before []*outcome, o *outcome) bool {
	all := append(slices.Clone(before), o)
	if slices.ContainsFunc(all, func(k *outcome) bool { return k.doc == nil }) {
		return false
	}
	best, rankOfBest := "", -1
	for at, v := range scalars(o.doc) {
		text, ok := tree.ScalarText(v)
		raw, found := tree.Lookup(o.raw, at)
		unchanged, _ := tree.ScalarText(raw)
		if name := lastName(at); !ok || v == nil || !found || unchanged != text || (isNeutral(name) || secretName(name)) && whereRank(name) == 0 || passing(name, text) || !differs(before, at, text) {
			continue
		}
		if r := whereRank(lastName(at)); r > rankOfBest {
			best, rankOfBest = at, r
		}
	}
	if best == "" {
		return givesMore(before, o) || len(before) == 1 && parted(before[0], o)
	}
	for _, k := range all {
		v, _ := tree.Lookup(k.doc, best)
		text, _ := tree.ScalarText(v)
		k.where = []loginwatch.Field{{At: loginwatch.Place(best), Test: loginwatch.TestEquals, Value: text}}
	}
	return true
}

// passing tells whether a value is another one in each answer: a time, a counter, a sentence
// that counts.
func passing(name, text string) bool {
	if whereRank(name) > whereRank("title") || saysOfAPI(name) && whereRank(name) == 0 || hasPart(name, []string{"code", "err"}) {
		return false
	}
	return digitsIn(text) > 0
}

// givesMore tells a success by what it alone gives, from an answer that has nothing to
// compare with it.
func givesMore(before []*outcome, o *outcome) bool {
	if len(before) != 1 || before[0].means != loginwatch.OK || o.means == loginwatch.OK || len(before[0].where) > 0 {
		return false
	}
	token := only(before[0].doc, o.doc, func(name string) bool { return tokenRank(name) >= 0 })
	if token == nil {
		return false
	}
	before[0].where = token
	o.where = only(o.doc, before[0].doc, func(name string) bool { return !secretField(name) })
	return true
}

// only is the presence of something that one document has and another has not.
func only(one, other any, named func(string) bool) []loginwatch.Field {
	for at, v := range scalars(one) {
		if shown, found := tree.Lookup(other, at); v != nil && at != "" && named(lastName(at)) && (!found || shown == nil) {
			return []loginwatch.Field{{At: loginwatch.Place(at), Test: loginwatch.TestPresent}}
		}
	}
	return nil
}

// parted tells two outcomes apart by a member that one of them has alone.
func parted(before, o *outcome) bool {
	one, _ := before.doc.(map[string]any)
	other, _ := o.doc.(map[string]any)
	if one == nil || other == nil || len(before.where) > 0 {
		return false
	}
	best, rankOfBest := "", -1
	for _, k := range slices.Sorted(maps.Keys(other)) {
		_, shared := one[k]
		if _, own := tree.Lookup(o.raw, tree.JoinPointer("", k)); shared || !own || other[k] == nil {
			continue
		}
		if r := whereRank(k); r > rankOfBest {
			best, rankOfBest = k, r
		}
	}
	if best == "" {
		return false
	}
	at := loginwatch.Place(tree.JoinPointer("", best))
	before.where = []loginwatch.Field{{At: at, Test: loginwatch.TestAbsent}}
	o.where = []loginwatch.Field{{At: at, Test: loginwatch.TestPresent}}
	return true
}

// differs tells whether the outcomes before say something else at a pointer each.
func differs(before []*outcome, at, text string) bool {
	return !slices.ContainsFunc(before, func(k *outcome) bool {
		v, found := tree.Lookup(k.doc, at)
		other, ok := tree.ScalarText(v)
		raw, _ := tree.Lookup(k.raw, at)
		unchanged, _ := tree.ScalarText(raw)
		return !found || !ok || v == nil || other == text || unchanged != other || len(k.where) > 0 && k.where[0].At.String() != at
	})
}

func whereRank(name string) int {
	for i, w := range []string{"message", "title", "type", "status", "code", "errorCode", "error_code", "error", "ok", "success"} {
		if w == name {
			return i + 1
		}
	}
	return 0
}

// What a description says of an answer, when it says what it is for.
var (
	ofSyntax = regexp.MustCompile(`(?i)malformed|not (valid )?json|invalid json|json parse|syntax|unparse?able`)
	ofFields = regexp.MustCompile(`(?i)missing|required|validation|invalid (field|param|input|body|request)|unprocessable`)
)

// conditions says what makes the simulator give each outcome, where the description
// or the meaning of a status does.
func (m *maker) conditions(op *operation) {
	taken := map[loginwatch.Condition]bool{}
	give := func(o *outcome, all ...loginwatch.Condition) {
		for _, c := range all {
			if !taken[c] {
				taken[c] = true
				o.when = append(o.when, c)
			}
		}
	}
	for _, o := range op.outcomes {
		if o.means == loginwatch.OK && !taken[loginwatch.WhenValid] {
			give(o, loginwatch.WhenValid)
		}
	}
	for _, o := range op.outcomes {
		text := o.from.Name + " " + o.from.Text + " " + string(o.from.Body)
		switch {
		case o.means == loginwatch.Throttled:
			give(o, loginwatch.WhenRateLimited)
		case o.means == loginwatch.Rejected && o.status != http.StatusForbidden && op.role == loginwatch.RoleSubject:
			give(o, loginwatch.WhenWrongPassword, loginwatch.WhenUnknownUser)
		case o.means == loginwatch.Rejected && o.status != http.StatusForbidden:
			give(o, loginwatch.WhenMissingHeader)
		case o.means != loginwatch.Drift || !o.described || op.body == nil:
		case ofSyntax.MatchString(text):
			give(o, loginwatch.WhenMalformed)
		case o.status == http.StatusUnprocessableEntity || ofFields.MatchString(text):
			give(o, loginwatch.WhenInvalid)
		}
	}
	for _, o := range op.outcomes { // a 400 that says nothing of itself is for both (RFC 9110, 15.5.1)
		if o.means == loginwatch.Drift && o.status == http.StatusBadRequest && o.described && op.body != nil {
			give(o, loginwatch.WhenMalformed, loginwatch.WhenInvalid)
		}
	}
}

// outcomeFor finds the outcome of a condition.
func (op *operation) outcomeFor(c loginwatch.Condition) *outcome {
	for _, o := range op.outcomes {
		if slices.Contains(o.when, c) {
			return o
		}
	}
	return nil
}
