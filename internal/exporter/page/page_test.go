//go:build !race

package page_test

import (
	"bytes"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/yuin/goldmark"
	"github.com/yuin/goldmark/extension"
	"github.com/yuin/goldmark/renderer/html"
	nethtml "golang.org/x/net/html"

	"github.com/loginwatch/loginwatch/internal/exporter/page"
	"github.com/loginwatch/loginwatch/internal/pack/packtest"
)

// forms are both forms of a page.
func forms(t *testing.T, p *page.Page) (markdown, page string) {
	t.Helper()
	var m, h bytes.Buffer
	if err := p.Markdown(&m); err != nil {
		t.Fatal(err)
	}
	if err := p.HTML(&h); err != nil {
		t.Fatal(err)
	}
	return m.String(), h.String()
}

// part is an element that has words, them, and where its links lead.
type part struct{ Element, Words, Links string }

// holding are the elements that hold words, by those of them that may stand in them.
var holding = []string{"h1", "h2", "h3", "h4", "p", "li", "th", "td", "pre"}

// allowed are all elements that a page may have in its body.
var allowed = append([]string{"main", "div", "ul", "table", "thead", "tbody", "tr", "code", "strong", "span", "a", "body"}, holding...)

// parts reads what stands below a node, in order, with all else that is there.
func parts(t *testing.T, text, below string) []part {
	t.Helper()
	doc, err := nethtml.Parse(strings.NewReader(text))
	if err != nil {
		t.Fatal(err)
	}
	var all []part
	for n := range doc.Descendants() {
		if n.Type == nethtml.ElementNode && n.Data == below {
			all = collect(t, n, nil)
		}
	}
	if len(all) == 0 {
		t.Fatal("nothing stands there")
	}
	return all
}

func collect(t *testing.T, n *nethtml.Node, all []part) []part {
	t.Helper()
	switch {
	case n.Type == nethtml.CommentNode:
		t.Errorf("a comment: %q", n.Data)
	case n.Type == nethtml.TextNode && strings.TrimSpace(n.Data) != "":
		t.Errorf("words outside of everything: %q", n.Data)
	case n.Type == nethtml.ElementNode && !slices.Contains(allowed, n.Data):
		t.Errorf("an element %s", n.Data)
	case n.Type == nethtml.ElementNode && slices.Contains(holding, n.Data):
		var words, links strings.Builder
		for d := range n.Descendants() {
			if d.Type == nethtml.TextNode {
				words.WriteString(d.Data)
			} else if !slices.Contains([]string{"code", "strong", "span", "a"}, d.Data) {
				t.Errorf("an element %s in %s", d.Data, n.Data)
			}
			for _, a := range d.Attr {
				if a.Key == "href" {
					links.WriteString(a.Val + " ")
				}
			}
		}
		said := strings.Join(strings.Fields(words.String()), " ")
		if n.Data == "pre" {
			said = strings.TrimSuffix(words.String(), "\n")
		}
		return append(all, part{n.Data, said, links.String()})
	}
	for child := range n.ChildNodes() {
		all = collect(t, child, all)
	}
	return all
}

// same holds that both forms have the same headings, tables, lists and words, as a parser of
// GitHub's Markdown and one of HTML read them. Elements in the Markdown would come through,
// and are none of those that a page has.
func same(t *testing.T, p *page.Page) (markdown, page string) {
	t.Helper()
	markdown, page = forms(t, p)
	var rendered bytes.Buffer
	parser := goldmark.New(goldmark.WithExtensions(extension.GFM), goldmark.WithRendererOptions(html.WithUnsafe()))
	if err := parser.Convert([]byte(markdown), &rendered); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(parts(t, page, "main"), parts(t, rendered.String(), "body")); diff != "" {
		t.Errorf("(-HTML +Markdown):\n%s", diff)
	}
	return markdown, page
}

func TestFormsAgree(t *testing.T) {
	all := packtest.All(t)
	for _, c := range all.Contracts {
		t.Run(c.Vendor, func(t *testing.T) {
			markdown, text := same(t, page.Of(page.Input{Contract: c, Probes: all.ProbesOf(c.Vendor)}))
			if strings.Contains(markdown, "<") && !strings.Contains(markdown, "(<http") && !strings.Contains(markdown, "```") {
				t.Error("Markdown with elements")
			}
			if strings.Contains(text, "<script") || strings.Contains(text, "src=") || strings.Contains(text, "<link") || strings.Contains(text, "url(") {
				t.Error("a page that runs or asks for something")
			}
		})
	}
}
