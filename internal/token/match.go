package token

import (
	"encoding/json"
	"math"
	"reflect"
	"slices"
	"strings"

	"github.com/loginwatch/loginwatch"
	"github.com/loginwatch/loginwatch/internal/tree"
)

// match holds a field of the body against the claim that it repeats. The
// schema says when the field is absent or null.
func (r *reader) match(m loginwatch.ClaimMatch, all map[string]any) {
	field, found := r.Lookup(m.At)
	if !found || field == nil {
		return
	}
	got := ""
	if claim, ok := claimAt(all, m); !ok {
		got = "no such claim"
	} else if !equal(field, claim) && !sameSecond(m.Claim, field, claim) {
		got = "another value"
	}
	if got != "" {
		r.report(statement{m.Pos, m.Cite}, difference{
			loginwatch.Breaking, loginwatch.KindTokenMismatch, m.At, "equal to the token's claim " + m.Claim, got,
		})
	}
}

// claimAt gives the claim, or the joined claims where its pointer has a "*".
func claimAt(all map[string]any, m loginwatch.ClaimMatch) (any, bool) {
	before, after, starred := cutStar(m.Claim)
	if !starred {
		return tree.Lookup(all, m.Claim)
	}
	v, _ := tree.Lookup(all, before)
	items, ok := v.([]any)
	if !ok {
		return nil, false
	}
	texts := make([]string, len(items))
	for i, item := range items {
		v, _ := tree.Lookup(item, after)
		switch v := v.(type) {
		case string:
			texts[i] = v
		case json.Number:
			texts[i] = v.String()
		default:
			return nil, false
		}
	}
	return strings.Join(texts, m.Join), true
}

// cutStar splits a pointer at its first token "*".
func cutStar(pointer string) (before, after string, found bool) {
	tokens, _ := tree.SplitPointer(pointer)
	star := slices.Index(tokens, "*")
	if star < 0 {
		return pointer, "", false
	}
	for i, t := range tokens {
		switch {
		case i < star:
			before = tree.JoinPointer(before, t)
		case i > star:
			after = tree.JoinPointer(after, t)
		}
	}
	return before, after, true
}

// sameSecond tells whether a field repeats a date of the token. A NumericDate
// may have a fraction (RFC 7519, 2), which fields of whole seconds don't repeat.
func sameSecond(pointer string, field, claim any) bool {
	if !slices.Contains([]string{"/exp", "/iat", "/nbf"}, pointer) {
		return false
	}
	a, aOK := wholeSeconds(field)
	b, bOK := wholeSeconds(claim)
	return aOK && bOK && a == b
}

func wholeSeconds(v any) (float64, bool) {
	n, ok := v.(json.Number)
	if text, isText := v.(string); isText {
		_, ok = digits(text)
		n = json.Number(text)
	}
	f, err := n.Float64()
	return math.Floor(f), ok && err == nil
}

// equal compares numbers by value and everything else exactly. A string of
// digits beside a number counts as that number: its type is the schema's
// matter, and a ruling may allow it.
func equal(field, claim any) bool {
	a, aIsNumber := field.(json.Number)
	b, bIsNumber := claim.(json.Number)
	if text, ok := field.(string); ok && bIsNumber {
		_, aIsNumber = digits(text)
		a = json.Number(text)
	}
	if text, ok := claim.(string); ok && aIsNumber && !bIsNumber {
		_, bIsNumber = digits(text)
		b = json.Number(text)
	}
	if !aIsNumber || !bIsNumber {
		return reflect.DeepEqual(field, claim)
	}
	if a == b {
		return true
	}
	// Two integers that a float64 can't tell apart are two.
	if n, err := a.Int64(); err == nil {
		if m, err := b.Int64(); err == nil {
			return n == m
		}
	}
	x, errX := a.Float64()
	y, errY := b.Float64()
	return errX == nil && errY == nil && x == y
}
