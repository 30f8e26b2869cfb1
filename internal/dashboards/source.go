package dashboards

import (
	"cmp"
	"regexp"
	"slices"
	"strings"

	"github.com/goccy/go-yaml"
)

// Source is a dashboard as a person edits it.
type Source struct {
	UID         string      `yaml:"uid"`
	File        string      `yaml:"file"`
	Title       string      `yaml:"title"`
	Description string      `yaml:"description"`
	From        string      `yaml:"from"`
	Variables   []string    `yaml:"variables"` // keys of the common file
	Rows        []rowSource `yaml:"rows"`
}

type rowSource struct {
	Title  string        `yaml:"title"`
	Panels []panelSource `yaml:"panels"`
}

type panelSource struct {
	Title       string         `yaml:"title"`
	Kind        string         `yaml:"kind"` // stat, lines, area, bars, timeline, heatmap or table
	Size        [2]int         `yaml:"size"` // of 24 columns, and rows of Grafana's grid
	Unit        string         `yaml:"unit"` // Grafana's name of it
	Decimals    *int           `yaml:"decimals"`
	Min         *float64       `yaml:"min"`
	Max         *float64       `yaml:"max"`
	SoftMax     *float64       `yaml:"soft_max"`
	Mapping     string         `yaml:"mapping"`    // a key of the common file
	Thresholds  yaml.MapSlice  `yaml:"thresholds"` // the first is the base, then number: color
	Description string         `yaml:"description"`
	Sort        string         `yaml:"sort"` // a table's column, largest first
	Columns     []columnSource `yaml:"columns"`
	Queries     []querySource  `yaml:"queries"`
}

// columnSource is a column of a table: the value of a query or a label.
type columnSource struct {
	Query      string        `yaml:"query"`
	Label      string        `yaml:"label"`
	Title      string        `yaml:"title"`
	Unit       string        `yaml:"unit"`
	Decimals   *int          `yaml:"decimals"`
	Width      int           `yaml:"width"` // in pixels, 0 for an equal share
	Link       *Link         `yaml:"link"`
	Mapping    string        `yaml:"mapping"`
	Thresholds yaml.MapSlice `yaml:"thresholds"`
}

type querySource struct {
	Name   string `yaml:"name"`
	Expr   string `yaml:"expr"`
	Legend string `yaml:"legend"`
}

// Common is what the dashboards share.
type Common struct {
	Variables map[string]variableSource  `yaml:"variables"`
	Mappings  map[string][]mappingSource `yaml:"mappings"`
	Colors    map[string]yaml.MapSlice   `yaml:"colors"`  // by label
	Legends   map[string]string          `yaml:"legends"` // likewise, of a legend without a label
	Snippets  map[string]string          `yaml:"snippets"`
	Functions map[string]string          `yaml:"functions"` // of COUNTER and WINDOW
}

type variableSource struct {
	Name        string `yaml:"name"` // the key when empty
	Label       string `yaml:"label"`
	Description string `yaml:"description"`
	Type        string `yaml:"type"` // datasource, query or interval
	Query       any    `yaml:"query"`
	All         bool   `yaml:"all"` // several may be chosen, all at first
	Value       string `yaml:"value"`
}

type mappingSource struct {
	Value string `yaml:"value"`
	Text  string `yaml:"text"`
	Color string `yaml:"color"`
}

// call is a function of the common file, used: @name(COUNTER)[WINDOW].
var call = regexp.MustCompile(`@([a-z]+)\(([^()]*)\)\[([^\]]+)\]`)

// expand replaces @name by the snippet of that name, the longest name that fits,
// and calls by what they stand for. A name that is none stays, and Prometheus
// refuses it.
func (c *Common) expand(text string) string {
	names := make([]string, 0, len(c.Snippets))
	for name := range c.Snippets {
		names = append(names, name)
	}
	slices.SortFunc(names, func(a, b string) int { return len(b) - len(a) })
	var pairs []string
	for _, name := range names {
		pairs = append(pairs, "@"+name, c.Snippets[name])
	}
	replacer := strings.NewReplacer(pairs...)
	for range 4 { // snippets use snippets, not deeper than this
		text = call.ReplaceAllStringFunc(text, func(used string) string {
			m := call.FindStringSubmatch(used)
			return cmp.Or(strings.NewReplacer("COUNTER", m[2], "WINDOW", m[3]).Replace(c.Functions[m[1]]), used)
		})
		text = replacer.Replace(text)
	}
	return text
}
