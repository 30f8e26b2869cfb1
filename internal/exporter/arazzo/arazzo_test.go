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

// Of a step that is left out nothing is left: what it sends is no input, and what it would
// have given is one.
func TestLeftOutLeavesNothing(t *testing.T) {
	body := func(text string) any { return map[string]any{"value": text} }
	x := &loginwatch.Outcome{ID: "success", Statuses: []int{200}, Body: loginwatch.BodyJSON, Means: loginwatch.OK}
	o := &loginwatch.Operation{ID: "login", Request: loginwatch.Request{Method: "POST", Path: "/login"}, Outcomes: []*loginwatch.Outcome{x}}
	first := &loginwatch.Case{ID: "first", Operation: o, Body: body("${seed}"), Expect: []*loginwatch.Outcome{x}}
	login := &loginwatch.Case{ID: "login", Operation: o, Body: body("${nonce}"), Expect: []*loginwatch.Outcome{x}}
	c := &loginwatch.Contract{
		Vendor: "example", Operations: []*loginwatch.Operation{o}, Cases: []*loginwatch.Case{first, login},
		Secrets: []loginwatch.Secret{{Name: "seed"}, {Name: "nonce"}, {Name: "session"}},
	}
	document, leftOut := arazzo.Document(c, []*loginwatch.Probe{{Name: "login", Contract: c, Steps: []loginwatch.Step{
		{Case: first, Role: loginwatch.RoleSetup, Capture: []loginwatch.Capture{{Name: "nonce", At: "/nonce"}, {Name: "session", At: loginwatch.CookiePlace("sid")}}},
		{Case: login, Role: loginwatch.RoleSubject},
	}}}, "./api.yaml")
	workflow := document.Get("workflows").([]any)[0].(exporter.Map)
	holds(t, c, workflow)
	inputs := workflow.Get("inputs").(exporter.Map).Get("properties").(exporter.Map)
	if len(leftOut) == 0 || leftOut[0].Case != "first" || len(inputs) != 1 || inputs.Get("nonce") == nil {
		t.Errorf("%v, %s", leftOut, exporter.YAML(workflow))
	}
}

// What an answer is known by has the type that its example shows, wherever it stands.
func TestCriteria(t *testing.T) {
	for _, tt := range []struct{ at, value, example, want string }{
		{"/code", "7", `{"code": 7}`, "$response.body#/code == 7"},
		{"/code", "7", `{"code": "7"}`, "$response.body#/code == '7'"},
		{"/errors/0/code", "7", `{"errors": [{"code": 7}]}`, "$response.body#/errors/0/code == 7"},
		{"/errors/0/ok", "true", `{"errors": [{"ok": true}]}`, "$response.body#/errors/0/ok == true"},
		{"/errors/1/ok", "it's", `{"errors": []}`, "$response.body#/errors/1/ok == 'it''s'"},
		{"/error code", "7", `{"error code": 7}`, ""},
		{"header:Location", "/home", `{}`, "$response.header.Location == '/home'"},
	} {
		x := &loginwatch.Outcome{
			ID: "success", Statuses: []int{200}, Body: loginwatch.BodyJSON, Means: loginwatch.OK, Example: &loginwatch.Example{Body: []byte(tt.example)},
			Where: []loginwatch.Field{{At: loginwatch.Place(tt.at), Test: loginwatch.TestEquals, Value: tt.value}},
		}
		o := &loginwatch.Operation{ID: "login", Request: loginwatch.Request{Method: "GET", Path: "/"}, Outcomes: []*loginwatch.Outcome{x}}
		k := &loginwatch.Case{ID: "valid", Operation: o, Expect: []*loginwatch.Outcome{x}}
		c := &loginwatch.Contract{Vendor: "example", Operations: []*loginwatch.Operation{o}, Cases: []*loginwatch.Case{k}}
		document, _ := arazzo.Document(c, nil, "./api.yaml")
		step := document.Get("workflows").([]any)[0].(exporter.Map).Get("steps").([]any)[0].(exporter.Map)
		var got []string
		for _, one := range step.Get("successCriteria").([]any) {
			got = append(got, one.(exporter.Map).Get("condition").(string))
		}
		if said := strings.Join(got[1:], "; "); said != tt.want {
			t.Errorf("%s of %s: %q, not %q", tt.at, tt.example, said, tt.want)
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
