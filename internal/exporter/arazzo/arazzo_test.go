//go:build !race

package arazzo_test

import (
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/loginwatch/loginwatch"
	"github.com/loginwatch/loginwatch/internal/exporter"
	"github.com/loginwatch/loginwatch/internal/exporter/arazzo"
	"github.com/loginwatch/loginwatch/internal/exporter/openapi"
	"github.com/loginwatch/loginwatch/internal/pack/packtest"
)

func each(t *testing.T, run func(t *testing.T, c *loginwatch.Contract, probes []*loginwatch.Probe)) {
	t.Helper()
	catalog := packtest.All(t)
	for _, c := range catalog.Contracts {
		t.Run(c.Vendor, func(t *testing.T) { run(t, c, catalog.ProbesOf(c.Vendor)) })
	}
}

var expression = regexp.MustCompile(`\$(?:inputs\.([a-z0-9_]+)|steps\.([a-z0-9-]+)\.outputs\.([a-z0-9_]+))`)

// Every safe case is there or said to be left out; every expression names what is there,
// every operation is one of the OpenAPI document, and no demo is sent by itself.
func TestWorkflows(t *testing.T) {
	each(t, func(t *testing.T, c *loginwatch.Contract, probes []*loginwatch.Probe) {
		document, leftOut := arazzo.Document(c, probes, "./api.yaml")
		var there []string
		workflows, _ := document.Get("workflows").([]any)
		for _, w := range workflows {
			m := w.(exporter.Map)
			there = append(there, m.Get("workflowId").(string))
			holds(t, c, m)
		}
		for _, k := range c.Cases {
			out := slices.ContainsFunc(leftOut, func(l arazzo.LeftOut) bool { return l.Case == k.ID && l.Why != "" })
			if !k.OnlyWhenNamed() && !out && !slices.Contains(there, "case-"+k.ID) {
				t.Errorf("%s is neither there nor left out", k.ID)
			}
		}
	})
}

func holds(t *testing.T, c *loginwatch.Contract, workflow exporter.Map) {
	t.Helper()
	var inputs []string
	if schema, ok := workflow.Get("inputs").(exporter.Map); ok {
		for _, m := range schema.Get("properties").(exporter.Map) {
			inputs = append(inputs, m.Key)
		}
	}
	outputs := map[string]bool{}
	for _, s := range workflow.Get("steps").([]any) {
		step := s.(exporter.Map)
		id := step.Get("stepId").(string)
		if !slices.ContainsFunc(openapi.Endpoints(c), func(e *openapi.Endpoint) bool { return e.ID == step.Get("operationId") }) {
			t.Errorf("%s has the operation %v", id, step.Get("operationId"))
		}
		text := string(exporter.YAML(step))
		for _, m := range expression.FindAllStringSubmatch(text, -1) {
			if m[1] != "" && !slices.Contains(inputs, m[1]) || m[2] != "" && !outputs[m[2]+"."+m[3]] {
				t.Errorf("%s has %s, which nothing gives", id, m[0])
			}
		}
		if strings.Contains(text, "${") {
			t.Errorf("%s has a placeholder:\n%s", id, text)
		}
		given, _ := step.Get("outputs").(exporter.Map)
		for _, m := range given {
			outputs[id+"."+m.Key] = true
		}
	}
}

// What Arazzo has no words for, one change of a login at a time that it has words for.
func TestLeftOut(t *testing.T) {
	for why, change := range map[string]func(c *loginwatch.Contract, k *loginwatch.Case){
		"": func(*loginwatch.Contract, *loginwatch.Case) {},
		"code is computed": func(c *loginwatch.Contract, k *loginwatch.Case) {
			c.Computed = []*loginwatch.Computed{{Name: "code", Function: "totp", Of: []string{"${password}"}}}
			k.Body = map[string]any{"code": "${code}"}
		},
		"it carries a cookie that an answer has set": func(_ *loginwatch.Contract, k *loginwatch.Case) {
			k.Operation.Request.Cookies = []loginwatch.RequestCookie{{Name: "sid"}}
		},
		"its body is multipart form data": func(_ *loginwatch.Contract, k *loginwatch.Case) { k.Operation.Request.Body = loginwatch.BodyMultipart },
		"a value in its XML would not be escaped": func(_ *loginwatch.Contract, k *loginwatch.Case) {
			k.Operation.Request.Body, k.Body = loginwatch.BodyXML, "<a>${password}</a>"
		},
		"its body is sent without a Content-Type":  func(_ *loginwatch.Contract, k *loginwatch.Case) { k.WithoutHeaders = []string{"content-type"} },
		"its body is not what its media type says": func(_ *loginwatch.Contract, k *loginwatch.Case) { k.Body, k.Raw = nil, "{" },
		"a text in its body would be read as an expression": func(_ *loginwatch.Contract, k *loginwatch.Case) {
			k.Body = map[string]any{"a": "{$url}"}
		},
	} {
		x := &loginwatch.Outcome{ID: "success", Statuses: []int{200}, Body: loginwatch.BodyJSON, Means: loginwatch.OK}
		o := &loginwatch.Operation{ID: "login", Request: loginwatch.Request{Method: "POST", Path: "/login"}, Outcomes: []*loginwatch.Outcome{x}}
		k := &loginwatch.Case{ID: "valid", Operation: o, Body: map[string]any{"password": "${password}"}, Expect: []*loginwatch.Outcome{x}}
		c := &loginwatch.Contract{
			Vendor: "example", Secrets: []loginwatch.Secret{{Name: "password", Demo: "demo"}},
			Operations: []*loginwatch.Operation{o}, Cases: []*loginwatch.Case{k},
		}
		change(c, k)
		document, leftOut := arazzo.Document(c, nil, "./api.yaml")
		said := ""
		for _, l := range leftOut {
			said += l.Why
		}
		if said != why || (document == nil) != (why != "") {
			t.Errorf("%q is said, and not %q", said, why)
		}
	}
}
