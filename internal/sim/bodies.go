package sim

import (
	"fmt"
	"mime"
	"slices"
	"strings"

	"github.com/loginwatch/loginwatch"
	"github.com/loginwatch/loginwatch/internal/guard"
)

// takesBody tells whether the contract has a body for the operation.
func (o *operation) takesBody() bool {
	return o.Request.Schema != nil || slices.ContainsFunc(o.forms, func(f form) bool { return f.hasBody })
}

// impliedType adds the Content-Type of the operation's bodies to its headers where
// the format says it and the contract does not.
func (o *operation) impliedType(headers []loginwatch.Header) []loginwatch.Header {
	media := o.Request.Format().MediaType()
	named := slices.ContainsFunc(headers, func(h loginwatch.Header) bool { return strings.EqualFold(h.Name, "Content-Type") })
	if media == "" || named || !o.takesBody() {
		return headers
	}
	return append(slices.Clone(headers), loginwatch.Header{Name: "Content-Type", Value: media})
}

// decode reads the request's body as the operation's are written; ok is false for
// one that can't be read so.
func (o *operation) decode(r *request) (doc any, ok bool) {
	if r.cut {
		return nil, false
	}
	format := o.Request.Format()
	if format != loginwatch.BodyMultipart {
		doc, refusal := guard.DecodeAs(format, r.body)
		return doc, refusal == nil
	}
	_, parameters, err := mime.ParseMediaType(r.Header.Get("Content-Type"))
	doc, refusal := guard.DecodeMultipart(r.body, parameters["boundary"], guard.Defaults())
	return doc, err == nil && refusal == nil
}

// judgeBody gives the condition when the body is not as documented.
func (o *operation) judgeBody(r *request, doc any, readable bool) (d decision, err error) {
	if !o.takesBody() {
		return d, nil
	}
	if !readable {
		return decision{when: loginwatch.WhenMalformed, why: o.whyUnreadable(r)}, nil
	}
	if o.Request.Schema == nil {
		return d, nil
	}
	violations, err := o.Request.Schema.Validate(doc)
	if err != nil {
		return d, fmt.Errorf("request schema of operation %q: %w", o.ID, err)
	}
	switch {
	case len(violations) == 0:
		return d, nil
	case o.OutcomeFor(loginwatch.WhenNoPassword) != nil && o.onlyPassword(violations):
		return decision{when: loginwatch.WhenNoPassword, why: o.whyInvalid(violations)}, nil
	}
	return decision{when: loginwatch.WhenInvalid, why: o.whyInvalid(violations)}, nil
}

// onlyPassword tells whether nothing but the password breaks the request schema:
// some servers read that as a wrong one.
func (o *operation) onlyPassword(violations []loginwatch.Violation) bool {
	passwords := map[string]bool{}
	for _, f := range o.forms {
		for _, p := range f.secrets {
			passwords[p.pointer] = !slices.ContainsFunc(p.value.Names, func(name string) bool { return !o.password[name] })
		}
	}
	return !slices.ContainsFunc(violations, func(v loginwatch.Violation) bool { return !passwords[v.Pointer] })
}
