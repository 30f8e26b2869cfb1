package page

import (
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/loginwatch/loginwatch"
	"github.com/loginwatch/loginwatch/internal/exporter"
)

// computed says how a value is made of others.
func computed(v *loginwatch.Computed) text {
	inputs := make([]text, len(v.Of))
	for i, input := range v.Of {
		inputs[i] = name(input)
	}
	made := line(name(v.Function))
	if len(inputs) > 0 {
		made = line(made, say(" of "), joined(", ", inputs...))
	}
	for _, option := range slices.Sorted(maps.Keys(v.Options)) {
		made = line(made, say("; "+option+" "), name(v.Options[option]))
	}
	for _, part := range []struct {
		name    string
		members map[string]any
	}{{"claims", v.Claims}, {"header", v.Header}} {
		if len(part.members) > 0 {
			made = line(made, say("; "+part.name+" "), name(compact(part.members)))
		}
	}
	if v.Once {
		made = line(made, say("; once a run"))
	}
	return made
}

// operation says how one is called, and what it answers.
func (b *builder) operation(op *loginwatch.Operation) {
	r := &op.Request
	b.heading(3, line(say("Operation "), name(op.ID)))
	b.say(line(name(r.Method+" "+r.Path), say(" "), b.source(line(say("operation "), name(op.ID)), op.Cite)))
	b.parts(op)
	if r.Schema != nil {
		b.heading(4, line(say("Body of the request "), name(op.ID)))
		b.schema(op.ID+".request", r.Schema, "It is sent as "+r.Format().Words()+".")
	}
	b.example(op)
	b.answers(op)
	b.token(op)
	b.limits(op)
}

// parts are what a request has beside its body.
func (b *builder) parts(op *loginwatch.Operation) {
	var rows [][]text
	add := func(where, what, value string, optional bool, c loginwatch.Cite) {
		always := "required"
		if optional {
			always = "optional"
		}
		rows = append(rows, []text{say(where), name(what), name(value), say(always), b.source(line(name(op.ID), say(", "+where+" "), name(what)), c)})
	}
	for _, h := range op.Request.Headers {
		add("header", h.Name, h.Value, h.Optional, h.Cite)
	}
	for _, q := range op.Request.Query {
		add("query", q.Name, q.Value, false, q.Cite)
	}
	for _, k := range op.Request.Cookies {
		add("cookie", k.Name, "", false, k.Cite)
	}
	b.table([]string{"In", "Name", "Value", "Is", "Source"}, rows...)
}

// schema says field by field what a body is.
func (b *builder) schema(of string, ref *loginwatch.SchemaRef, about string) {
	fields := ref.Fields()
	whole := fields[0]
	said := joined(" ", say(about), line(say("Schema "), name(ref.Name), say(".")))
	for _, words := range []string{whole.Title, whole.Description} {
		if words != "" {
			said = joined(" ", said, say(exporter.Sentence(words)))
		}
	}
	for _, words := range whole.Allowed {
		said = joined(" ", said, line(say("Of the whole: "), narrowed(words), say(".")))
	}
	b.say(said)
	var rows [][]text
	for i, f := range fields {
		if i == 0 && len(fields) > 1 && len(f.Cite.Quote()) == 0 {
			continue
		}
		kind := line(say(strings.ReplaceAll(f.Type, "|", " or ")))
		if f.Format != "" {
			kind = joined(", ", kind, name(f.Format))
		}
		always := "optional"
		if f.Required {
			always = "required"
		}
		var says text
		if i > 0 {
			says = say(strings.TrimSuffix(f.Description, "."))
			for _, words := range f.Allowed {
				says = joined("; ", says, narrowed(words))
			}
		}
		if f.Secret {
			says = joined("; ", says, say("secret"))
		}
		at := name(f.At.String())
		if i == 0 {
			at = say("the whole body")
		}
		rows = append(rows, []text{at, kind, say(always), says, b.source(name(of+f.At.String()), f.Cite)})
	}
	b.table([]string{"Field", "Type", "Is", "Says", "Source"}, rows...)
}

