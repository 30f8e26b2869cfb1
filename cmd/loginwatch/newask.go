package main

import (
	"bufio"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"github.com/loginwatch/loginwatch"
	"github.com/loginwatch/loginwatch/internal/importer"
	"github.com/loginwatch/loginwatch/internal/importer/draft"
)

// questioner asks at a terminal. It never asks for the value of a secret: names do.
type questioner struct {
	in  *bufio.Scanner
	out io.Writer
	err error
}

// maxLine bounds one answer: what an example is made of may be long.
const maxLine = 1 << 20

// askLogin makes a recording of what somebody knows about a login.
func askLogin(env environment) (*importer.Recording, error) {
	q := &questioner{in: bufio.NewScanner(env.stdin), out: env.stdout}
	q.in.Buffer(nil, maxLine)
	fmt.Fprintln(q.out, "A few questions about the login. Names alone are asked for, never the value of a secret.")
	address := q.address()
	login := importer.Exchange{Name: "login", Request: importer.Request{URL: importer.Plain(address)}}
	login.Request.Method = q.one("Method", "POST", []string{"POST", "GET", "PUT", "PATCH", "DELETE"})
	q.request(&login.Request)
	if a, ok := q.answer(); ok {
		login.Answers = []importer.Answer{a}
	}
	rec := &importer.Recording{Exchanges: []importer.Exchange{login}}
	q.use(rec, address)
	return rec, q.err
}

// line reads one answer; "" is the default.
func (q *questioner) line(question, usual string) string {
	if q.err != nil {
		return usual
	}
	if usual != "" {
		question += " [" + usual + "]"
	}
	fmt.Fprintf(q.out, "%s: ", question)
	if !q.in.Scan() {
		q.err = usage("the answers ended before the questions")
		return usual
	}
	if text := strings.TrimSpace(q.in.Text()); text != "" {
		return text
	}
	return usual
}

func (q *questioner) address() string {
	for q.err == nil {
		text := q.line("Address of the login, such as https://api.example.com/login", "")
		u, err := url.Parse(text)
		if err == nil && (u.Scheme == "https" || u.Scheme == "http") && u.Host != "" && u.User == nil && u.RawQuery == "" {
			return text
		}
		if q.err == nil {
			fmt.Fprintln(q.out, "  That is no http or https address without user, password and query.")
		}
	}
	return ""
}

// one asks until the answer is one of a list.
func (q *questioner) one(question, usual string, list []string) string {
	for q.err == nil {
		text := q.line(question, usual)
		if i := slices.IndexFunc(list, func(o string) bool { return strings.EqualFold(o, text) }); i >= 0 {
			return list[i]
		}
		fmt.Fprintf(q.out, "  One of %s.\n", strings.Join(list, ", "))
	}
	return usual
}

// request asks what is sent.
func (q *questioner) request(r *importer.Request) {
	usual := "json"
	if r.Method == http.MethodGet {
		usual = "none"
	}
	kind := q.one("Body: json, form, basic (user and password in a header) or none", usual, []string{"json", "form", "basic", "none"})
	if kind == "basic" {
		r.Basic = &importer.Basic{User: placeholder("username"), Password: placeholder("password")}
	}
	if kind == "json" || kind == "form" {
		text := q.line("Fields, separated by commas; one that is always the same as NAME=VALUE, and of a secret its name alone", "username, password")
		r.Body = bodyOf(kind, fields(text, ","))
	}
	text := q.line("Headers beside Content-Type, separated by semicolons: NAME=VALUE, or of a secret its name alone; empty for none", "")
	for _, f := range fields(text, ";") {
		r.Headers = append(r.Headers, importer.Field{Name: f.name, Value: f.template()})
	}
}

// field is what somebody types for one: a name, perhaps with a value.
type field struct {
	name, value string
	constant    bool
}

func fields(text, by string) (all []field) {
	for part := range strings.SplitSeq(text, by) {
		name, value, constant := strings.Cut(strings.TrimSpace(part), "=")
		if name = strings.TrimSpace(name); name != "" {
			all = append(all, field{name, strings.TrimSpace(value), constant})
		}
	}
	return all
}

