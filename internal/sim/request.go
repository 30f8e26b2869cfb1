package sim

import (
	"maps"
	"net/http"
	"slices"
	"strings"

	"github.com/loginwatch/loginwatch"
	"github.com/loginwatch/loginwatch/internal/route"
)

// form is one documented way to say the right thing: a case that the document
// promises success for.
type form struct {
	id      string // of the case
	hasBody bool
	secrets []place      // of the body
	texts   []place      // of the body, all with a placeholder
	headers []headerRule // that not every form has
	query   []paramRule  // that the case has of its own
}

func newForms(c *loginwatch.Contract, headers []loginwatch.Header, cases []*loginwatch.Case) []form {
	var forms []form
	for _, k := range cases {
		if !k.SuccessDue() {
			continue
		}
		own := slices.Clone(k.Headers)
		for _, h := range headers {
			if leftOut(h, cases) && !leftOut(h, []*loginwatch.Case{k}) {
				own = append(own, h)
			}
		}
		forms = append(forms, form{
			id: k.ID, hasBody: k.Body != nil, secrets: secretPlaces(c, route.Template(k)), texts: templatePlaces(route.Template(k)),
			headers: newHeaderRules(c, own, nil), query: newParamRules(k.Query),
		})
	}
	return forms
}

// passwordLike finds the secrets whose mismatch alone is a wrong password: those
// that a case documented to meet a wrong password leaves out while it keeps
// others of the same form. Nothing is concluded from a secret's name.
func passwordLike(c *loginwatch.Contract, cases []*loginwatch.Case, forms []form) map[string]bool {
	found := make(map[string]bool)
	leavesOut := func(kept, all map[string]bool) {
		replaced := maps.Clone(all)
		maps.DeleteFunc(replaced, func(name string, _ bool) bool { return kept[name] })
		if len(replaced) < len(all) {
			maps.Copy(found, madeOf(c, replaced, kept))
		}
	}
	for _, k := range cases {
		if k.Raw != "" || k.SuccessDue() || !expectsWrongPassword(k) {
			continue
		}
		if k.Body == nil { // the credentials of a request without one stand in its query
			for _, right := range cases {
				if right.Body == nil && right.SuccessDue() {
					leavesOut(inQuery(c, k), inQuery(c, right))
				}
			}
			continue
		}
		for _, f := range forms {
			// Any value will do here, so the template stands for what is sent of it.
			if _, ok := carried(f.secrets, route.Template(k)); ok {
				leavesOut(namesAt(c, secretPlaces(c, route.Template(k))), namesAt(c, f.secrets))
			}
		}
	}
	return found
}

// madeOf adds to names the secrets that computed ones among them are made of, but
// for those that are kept elsewhere.
func madeOf(c *loginwatch.Contract, names, kept map[string]bool) map[string]bool {
	all := secretNames(c, c.Closure(slices.Sorted(maps.Keys(names))))
	maps.DeleteFunc(all, func(name string, _ bool) bool { return kept[name] })
	return all
}

// namesAt are the secrets that the places hold.
func namesAt(c *loginwatch.Contract, places []place) map[string]bool {
	var names []string
	for _, p := range places {
		names = append(names, p.value.Names...)
	}
	return secretNames(c, names)
}

// inQuery are the secrets that the query of a case holds.
func inQuery(c *loginwatch.Contract, k *loginwatch.Case) map[string]bool {
	return secretNames(c, loginwatch.CaseRequest{Query: k.Request().Query}.Names(true))
}

func expectsWrongPassword(k *loginwatch.Case) bool {
	return slices.ContainsFunc(k.Expect, func(o *loginwatch.Outcome) bool {
		return slices.Contains(o.When, loginwatch.WhenWrongPassword)
	})
}

// headerRule is one documented request header.
type headerRule struct {
	name     string
	value    pattern
	optional bool
	secret   bool // its value holds a secret
}

// newHeaderRules compiles headers. One that a documented success leaves out is
// optional.
func newHeaderRules(c *loginwatch.Contract, headers []loginwatch.Header, cases []*loginwatch.Case) []headerRule {
	rules := make([]headerRule, 0, len(headers))
	for _, h := range headers {
		r := headerRule{name: http.CanonicalHeaderKey(h.Name), value: newPattern(h.Value), optional: h.Optional}
		r.secret = len(secretNames(c, r.value.Names)) > 0
		r.optional = r.optional || leftOut(h, cases)
		rules = append(rules, r)
	}
	return rules
}

// leftOut tells whether one of the cases is documented to succeed without the
// header.
func leftOut(h loginwatch.Header, cases []*loginwatch.Case) bool {
	return slices.ContainsFunc(cases, func(k *loginwatch.Case) bool {
		return k.SuccessDue() && slices.ContainsFunc(k.WithoutHeaders, func(name string) bool {
			return strings.EqualFold(name, h.Name)
		})
	})
}

// satisfied tells whether the request carries the header as documented.
func (h headerRule) satisfied(header http.Header, right func(binding) bool) bool {
	if h.name == "Host" {
		return true // net/http refuses a request without it and keeps it out of the headers
	}
	values := header.Values(h.name)
	if len(values) == 0 {
		// RFC 9110, 12.5.1: no Accept means that any media type is acceptable.
		return h.optional || h.name == "Accept"
	}
	value := strings.TrimSpace(strings.Join(values, ", "))
	found, ok := h.value.match(value)
	if ok {
		return !slices.ContainsFunc(found, func(b binding) bool { return !right(b) })
	}
	if len(h.value.Names) > 0 {
		return false
	}
	want := h.value.Texts[0]
	if h.name == "Accept" {
		return accepts(value, route.MediaType(want))
	}
	return route.SameHeader(h.name, value, want)
}

// sent tells whether the request has the header in the documented form.
func (h headerRule) sent(header http.Header) bool {
	return len(header.Values(h.name)) > 0 && h.satisfied(header, func(binding) bool { return true })
}

// accepts tells whether an Accept header lets the server answer with a type.
// Weights are not looked at: nobody sends q=0 for the type that it logs in with.
func accepts(value, want string) bool {
	major, _, _ := strings.Cut(want, "/")
	for item := range strings.SplitSeq(value, ",") {
		switch t := route.MediaType(strings.TrimSpace(item)); t {
		case "*/*", major + "/*", want:
			return true
		}
	}
	return false
}

// paramRule is one documented query parameter.
type paramRule struct {
	name  string
	value pattern
}

func newParamRules(params []loginwatch.Param) []paramRule {
	rules := make([]paramRule, 0, len(params))
	for _, p := range params {
		rules = append(rules, paramRule{p.Name, newPattern(p.Value)})
	}
	return rules
}
