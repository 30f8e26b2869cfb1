package postman_test

import (
	"flag"
	"strings"
	"testing"

	"github.com/loginwatch/loginwatch/internal/importer/golden"
	"github.com/loginwatch/loginwatch/internal/importer/postman"
)

var update = flag.Bool("update", false, "rewrite the expected output under testdata")

func TestCorpus(t *testing.T) {
	golden.Hold(t, "testdata/*.json", 6, *update, postman.Read)
}

const head = `{"info": {"schema": "https://schema.getpostman.com/json/collection/v2.1.0/collection.json"},` + "\n"

// TestRefused has the exact error of what can't be read.
func TestRefused(t *testing.T) {
	one := func(request string) string { return head + `"item": [{"request": ` + request + `}]}` }
	golden.Refused(t, map[string][2]string{
		"empty":                 {"", "nothing stands in it"},
		"not JSON":              {"info: 1", "line 1: not JSON from here on"},
		"half":                  {"{\"info\": {", "line 1: the JSON ends in the middle"},
		"something else":        {`{"log": {}}`, `line 1: no collection of Postman: "info" has no "schema"`},
		"the first format":      {`{"id": "a", "name": "b", "requests": []}`, "line 1: this is a collection of Postman's first format: export it as Collection v2.1"},
		"a later format":        {`{"info": {"schema": "https://schema.getpostman.com/json/collection/v3.0.0/"}}`, "line 1, /info/schema: this format of a collection is not read: export it as Collection v2.1"},
		"an environment":        {`{"values": [], "_postman_variable_scope": "environment"}`, "line 1: this is an environment, and not a collection"},
		"no request":            {head + `"item": []}`, "line 1: the collection has no request"},
		"no item":               {head + `"item": [{"name": "a"}]}`, "line 2, /item/0: an item is a folder or a request"},
		"no address":            {one(`{"method": "GET"}`), "the request has no address"},
		"an empty address":      {one(`{"url": {"raw": "?a=b"}}`), "line 2, /item/0/request/url: the request has no address"},
		"a key twice":           {head + `"item": [{"name": "a", "name": "b"}]}`, "line 2, /item/0/name: this key stands twice"},
		"deep folders":          {head + strings.Repeat(`"item": [{`, 40) + strings.Repeat(`}]`, 40) + "}", "line 2, " + strings.Repeat("/item/0", 32) + ": nested deeper than 64 levels"},
		"variables in a circle": {head + `"variable": [{"key": "a", "value": "{{b}}"},` + "\n" + `{"key": "b", "value": "{{a}}"}], "item": []}`, "line 2, /variable/0: the values of these variables lead back to each other"},
	}, postman.Read)
}

// TestHostile has collections that are small and would become large, or never end.
func TestHostile(t *testing.T) {
	for _, last := range []string{"x", ""} {
		var variables strings.Builder
		for i := range 30 {
			variables.WriteString(`{"key": "a` + strings.Repeat("b", i) + `", "value": "` + strings.Repeat("{{a"+strings.Repeat("b", i+1)+"}}", 30) + `"},`)
		}
		text := head + `"variable": [` + variables.String() + `{"key": "a` + strings.Repeat("b", 30) + `", "value": "` + last + `"}], "item": [{"request": "https://a.example"}]}`
		recording, err := postman.Read([]byte(text))
		if err != nil || len(golden.Text(recording)) > 1<<20 {
			t.Errorf("%q: %v", last, err)
		}
	}
	auth := `"auth": {"type": "bearer", "bearer": [{"key": "token", "value": "` + strings.Repeat("a", 1_000_000) + `"}]},`
	text := head + auth + `"item": [` + strings.Repeat(`{"request": "https://a.example"},`, 100) + `{"request": "https://a.example"}]}`
	want := "line 2, /item/33: what the collection describes up to here comes to more than 32 MiB"
	if _, err := postman.Read([]byte(text)); err == nil || err.Error() != want {
		t.Errorf("a token for many requests: %v", err)
	}
}

func FuzzRead(f *testing.F) {
	golden.Fuzz(f, []string{"testdata/*.json"}, postman.Read, nil)
}
