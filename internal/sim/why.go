package sim

import (
	"fmt"
	"net/http"
	"slices"
	"strings"

	"github.com/loginwatch/loginwatch"
)

// The sentences of this file say why a request was answered as it was. They are made
// of the contract's words and of shapes alone: what was sent may be a secret.

// why says what is wrong with a header that is not as documented.
func (h headerRule) why(header http.Header, j *judgement) string {
	values := header.Values(h.name)
	if len(values) == 0 {
		return fmt.Sprintf("header %s is missing", h.name)
	}
	found, ok := h.value.match(strings.TrimSpace(strings.Join(values, ", ")))
	if !ok {
		return fmt.Sprintf("header %s is not %s", h.name, h.value.written())
	}
	return fmt.Sprintf("header %s: %s", h.name, j.whyWrong(found))
}

// written is the pattern as the contract has it.
func (p pattern) written() string {
	var b strings.Builder
	for i, text := range p.Texts {
		b.WriteString(text)
		if i < len(p.Names) {
			b.WriteString("${" + p.Names[i] + "}")
		}
	}
	return b.String()
}

// whyWrong says which of the values are wrong.
func (j *judgement) whyWrong(found []binding) string {
	var wrong []string
	for _, b := range j.plain(found) {
		if j.right(b) {
			continue
		}
		text := b.name + " is wrong"
		switch made := j.contract.ComputedValue(b.name); {
		case made != nil:
			text = fmt.Sprintf("%s is not what %s makes of the right values", b.name, made.Function)
		case j.dead(b.value):
			text = b.name + " is dead: it was revoked, or taken once already"
		}
		if !slices.Contains(wrong, text) {
			wrong = append(wrong, text)
		}
	}
	return strings.Join(wrong, ", ")
}

// whyCookie says which cookie the request lacks; "" when it has them all.
func (j *judgement) whyCookie() string {
	for _, want := range j.op.Request.Cookies {
		sent := j.r.CookiesNamed(want.Name)
		switch {
		case len(sent) == 0:
			return fmt.Sprintf("cookie %s is missing", want.Name)
		case slices.ContainsFunc(sent, func(c *http.Cookie) bool { return j.givenCookie(c) }):
		case slices.ContainsFunc(sent, func(c *http.Cookie) bool { return j.dead(c.Value) }):
			return fmt.Sprintf("cookie %s is dead: it was revoked", want.Name)
		default:
			return fmt.Sprintf("cookie %s is none that another operation set", want.Name)
		}
	}
	return ""
}

// whyUnreadable says why the body could not be decoded.
func (o *operation) whyUnreadable(r *request) string {
	if r.cut {
		return fmt.Sprintf("the body is larger than %d KiB, or stops in its middle", maxRequestBody>>10)
	}
	return "the body is no " + o.Request.Format().Words()
}

// whyInvalid says the first thing that the request schema refuses.
func (o *operation) whyInvalid(violations []loginwatch.Violation) string {
	schema := o.Request.Schema
	for _, v := range violations {
		if _, known := schema.At(v.Pointer); known || v.Pointer == "" {
			at := v.Pointer
			if at == "" {
				at = "its top level"
			}
			return fmt.Sprintf("the body breaks schema %s at %s: documented %s, got %s", schema.Name, at, v.Documented, v.Got)
		}
	}
	return "the body breaks schema " + schema.Name
}

// whyOfNoForm says what a body lacks that is of none of the documented forms.
func (o *operation) whyOfNoForm(doc any) string {
	for _, f := range o.forms {
		for _, p := range f.secrets {
			if _, ok := p.read(doc); !ok {
				return fmt.Sprintf("the body has no %s at %s, as case %s sends it", p.value.written(), p.pointer, f.id)
			}
		}
	}
	return "the query is that of no documented case"
}

// bare says how a condition is answered that the contract is silent on.
func (d decision) bare() string {
	if d.why == "" {
		return fmt.Sprintf("the contract has no outcome when %s: a bare %d", d.when, d.plainStatus())
	}
	return fmt.Sprintf("%s; the contract has no outcome when %s: a bare %d", d.why, d.when, d.plainStatus())
}
