package draft

import (
	"net/url"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/loginwatch/loginwatch"
	"github.com/loginwatch/loginwatch/internal/importer"
)

// people are those whom a description calls by their names. A greeting, a refusal, a path
// or the key of an object may say such a name again.
type people struct {
	words []string // of which each, in a text, says who it is
	whole []string // names without what stands between their parts: annasmith
}

// shortestName is how long a word is that names somebody.
const shortestName = 3

// roles are what many accounts are called, and what APIs say of themselves.
var roles = words("admin administrator root user users test tester guest demo default system service owner member client login username name email account password token api app web me self null none unknown true false yes info support sales contact help office hello team")

// notePeople takes note of what the calls of a login say of whom: requests of those who
// log in, also of those who were refused, and successful answers.
func (m *maker) notePeople() {
	for i, op := range m.ops {
		for _, e := range op.call.exchanges {
			for name, v := range fieldsOf(e.Request) {
				if personName(name) && !constantNames[importer.Name(name)] && len(v.Names) == 0 && !m.given(i, v.Texts[0]) {
					m.people.noteUser(v.Texts[0])
				}
			}
			if e.Request.Basic != nil {
				m.people.noteUser(strings.Join(e.Request.Basic.User.Texts, ""))
			}
			for _, v := range valuesOf(e) {
				if personName(v.name) && loginwatch.Place(v.at).InDocument() {
					m.people.noteAnswered(v.name, v.text)
				}
			}
		}
	}
}

// noteUser takes note of what a login sends for a name.
func (p *people) noteUser(text string) {
	parts := p.noteWhole(text, 1)
	for _, w := range append(parts, strings.ToLower(text)) {
		add(&p.words, w)
	}
}

// noteAnswered takes note of what a successful answer calls somebody, or something: many
// a thing has a name. A word that the field is called is none.
func (p *people) noteAnswered(field, text string) {
	p.noteWhole(text, 2)
	for w := range strings.FieldsSeq(strings.ToLower(text)) {
		if !strings.EqualFold(w, field) {
			add(&p.words, w)
		}
	}
}

// noteWhole takes note of a name of at least so many parts, and gives them. Of an address
// of e-mail they stand before the @.
func (p *people) noteWhole(text string, least int) []string {
	const longest = 100 // what is longer is a sentence
	name, _, _ := strings.Cut(strings.ToLower(text), "@")
	parts := partsOf(name)
	if len(name) > longest || len(parts) < least {
		return nil
	}
	add(&p.whole, strings.Join(parts, ""))
	if len(parts) > 1 {
		_, initial := utf8.DecodeRuneInString(parts[0])
		add(&p.whole, parts[0][:initial]+parts[len(parts)-1])
	}
	return parts
}

// partsOf gives the words of a name.
func partsOf(name string) []string {
	return strings.FieldsFunc(name, func(c rune) bool { return c < utf8.RuneSelf && !wordByte(byte(c)) })
}

func add(list *[]string, name string) {
	if len(name) >= shortestName && !roles[name] && !slices.Contains(*list, name) {
		*list = append(*list, name)
	}
}

// in tells whether a text has the name of somebody as a word.
func (p *people) in(text string) bool {
	return slices.ContainsFunc(p.words, func(w string) bool { return asWord(text, w) })
}

// calls tells whether a text is a name of somebody, and nothing else.
func (p *people) calls(text string) bool {
	return slices.Contains(p.whole, strings.Join(partsOf(strings.ToLower(text)), ""))
}

// hideNames lets no list show who is named in a call's path, or what the answers to so many
// calls before it gave.
func (m *maker) hideNames(c *call, before int) {
	segments := strings.Split(c.path, "/")
	c.named = make([]bool, len(segments))
	for i, s := range segments {
		plain, err := url.PathUnescape(s)
		c.named[i] = err == nil && (m.people.calls(plain) || m.given(before, plain) || m.people.in(plain) && !sortsAsWord(strings.ToLower(plain)))
	}
}
