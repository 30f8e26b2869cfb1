//go:build !race

package openapi_test

import (
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/loginwatch/loginwatch"
	"github.com/loginwatch/loginwatch/internal/exporter"
	"github.com/loginwatch/loginwatch/internal/exporter/openapi"
	"github.com/loginwatch/loginwatch/internal/pack/packtest"
)

// Nothing that a contract says gets lost: each operation, each outcome under each of its
// statuses, each schema, and no reference leads nowhere.
func TestNothingIsLost(t *testing.T) {
	catalog := packtest.All(t)
	for _, c := range catalog.Contracts {
		t.Run(c.Vendor, func(t *testing.T) {
			document := openapi.Document(c, catalog.ProbesOf(c.Vendor))
			for _, e := range openapi.Endpoints(c) {
				item, _ := document.Get("paths").(exporter.Map).Get(e.Path).(exporter.Map)
				operation, _ := item.Get(e.Method).(exporter.Map)
				if operation.Get("operationId") != e.ID {
					t.Fatalf("%s %s is %v", e.Method, e.Path, operation.Get("operationId"))
				}
				for _, o := range e.Operations {
					holdsOutcomes(t, operation, e, o)
				}
			}
			refs(document, func(ref string) {
				var at any = document
				for token := range strings.SplitSeq(strings.TrimPrefix(ref, "#/"), "/") {
					m, _ := at.(exporter.Map)
					at = m.Get(token)
				}
				if at == nil {
					t.Errorf("%s leads nowhere", ref)
				}
			})
			again := exporter.YAML(openapi.Document(c, catalog.ProbesOf(c.Vendor)))
			if !slices.Equal(again, exporter.YAML(document)) {
				t.Error("it is another one the second time")
			}
		})
	}
}

func holdsOutcomes(t *testing.T, operation exporter.Map, e *openapi.Endpoint, o *loginwatch.Operation) {
	t.Helper()
	for _, x := range o.Outcomes {
		for _, status := range x.Statuses {
			response, _ := operation.Get("responses").(exporter.Map).Get(strconv.Itoa(status)).(exporter.Map)
			found := false
			said := func(m exporter.Map) {
				if m.Get("x-loginwatch-outcome") == x.ID && (len(e.Operations) == 1 || m.Get("x-loginwatch-operation") == o.ID) {
					found = true
					if m.Get("x-loginwatch-means") != string(x.Means) {
						t.Errorf("%s.%s means %v", o.ID, x.ID, m.Get("x-loginwatch-means"))
					}
				}
			}
			bare, _ := response.Get("x-loginwatch-outcomes").([]any)
			for _, m := range bare {
				said(m.(exporter.Map))
			}
			content, _ := response.Get("content").(exporter.Map)
			for _, media := range content {
				examples, _ := media.Value.(exporter.Map).Get("examples").(exporter.Map)
				for _, example := range examples {
					said(example.Value.(exporter.Map))
				}
			}
			if !found {
				t.Errorf("%s.%s is not under %d", o.ID, x.ID, status)
			}
		}
	}
}

// refs calls yield with every reference.
func refs(value any, yield func(string)) {
	switch v := value.(type) {
	case exporter.Map:
		for _, m := range v {
			if text, isText := m.Value.(string); isText && m.Key == "$ref" {
				yield(text)
			}
			refs(m.Value, yield)
		}
	case []any:
		for _, item := range v {
			refs(item, yield)
		}
	}
}

// A header is one whatever its letter case, and is asked for where nothing does without it.
func TestHeaders(t *testing.T) {
	cited := func(words string) loginwatch.Cite { return loginwatch.Cite{Words: words, Document: "guide"} }
	outcome := func(id string, headers ...loginwatch.AnswerHeader) *loginwatch.Outcome {
		return &loginwatch.Outcome{ID: id, Statuses: []int{302}, Body: loginwatch.BodyNone, Means: loginwatch.OK, Headers: headers}
	}
	home := outcome("home", loginwatch.AnswerHeader{Name: "Location", Example: "/home", Cite: cited("home")})
	again := outcome("again", loginwatch.AnswerHeader{Name: "location", Example: "/again", Cite: cited("again")}, loginwatch.AnswerHeader{Name: "X-Why", Example: "no"})
	o := &loginwatch.Operation{ID: "login", Outcomes: []*loginwatch.Outcome{home, again}, Request: loginwatch.Request{
		Method: "GET", Path: "/login",
		Headers: []loginwatch.Header{{Name: "X-App", Value: "web"}, {Name: "X-Trace", Value: "on"}, {Name: "Authorization", Value: "Bearer ${token}"}},
	}}
	c := &loginwatch.Contract{Vendor: "example", Operations: []*loginwatch.Operation{o}, Secrets: []loginwatch.Secret{{Name: "token", Demo: "t"}}, Cases: []*loginwatch.Case{
		{ID: "whole", Operation: o, Expect: []*loginwatch.Outcome{home}},
		{ID: "bare", Operation: o, Expect: []*loginwatch.Outcome{home}, WithoutHeaders: []string{"x-trace", "authorization"}},
	}}
	document := openapi.Document(c, nil)
	text := string(exporter.YAML(document))
	for _, want := range []string{`
        "302":
          description: |
            - home: as documented.
            - again: as documented.
          headers:
            Location:
              description: "Source: “home”, guide. Source: “again”, guide."
              required: true
              schema:
                type: string
              example: /home
            X-Why:
              schema:
                type: string
              example: "no"
`, `
        - name: X-App
          in: header
          required: true
`, `
        - name: X-Trace
          in: header
          schema:
`, `
      security:
        - token: []
        - {}
`} {
		if !strings.Contains(text, want) {
			t.Errorf("it has no%s\nbut\n%s", want, text)
		}
	}
}