// narrowed is what narrows a value, with an expression as machines know it.
func narrowed(words string) text {
	const matching = "text matching "
	if pattern, is := strings.CutPrefix(words, matching); is {
		return line(say(matching), name(pattern))
	}
	return say(words)
}

// token says what the document says of the token that an operation hands out.
func (b *builder) token(op *loginwatch.Operation) {
	t := op.Token
	if t == nil {
		return
	}
	b.heading(4, line(say("Token of "), name(op.ID)))
	of := line(say("token of "), name(op.ID))
	var rows [][]text
	add := func(what string, says text, c loginwatch.Cite) {
		if len(says) > 0 {
			rows = append(rows, []text{say(what), says, b.source(line(of, say(", "+what)), c)})
		}
	}
	where := name(t.At.String())
	if t.Outcome != nil {
		where = line(where, say(" of the answer "), name(t.Outcome.ID))
	}
	add("where", where, t.Cite)
	add("form", say(forms[t.Form]), loginwatch.Cite{})
	add("signed by", names(t.Algorithms), loginwatch.Cite{})
	if k := t.Keys; k != nil {
		keys := line(say("the secret "), name(k.Pinned))
		if k.From != nil {
			keys = line(say("those that the case "), name(k.From.ID), say(" announces in the same run"))
		}
		add("keys", keys, k.Cite)
	}
	for _, claim := range t.Claims {
		says := name(claim.Value)
		if claim.HashOf != "" {
			says = line(say("the hash of "), name(claim.HashOf.String()))
		}
		add("claim "+claim.Name, says, claim.Cite)
	}
	for _, m := range t.Matches {
		says := line(name(m.At.String()), say(" repeats the claim "), name(m.Claim))
		if m.Join != "" {
			says = line(says, say(", joined by "), name(m.Join))
		}
		add("repeated", says, m.Cite)
	}
	if t.Issued != "" {
		add("created", line(say("at "), name(t.Issued.String())), loginwatch.Cite{})
	}
	if l := t.Lifetime; l != nil {
		add("lifetime", lifetime(l), l.Cite)
	}
	b.table([]string{"Of the token", "Says", "Source"}, rows...)
}

func lifetime(l *loginwatch.Lifetime) text {
	var says []text
	if l.Documented > 0 {
		says = append(says, say(span(l.Documented)))
	}
	switch {
	case l.At != "":
		says = append(says, line(say("what is left of it stands at "), name(l.At.String())))
	case l.Until != "":
		says = append(says, line(say("its end stands at "), name(l.Until.String())))
	}
	if l.Documented > 0 && l.Fixed {
		says = append(says, say("a shorter one is breaking"))
	} else if l.Documented > 0 {
		says = append(says, say("a shorter one is tolerated"))
	}
	return joined("; ", says...)
}

// limits says how often an operation may be called, and what it does to what it takes.
func (b *builder) limits(op *loginwatch.Operation) {
	var items []text
	if l := op.Limit; l != nil {
		items = append(items, joined(" ", say(fmt.Sprintf("At most %s in %s.", counted(l.Requests, "request"), span(l.Per))), b.source(line(say("rate limit of "), name(op.ID)), l.Cite)))
	}
	if len(op.Spends) > 0 {
		items = append(items, line(say("It takes once: "), names(op.Spends), say(".")))
	}
	if len(op.Revokes) > 0 {
		items = append(items, line(say("It ends: "), names(op.Revokes), say(".")))
	}
	if op.Control != nil {
		items = append(items, line(say("After a refusal the case "), name(op.Control.ID), say(" is sent once, which carries no credential, to see whose the refusal is.")))
	}
	b.list(items)
}

func counted(n int, noun string) string {
	if n != 1 {
		noun += "s"
	}
	return strconv.Itoa(n) + " " + noun
}
