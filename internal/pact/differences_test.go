//go:build pact

package pact_test

import (
	"slices"
	"strings"

	"github.com/loginwatch/loginwatch"
)

// difference is a kind of answer of which the Pact verifier and our own check
// say different things, and rightly.
type difference struct {
	name, reason string
	stricter     string // "ours" or "pact"
	covers       func(m mutation, j loginwatch.Judgement) bool
}

// differences are the declared ones. Whatever else differs fails the test, and
// so does one that no longer occurs.
var differences = []difference{
	{
		"duplicate key", "Pact keeps one of two members of the same name; consumers keep different ones, so we refuse both", "ours",
		func(m mutation, _ loginwatch.Judgement) bool { return m.sort == "duplicate key" },
	},
	{
		"what a token says", "claims and times have to be computed; a pact only compares", "ours",
		func(_ mutation, j loginwatch.Judgement) bool {
			return only(j, loginwatch.KindTokenMismatch, loginwatch.KindTokenExpired, loginwatch.KindTokenLifetime)
		},
	},
	{
		"bounds of a number", "Pact has no matcher for minimum and maximum", "ours",
		func(m mutation, j loginwatch.Judgement) bool {
			return m.sort == "other number" && slices.ContainsFunc(j.Findings, func(f loginwatch.Finding) bool {
				return f.Kind == loginwatch.KindValue && f.Pointer == m.pointer
			})
		},
	},
	{
		"invisible characters in a token", "a pact's expressions keep to what all regular-expression engines share", "ours",
		func(m mutation, j loginwatch.Judgement) bool {
			return m.sort == "invisible character" && only(j, loginwatch.KindTokenForm)
		},
	},
	{
		"optional members", "a pact can't say what a member has to be if it is there", "ours",
		func(m mutation, _ loginwatch.Judgement) bool { return optional(m) },
	},
	{
		"formats beyond an expression", "no portable expression says what an e-mail address, a host name or a URI is, nor which days a month has", "ours",
		func(_ mutation, j loginwatch.Judgement) bool { return only(j, loginwatch.KindFormat) },
	},
	{
		"another documented status", "the document allows several, and a pact holds one", "pact",
		func(m mutation, _ loginwatch.Judgement) bool {
			return m.sort == "status" && slices.Contains(m.outcome.Statuses, m.status)
		},
	},
	{
		"tolerated by a ruling", "a contradiction of the document is ruled on: a pact asks for what was ruled, our check tolerates the other as well", "pact",
		func(_ mutation, j loginwatch.Judgement) bool {
			return slices.ContainsFunc(j.Findings, func(f loginwatch.Finding) bool { return f.Defect != "" })
		},
	},
	{
		"integers with a fraction of zero", "7.0 is an integer in JSON Schema and in most parsers; Pact's matcher wants none", "pact",
		func(m mutation, _ loginwatch.Judgement) bool { return m.sort == "number written otherwise" },
	},
	{
		"one of several types", "a pact can't say or: it asks for the type of the example", "pact",
		func(m mutation, _ loginwatch.Judgement) bool {
			field, ok := m.outcome.Schema.At(m.pointer)
			return ok && strings.Contains(field.Type, "|")
		},
	},
}

// declared names the difference that covers a mutation; "" when none does.
func declared(m mutation, j loginwatch.Judgement, ours bool) string {
	stricter := map[bool]string{true: "pact", false: "ours"}[ours]
	for _, d := range differences {
		if d.stricter == stricter && d.covers(m, j) {
			return d.name
		}
	}
	return ""
}

// only tells whether every breaking finding is of one of the kinds.
func only(j loginwatch.Judgement, kinds ...loginwatch.Kind) bool {
	breaking := false
	for _, f := range j.Findings {
		if f.Class != loginwatch.Breaking {
			continue
		}
		if !slices.Contains(kinds, f.Kind) {
			return false
		}
		breaking = true
	}
	return breaking
}

// optional tells whether the changed member, or what it stands in, may be
// absent.
func optional(m mutation) bool {
	for pointer := m.pointer; pointer != ""; pointer = pointer[:strings.LastIndexByte(pointer, '/')] {
		if field, ok := m.outcome.Schema.At(pointer); ok && !field.Required {
			return true
		}
	}
	return false
}
