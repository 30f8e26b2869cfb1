package dashtest

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/goccy/go-yaml"
)

// folder holds the dashboards; their sources lie below it.
const folder = "../../dashboards/grafana"

// source is a dashboard as a person edits it.
type source struct {
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
	Link       *link         `yaml:"link"`
	Mapping    string        `yaml:"mapping"`
	Thresholds yaml.MapSlice `yaml:"thresholds"`
}

type querySource struct {
	Name   string `yaml:"name"`
	Expr   string `yaml:"expr"`
	Legend string `yaml:"legend"`
}

// common is what the dashboards share.
type common struct {
	Variables map[string]variableSource  `yaml:"variables"`
	Mappings  map[string][]mappingSource `yaml:"mappings"`
	Colors    map[string]yaml.MapSlice   `yaml:"colors"`  // by label
	Legends   map[string]string          `yaml:"legends"` // likewise, of a legend without a label
	Snippets  map[string]string          `yaml:"snippets"`
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

// expand replaces @name by the snippet of that name, the longest name that fits.
// A name that is none stays, and Prometheus refuses it.
func (c *common) expand(text string) string {
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
		text = replacer.Replace(text)
	}
	return text
}

func readYAML(t *testing.T, name string, into any) {
	t.Helper()
	data, err := os.ReadFile(filepath.Join(folder, "source", name))
	if err != nil {
		t.Fatal(err)
	}
	if err := yaml.UnmarshalWithOptions(data, into, yaml.Strict()); err != nil {
		t.Fatalf("%s: %v", name, err)
	}
}

// readSources gives the dashboards' sources by the name of their file.
func readSources(t *testing.T) (*common, []*source) {
	t.Helper()
	shared := &common{}
	readYAML(t, "common.yaml", shared)
	files, err := filepath.Glob(filepath.Join(folder, "source", "*.yaml"))
	if err != nil || len(files) < 2 {
		t.Fatalf("no sources of dashboards: %v", err)
	}
	var all []*source
	for _, f := range files {
		if filepath.Base(f) == "common.yaml" {
			continue
		}
		s := &source{}
		readYAML(t, filepath.Base(f), s)
		all = append(all, s)
	}
	return shared, all
}
