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
	var refusal *guard.Refusal
	switch o.Request.Format() {
	case loginwatch.BodyForm:
		doc, refusal = guard.DecodeForm(r.body, guard.Defaults())
	case loginwatch.BodyXML:
		doc, refusal = guard.DecodeXML(r.body, guard.Defaults())
	case loginwatch.BodyText:
		return string(r.body), true
	case loginwatch.BodyMultipart:
		_, parameters, err := mime.ParseMediaType(r.Header.Get("Content-Type"))
		if err != nil || parameters["boundary"] == "" {
			return nil, false
		}
		doc, refusal = guard.DecodeMultipart(r.body, parameters["boundary"], guard.Defaults())
	default:
		doc, refusal = guard.Decode(r.body, guard.Defaults())
	}
	return doc, refusal == nil
}

// template gives the body of a case as a request of it is decoded, with its
// placeholders in it.
func template(k *loginwatch.Case) any {
	text, isText := k.Body.(string)
	switch format := k.Operation.Request.Format(); {
	case format == loginwatch.BodyXML && isText:
		doc, _ := guard.DecodeXML([]byte(text), guard.Defaults())
		return doc
	case format == loginwatch.BodyForm:
		return soleTexts(k.Body)
	}
	return k.Body
}

// soleTexts gives a form's fields as they are decoded: a list of one text is that
// text, since nothing in a form tells the two apart.
func soleTexts(body any) any {
	members, ok := body.(map[string]any)
	if !ok {
		return body
	}
	out := make(map[string]any, len(members))
	for name, v := range members {
		if list, isList := v.([]any); isList && len(list) == 1 {
			v = list[0]
		}
		out[name] = v
	}
	return out
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
