package page

import (
	_ "embed" // the page
	"fmt"
	"html/template"
	"io"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/loginwatch/loginwatch"
	"github.com/loginwatch/loginwatch/internal/looks"
)

//go:embed page.html
var pageHTML string

//go:embed page.css
var pageCSS string

// HTML writes the page as one file, which asks for nothing else and runs nothing.
func (p *Page) HTML(w io.Writer) error {
	t, err := template.New("page").Funcs(template.FuncMap{
		"css":   func() template.CSS { return template.CSS(looks.Palette() + pageCSS) }, //nolint:gosec // ours
		"tone":  tone,
		"width": width,
		"words": func(t text) string { return t.words() },
		"sub":   func(b block) bool { return b.Level == 3 },
	}).Parse(pageHTML)
	if err != nil {
		return fmt.Errorf("write the page: %w", err)
	}
	return t.Execute(w, map[string]any{"Title": p.title, "Blocks": p.blocks, "Contents": p.contents()})
}

// width says how willingly a text is broken into lines: short ones never, long names anywhere.
func width(s string) string {
	switch n := utf8.RuneCountInString(s); {
	case n <= 17:
		return "short"
	case n <= 32:
		return "middle"
	}
	return "long"
}

// tone is what a word is coloured by: a verdict, or the class of a difference.
func tone(word string) string {
	if slices.Contains(loginwatch.Verdicts, loginwatch.Verdict(word)) || slices.Contains(loginwatch.Classes, loginwatch.Class(word)) {
		return word
	}
	return ""
}

// contents are the headings that lead to the parts of the page.
func (p *Page) contents() (all []block) {
	for _, b := range p.blocks {
		if b.Kind == heading && (b.Level == 2 || b.Level == 3) {
			all = append(all, b)
		}
	}
	return all
}

// words is a line without its looks.
func (t text) words() string {
	var b strings.Builder
	for _, p := range t {
		b.WriteString(p.Text)
	}
	return strings.TrimSpace(b.String())
}
