//go:build !race

package openapi_test

import (
	"encoding/json"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/loginwatch/loginwatch/internal/importer/openapi"
	"github.com/loginwatch/loginwatch/internal/store/storetest"
)

// However long a list or a table of a document is, it costs what its length costs.
func TestLongLists(t *testing.T) {
	const size = 1 << 20
	const most = 100 // of what the text costs as JSON; the square of the length is thousands
	many := func(item string) string {
		var b strings.Builder
		for i := 100_000; b.Len() < size; i++ {
			if b.Len() > 0 {
				b.WriteByte(',')
			}
			b.WriteString(strings.ReplaceAll(item, "#", strconv.Itoa(i)))
		}
		return b.String()
	}
	media := func(schema string) string {
		return `"requestBody":{"content":{"application/json":{"schema":` + schema + `}}},"responses":{"200":{"description":"","content":{"application/json":{"schema":` + schema + `}}}}`
	}
	for name, operation := range map[string]string{
		"required":          media(`{"required":[` + many(`"#"`) + `],"properties":{"a":{"example":"b"}}}`),
		"properties":        media(`{"properties":{` + many(`"#":{"default":1}`) + `}}`),
		"both":              media(`{"required":[` + many(`"#"`) + `],"properties":{` + many(`"#":{}`) + `}}`),
		"dependentRequired": media(`{"dependentRequired":{"a":[` + many(`"#"`) + `]}}`),
		"dependents":        media(`{"dependentRequired":{` + many(`"#":["a"]`) + `}}`),
		"dependentSchemas":  media(`{"dependentSchemas":{` + many(`"#":{"minProperties":1}`) + `}}`),
		"patternProperties": media(`{"patternProperties":{` + many(`"#":{}`) + `}}`),
		"enum":              media(`{"enum":[` + many(`"#"`) + `]}`),
		"allOf":             media(`{"allOf":[` + many(`{"required":["#"]}`) + `]}`),
		"type":              media(`{"type":[` + many(`"string"`) + `]}`),
		"an example":        `"requestBody":{"content":{"application/json":{"example":{` + many(`"#":1`) + `}}}},"responses":{"200":{"description":""}}`,
		"a form":            `"requestBody":{"content":{"application/x-www-form-urlencoded":{"schema":{"properties":{` + many(`"#":{"example":"a"}`) + `}}}}},"responses":{"200":{"description":""}}`,
		"parameters":        `"parameters":[` + many(`{"name":"#","in":"cookie","example":1}`) + `],"responses":{"200":{"description":""}}`,
		"unset parameters":  `"parameters":[` + many(`{"name":"a#","in":"header"}`) + `],"responses":{"200":{"description":""}}`,
		"headers":           `"responses":{"200":{"description":"","headers":{` + many(`"#":{"example":"a"}`) + `}}}`,
		"media types":       `"responses":{"200":{"description":"","content":{` + many(`"a/#":{}`) + `}}}`,
		"examples":          `"responses":{"200":{"description":"","content":{"text/plain":{"examples":{` + many(`"#":{"value":"a"}`) + `}}}}}`,
		"links":             `"responses":{"200":{"description":"","links":{` + many(`"#":{"parameters":{"#":"$response.body#/a"}}`) + `}}}`,
		"alternatives":      `"security":[` + many(`{}`) + `],"responses":{"200":{"description":""}}`,
		"our operations":    `"x-loginwatch-operations":{` + many(`"#":{"outcomes":{"a":[200]}}`) + `},"responses":{"200":{"description":""}}`,
		"our outcomes":      `"x-loginwatch-operations":{"a":{"outcomes":{` + many(`"#":[200]`) + `}}},"responses":{"200":{"description":"","x-loginwatch-outcomes":[` + many(`{"x-loginwatch-outcome":"#"}`) + `]}}`,
		"our joined":        `"x-loginwatch-operations":{` + many(`"#":{"outcomes":{"a":[200]}}`) + `},"responses":{"200":{"description":"","x-loginwatch-outcomes":[` + many(`{"x-loginwatch-outcome":"#"}`) + `]}}`,
	} {
		text := `{"openapi":"3.1.0","paths":{"/a":{"post":{` + operation + `}}}}`
		var doc any
		parsed := cost(func() error { return json.Unmarshal([]byte(text), &doc) })
		read := cost(func() error {
			_, err := openapi.Read([]byte(text))
			return err
		})
		t.Logf("%s: %.0f times", name, float64(read)/float64(parsed))
		if read > most*parsed {
			t.Errorf("%s costs %v, its text as JSON %v", name, read, parsed)
		}
	}
}

// cost is the CPU that something takes.
func cost(of func() error) time.Duration {
	before := storetest.ProcessCPU()
	_ = of() // what is too long may be refused
	return storetest.ProcessCPU() - before
}
