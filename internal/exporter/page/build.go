package page

import (
	"net/url"
	"slices"
	"strconv"
	"strings"

	"github.com/loginwatch/loginwatch"
	"github.com/loginwatch/loginwatch/internal/sla"
)

// Input is what a page is made of.
type Input struct {
	Contract *loginwatch.Contract
	Probes   []*loginwatch.Probe // of the contract
	Clause   *sla.Clause         // what the vendor promises; nil when nobody has written that down
	Seen     *Seen               // nil when no store was asked
}

// Of makes the page of a contract.
func Of(in Input) *Page {
	c := in.Contract
	b := &builder{c: c}
	b.title = c.Title
	if b.title == "" {
		b.title = c.Vendor
	}
	b.heading(1, say(b.title))
	b.documented()
	b.ruled(in)
	b.seen(in.Seen)
	b.words()
	b.introduce()
	b.clean()
	return &b.Page
}

type builder struct {
	Page
	c       *loginwatch.Contract
	unheard []unheard
	todo    int // statements whose words nobody has looked up yet
}

// introduce puts below the title what everything after it needs to be read.
func (b *builder) introduce() {
	todo := ""
	if b.todo > 0 {
		todo = loginwatch.Todo + " is the source of a statement whose words nobody has looked up there yet. "
	}
	intro := block{Kind: paragraph, Text: line(say("This page is made of the contract that loginwatch holds the login API "), name(b.c.Vendor),
		say(" against. What stands in “quotation marks” as a source locates a statement in the vendor's document. ", todo,
			"Values are the samples of the document, demo values, or placeholders such as "), name("${password}"), say("; none is a secret."))}
	b.blocks = slices.Insert(b.blocks, 1, intro)
}

// unheard is what no document says, and all that rests on it.
type unheard struct {
	evidence string
	what     []text
}

// source says where a statement comes from, and remembers what no document says.
func (b *builder) source(what text, c loginwatch.Cite) text {
	if c.Words == "" && c.Evidence == "" {
		return nil
	}
	if c.Words == loginwatch.Todo {
		b.todo++
		return text{{Style: inward, Text: loginwatch.Todo}}
	}
	if c.Words == "" {
		at := slices.IndexFunc(b.unheard, func(u unheard) bool { return u.evidence == c.Evidence })
		if at < 0 {
			at, b.unheard = len(b.unheard), append(b.unheard, unheard{evidence: c.Evidence})
		}
		b.unheard[at].what = append(b.unheard[at].what, what)
		return text{{Style: inward, Text: c.Quote()}}
	}
	from := ""
	if at := slices.IndexFunc(b.c.Documents, func(d loginwatch.Document) bool { return d.Shown() == c.Document }); at >= 0 && len(b.c.Documents) > 1 {
		from = " (document " + strconv.Itoa(at+1) + ")"
	}
	return text{{Style: soft, Text: "“" + c.Words + "”" + from}}
}

// address is a link to where something was read, or a text when that is no place on the web.
func address(s string) text {
	u, err := url.Parse(s)
	if err != nil || u.Scheme != "http" && u.Scheme != "https" || u.Host == "" || u.User != nil {
		return say(s)
	}
	escaped := strings.NewReplacer("<", "%3C", ">", "%3E", `\`, "%5C", "`", "%60", "|", "%7C", " ", "%20", `"`, "%22", "[", "%5B", "]", "%5D").Replace(u.String())
	return text{{Text: s, Link: escaped}}
}

// documented says what the document says: where it is, what a caller needs, and each operation.
func (b *builder) documented() {
	b.heading(2, say("What is documented"))
	b.heading(3, say("Documents"))
	var rows [][]text
	for i, d := range b.c.Documents {
		number := text(nil)
		if len(b.c.Documents) > 1 {
			number = say(strconv.Itoa(i + 1))
		}
		at := address(d.Address)
		if d.Address == "" {
			at = nil
		}
		rows = append(rows, []text{number, say(d.Title), joined(", ", name(d.File), at), say(d.Read), say(extents[d.Extent]), name(short(d.SHA256))})
	}
	b.table([]string{"No.", "Document", "Where", "Read", "How much", "SHA-256"}, rows...)
	b.proven()
	b.addresses()
	b.values()
	for _, op := range b.c.Operations {
		b.operation(op)
	}
	b.cases()
}

// proven names the real servers that the contract was held against.
func (b *builder) proven() {
	if len(b.c.ProvenOn) == 0 {
		b.say(say("The contract was held against no real server as far as it says: its documents alone speak for it."))
		return
	}
	servers := make([]text, len(b.c.ProvenOn))
	for i, s := range b.c.ProvenOn {
		servers[i] = mark(s.String())
	}
	b.say(line(say("The contract was held against real servers: "), joined(", ", servers...), say(".")))
}

// short is enough of a digest to tell texts apart.
func short(digest string) string {
	if len(digest) > 16 {
		return digest[:16] + "…"
	}
	return digest
}

func (b *builder) addresses() {
	var rows [][]text
	for _, t := range b.c.Targets {
		rows = append(rows, []text{name(t.Name), name(t.URL), b.source(line(say("address "), name(t.Name)), t.Cite)})
	}
	if len(rows) == 0 {
		return
	}
	b.heading(3, say("Addresses"))
	b.table([]string{"Name", "Base URL", "Source"}, rows...)
}

// values says what a request is made of that is no part of the contract.
func (b *builder) values() {
	var rows [][]text
	for _, s := range b.c.Secrets {
		rows = append(rows, []text{name(s.Name), say("secret"), name(demo(s.Demo)), nil})
	}
	for _, v := range b.c.Variables {
		rows = append(rows, []text{name(v.Name), say("setting"), name(v.Default), b.source(line(say("setting "), name(v.Name)), v.Cite)})
	}
	for _, v := range b.c.Computed {
		rows = append(rows, []text{name(v.Name), say("computed"), computed(v), b.source(line(say("computed "), name(v.Name)), v.Cite)})
	}
	if len(rows) == 0 {
		return
	}
	b.heading(3, say("Values that a caller has"))
	b.say(line(say("Requests below name them as "), name("${name}"), say(". The value of a secret is what the simulator takes, that of a setting what holds unless another one is set.")))
	b.table([]string{"Name", "Is", "Value", "Source"}, rows...)
}

// demo is a demo value; of one of many lines, such as a key that opens nothing, the first.
func demo(s string) string {
	if first, _, more := strings.Cut(strings.TrimSpace(s), "\n"); more {
		return first + " …"
	}
	return s
}