func (f field) template() loginwatch.Template {
	if f.constant {
		return importer.Plain(f.value)
	}
	if name := importer.Name(f.name); name != "" {
		return placeholder(name)
	}
	return placeholder("value")
}

func placeholder(name string) loginwatch.Template {
	return loginwatch.Template{Texts: []string{"", ""}, Names: []string{name}}
}

func bodyOf(kind string, all []field) *importer.Body {
	if kind == "form" {
		b := &importer.Body{ContentType: loginwatch.BodyForm.MediaType()}
		for _, f := range all {
			b.Fields = append(b.Fields, importer.Field{Name: f.name, Value: f.template()})
		}
		return b
	}
	var t loginwatch.Template
	text := "{"
	for i, f := range all {
		if i > 0 {
			text += ", "
		}
		text += quotedJSON(f.name) + ": "
		if f.constant {
			text += quotedJSON(f.value)
			continue
		}
		t.Texts, t.Names = append(t.Texts, text+`"`), append(t.Names, f.template().Names...)
		text = `"`
	}
	t.Texts = append(t.Texts, text+"}")
	return &importer.Body{ContentType: "application/json", Text: t}
}

// answer asks for what the login answers.
func (q *questioner) answer() (importer.Answer, bool) {
	if q.err != nil {
		return importer.Answer{}, false
	}
	fmt.Fprintln(q.out, "An answer of the login: a body in JSON or what curl -i prints, then a line with a full stop alone. What is secret in it is replaced. A full stop at once for none:")
	var lines []string
	for q.err == nil {
		if !q.in.Scan() {
			q.err = usage("the answers ended before the questions")
			break
		}
		if strings.TrimSpace(q.in.Text()) == "." {
			break
		}
		lines = append(lines, q.in.Text())
	}
	text := strings.Join(lines, "\n")
	if strings.TrimSpace(text) == "" || q.err != nil {
		return importer.Answer{}, false
	}
	a, err := draft.Seen([]byte(text))
	if err != nil {
		fmt.Fprintf(q.out, "  %v: the draft goes on without it.\n", err)
		return a, false
	}
	return a, true
}

// use asks for calls that the token is for: without a token there is nothing to ask.
func (q *questioner) use(rec *importer.Recording, address string) {
	at := draft.TokenPlace(rec)
	if at == "" {
		return
	}
	rec.Exchanges[0].Kept = []importer.Kept{{Variable: "access_token", From: at}}
	base, err := url.Parse(address)
	if err != nil {
		return // it was parsed before
	}
	for _, c := range []struct{ method, name, question string }{
		{http.MethodGet, "", "The token is at " + at + ". Path of a GET that sends it as Authorization: Bearer, such as /me; empty for none"},
		{http.MethodPost, "logout", "Path of a POST that logs out with it, such as /logout; empty for none"},
	} {
		to := q.path(c.question, base)
		if to == nil {
			continue
		}
		rec.Exchanges = append(rec.Exchanges, importer.Exchange{Name: c.name, Request: importer.Request{
			Method: c.method, URL: importer.Plain(to.String()),
			Headers: []importer.Field{{Name: "Authorization", Value: loginwatch.Template{Texts: []string{"Bearer ", ""}, Names: []string{"access_token"}}}},
		}})
	}
}

// path asks for one at the address of the login; nil for none.
func (q *questioner) path(question string, base *url.URL) *url.URL {
	for q.err == nil {
		text := q.line(question, "")
		if text == "" {
			return nil
		}
		to, err := base.Parse(text)
		if err == nil && to.Host == base.Host && to.Scheme == base.Scheme && to.User == nil && to.RawQuery == "" && !strings.Contains(text, " ") && (strings.HasPrefix(text, "/") || strings.Contains(text, "://")) {
			return to
		}
		if q.err == nil {
			fmt.Fprintln(q.out, "  That is no path from / on, at the same address and without a query.")
		}
	}
	return nil
}
