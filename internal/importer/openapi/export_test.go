//go:build !race

package openapi_test

import (
	"reflect"
	"slices"
	"testing"

	"github.com/loginwatch/loginwatch"
	"github.com/loginwatch/loginwatch/internal/exporter"
	exported "github.com/loginwatch/loginwatch/internal/exporter/openapi"
	"github.com/loginwatch/loginwatch/internal/importer"
	"github.com/loginwatch/loginwatch/internal/importer/openapi"
	"github.com/loginwatch/loginwatch/internal/pack/packtest"
)

// TestOwnExport reads what our own export writes of every contract that there is: each
// outcome comes back under each of its statuses, with what it means, how it is told apart
// and the example that it has.
func TestOwnExport(t *testing.T) {
	outcomes, catalog := 0, packtest.All(t)
	for _, c := range catalog.Contracts {
		document := exported.Document(c, catalog.ProbesOf(c.Vendor))
		inJSON, err := exporter.JSON(document)
		if err != nil {
			t.Fatal(err)
		}
		for _, data := range [][]byte{exporter.YAML(document), inJSON} {
			recording, err := openapi.Read(data)
			if err != nil {
				t.Errorf("%s: %v", c.Vendor, err)
				continue
			}
			outcomes += comesBack(t, c, recording)
		}
	}
	if outcomes < 400 {
		t.Errorf("%d outcomes are too few", outcomes)
	}
}

func comesBack(t *testing.T, c *loginwatch.Contract, recording *importer.Recording) (outcomes int) {
	for _, o := range c.Operations {
		i := slices.IndexFunc(recording.Exchanges, func(e importer.Exchange) bool { return e.Operation == o.ID })
		if i < 0 {
			t.Errorf("%s: %s is no exchange", c.Vendor, o.ID)
			continue
		}
		exchange := recording.Exchanges[i]
		if exchange.Request.Method != o.Request.Method {
			t.Errorf("%s: %s is %s", c.Vendor, o.ID, exchange.Request.Method)
		}
		if body := exchange.Request.Body; body != nil && body.Schema != nil {
			compiled(t, c.Vendor+" "+o.ID, body.Schema)
		}
		for _, a := range exchange.Answers {
			if a.Schema != nil {
				compiled(t, c.Vendor+" "+a.At.String(), a.Schema)
			}
		}
		for _, x := range o.Outcomes {
			for _, status := range x.Statuses {
				outcomes++
				outcome(t, c.Vendor+" "+o.ID+"."+x.ID, exchange, x.ID, status, x)
			}
		}
	}
	return outcomes
}

func outcome(t *testing.T, where string, exchange importer.Exchange, name string, status int, x *loginwatch.Outcome) {
	i := slices.IndexFunc(exchange.Answers, func(a importer.Answer) bool { return a.Name == name && a.Status == status })
	if i < 0 {
		t.Errorf("%s is no answer of status %d", where, status)
		return
	}
	a := exchange.Answers[i]
	if a.Means != x.Means {
		t.Errorf("%s means %s and not %s", where, a.Means, x.Means)
	}
	wanted := slices.Clone(x.Where)
	for i := range wanted {
		wanted[i].Pos = loginwatch.Pos{}
	}
	if len(wanted)+len(a.Where) > 0 && !reflect.DeepEqual(wanted, a.Where) {
		t.Errorf("%s is told apart by %v and not by %v", where, a.Where, wanted)
	}
	switch {
	case x.Example == nil || a.ContentType == "":
	case a.Body == nil:
		t.Errorf("%s has lost its example", where)
	case x.Body == loginwatch.BodyJSON:
		if !reflect.DeepEqual(decoded(t, a.Body), decoded(t, x.Example.Body)) {
			t.Errorf("%s has another example", where)
		}
	case string(a.Body) != string(x.Example.Body):
		t.Errorf("%s has another example", where)
	}
}

// Where cases send other values than their operation the operation's own come back.
func TestOwnExportOfSeveralValues(t *testing.T) {
	x := &loginwatch.Outcome{ID: "success", Statuses: []int{200}, Body: loginwatch.BodyJSON, Means: loginwatch.OK}
	o := &loginwatch.Operation{ID: "me", Outcomes: []*loginwatch.Outcome{x}, Request: loginwatch.Request{
		Method: "GET", Path: "/me", Query: []loginwatch.Param{{Name: "user", Value: "${username}"}},
		Headers: []loginwatch.Header{
			{Name: "Authorization", Value: "Bearer ${token}"}, {Name: "Accept", Value: "application/json"}, {Name: "X-Key", Value: "key ${key}"},
		},
	}}
	other := []loginwatch.Header{{Name: "Authorization", Value: "Other ${token}"}, {Name: "Accept", Value: "*/*"}, {Name: "x-key", Value: "${key}"}}
	c := &loginwatch.Contract{
		Vendor: "example", Title: "Example", Operations: []*loginwatch.Operation{o},
		Secrets: []loginwatch.Secret{{Name: "username", Demo: "ann"}, {Name: "token", Demo: "t"}, {Name: "key", Demo: "k"}},
		Cases: []*loginwatch.Case{
			{ID: "one", Operation: o, Expect: []*loginwatch.Outcome{x}},
			{ID: "two", Operation: o, Expect: []*loginwatch.Outcome{x}, Headers: other, Query: []loginwatch.Param{{Name: "user", Value: "x-${username}"}}},
		},
	}
	recording, err := openapi.Read(exporter.YAML(exported.Document(c, nil)))
	if err != nil {
		t.Fatal(err)
	}
	r, got := recording.Exchanges[0].Request, map[string]loginwatch.Template{}
	for _, f := range slices.Concat(r.Query, r.Headers) {
		got[f.Name] = f.Value
	}
	want := map[string]loginwatch.Template{"user": loginwatch.ParseTemplate("${username}")}
	for _, h := range o.Request.Headers {
		want[h.Name] = loginwatch.ParseTemplate(h.Value)
	}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("%v came back, not %v", got, want)
	}
}
