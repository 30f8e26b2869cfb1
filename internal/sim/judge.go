package sim

import (
	"crypto/rand"
	"crypto/subtle"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/loginwatch/loginwatch"
	"github.com/loginwatch/loginwatch/internal/compute"
)

// judgement tells whether what one request says is right.
type judgement struct {
	*vendor
	op   *operation
	r    *request
	now  time.Time
	said map[string]string // by name, what the request carries, be it right or not
}

// judge reads the whole request first: one part of it can be made of another.
func (v *vendor) judge(op *operation, r *request, path string, doc any, now time.Time) *judgement {
	j := &judgement{vendor: v, op: op, r: r, now: now, said: map[string]string{}}
	j.hear(op.path.match(path))
	for _, h := range op.headers {
		j.hear(h.value.match(strings.TrimSpace(strings.Join(r.Header.Values(h.name), ", "))))
	}
	query := r.URL.Query()
	for _, p := range op.query {
		j.hear(p.value.match(query.Get(p.name)))
	}
	for _, f := range op.forms {
		for _, h := range f.headers {
			j.hear(h.value.match(strings.TrimSpace(strings.Join(r.Header.Values(h.name), ", "))))
		}
		for _, p := range f.query {
			j.hear(p.value.match(query.Get(p.name)))
		}
		for _, p := range f.texts {
			j.hear(p.read(doc))
		}
	}
	return j
}

func (j *judgement) hear(found []binding, ok bool) {
	for _, b := range found {
		if _, known := j.said[b.name]; ok && !known {
			j.said[b.name] = b.value
		}
	}
}

// right tells whether a request says the right value for a name. Besides the
// credential it is right to repeat what another operation of the same vendor
// handed out: that is what a probe's captures do. Variables may have any value.
func (j *judgement) right(b binding) bool {
	if made := j.contract.ComputedValue(b.name); made != nil {
		return j.rightlyComputed(made, b.value)
	}
	if !j.secret[b.name] {
		return true
	}
	want, known := j.credentials[b.name]
	if _, ended := j.ended.Load(b.value); known && !ended && subtle.ConstantTimeCompare([]byte(want), []byte(b.value)) == 1 {
		return true
	}
	from := j.op.ID
	if slices.Contains(j.op.Spends, b.name) {
		from = "" // what an operation takes once it gives anew itself
	}
	return j.handedOut.has(b.value, from, j.now)
}

// ends gives the values of the request that are dead once it has succeeded.
func (j *judgement) ends() []string {
	var values []string
	for _, name := range slices.Concat(j.op.Revokes, j.op.Spends) {
		cookie, isCookie := loginwatch.Place(name).Cookie()
		if !isCookie {
			values = append(values, j.said[name])
			continue
		}
		for _, c := range j.r.CookiesNamed(cookie) {
			values = append(values, c.Value)
		}
	}
	return values
}

// says gives what the token's documented claims say in answer to the request.
func (j *judgement) says() map[string]string {
	if j.op.Token == nil || len(j.op.Token.Claims) == 0 {
		return nil
	}
	values := map[string]string{}
	for _, c := range j.op.Token.Claims {
		known := c.HashOf == ""
		text := loginwatch.ExpandPlaceholders(c.Value, func(name string) string {
			value, ok := j.value(name, nil)
			known = known && ok
			return value
		})
		if known {
			values[c.Name] = text
		}
	}
	return values
}

// plain takes apart what was computed by a function that can be undone, so that a
// wrong name and a wrong password are told apart inside of it too.
func (j *judgement) plain(found []binding) []binding {
	var all []binding
	for _, b := range found {
		if parts, ok := j.parts(b); ok {
			all = append(all, j.plain(parts)...)
			continue
		}
		all = append(all, b)
	}
	return all
}

func (j *judgement) parts(b binding) (parts []binding, ok bool) {
	made := j.contract.ComputedValue(b.name)
	if made == nil {
		return nil, false
	}
	inputs, ok := compute.Inputs(compute.CallOf(made), b.value)
	if !ok || len(inputs) != len(made.Of) {
		return nil, false
	}
	for i, template := range made.Of {
		found, ok := newPattern(template).match(inputs[i])
		if !ok {
			return nil, false
		}
		parts = append(parts, found...)
	}
	return parts, true
}

// rightlyComputed tells whether a server that knows the credentials would take the
// value. One made of what nobody can know here, such as a random value that was
// not sent, is taken as it comes.
func (j *judgement) rightlyComputed(made *loginwatch.Computed, value string) bool {
	if parts, ok := j.parts(binding{made.Name, value}); ok {
		return !slices.ContainsFunc(parts, func(b binding) bool { return !j.right(b) })
	}
	claimed, readable := j.claimed(made, value)
	if !readable || slices.ContainsFunc(claimed, func(b binding) bool { return !j.right(b) }) {
		return false
	}
	j.hear(claimed, true)
	accepted := func(instead map[string]string) bool {
		call, known := j.call(made, instead)
		return !known || compute.Accepts(call, value, j.env())
	}
	if accepted(nil) {
		return true
	}
	for _, name := range j.contract.Closure([]string{made.Name}) {
		if !j.secret[name] {
			continue
		}
		if compute.HasPrivateHalf(j.credentials[name]) {
			continue // it reads what its public half, which was handed out, can only be guessed by
		}
		for _, given := range j.handedOut.latest(j.now) {
			if accepted(map[string]string{name: given}) {
				return true
			}
		}
	}
	return false
}

func (j *judgement) env() compute.Env {
	return compute.Env{Now: j.now, Rand: rand.Reader, Method: j.r.Method, Target: j.r.URL.RequestURI(), Body: j.r.body}
}

// call fills in what a function is applied to. known is false when something in it
// can't be known here.
func (j *judgement) call(made *loginwatch.Computed, instead map[string]string) (call compute.Call, known bool) {
	known = true
	call = compute.CallOf(made).Expand(func(text string) string {
		return loginwatch.ExpandPlaceholders(text, func(name string) string {
			value, ok := j.value(name, instead)
			known = known && ok
			return value
		})
	})
	return call, known
}

// value gives what a name stands for: what the request carries under it, if that
// is right by itself, the credential, or what is computed of such.
func (j *judgement) value(name string, instead map[string]string) (value string, known bool) {
	switch name {
	case loginwatch.RequestBody:
		return string(j.r.body), true
	case loginwatch.RequestMethod:
		return j.r.Method, true
	case loginwatch.RequestTarget:
		return j.r.URL.RequestURI(), true
	}
	if given, ok := instead[name]; ok {
		return given, true
	}
	said, isSaid := j.said[name]
	if j.secret[name] {
		if isSaid && j.right(binding{name, said}) {
			return said, true
		}
		value, known = j.credentials[name]
		return value, known
	}
	if isSaid {
		return said, true
	}
	for _, v := range j.contract.Variables {
		if v.Name == name {
			return v.Default, true
		}
	}
	made := j.contract.ComputedValue(name)
	if made == nil || compute.Drawn(made.Function) {
		return "", false
	}
	call, known := j.call(made, instead)
	if !known {
		return "", false
	}
	value, err := compute.Do(call, j.env())
	return value, err == nil
}

// givenCookie tells whether a cookie is one that another operation set and none ended.
func (j *judgement) givenCookie(c *http.Cookie) bool {
	return j.handedOut.has(c.Value, j.op.ID, j.now)
}
