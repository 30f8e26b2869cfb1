package dashboards

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/goccy/go-yaml"
)

// Chosen is the datasource that the reader of a dashboard chooses.
var Chosen = Origin{Type: "prometheus", UID: "${datasource}"}

// render makes the dashboard of a source. links lead to the other dashboards.
func (c *Common) render(s *Source, links []Link) (*Dashboard, error) {
	d := &Dashboard{
		UID: s.UID, Title: s.Title, Description: s.Description, Tags: []string{"loginwatch"},
		Timezone: "browser", Editable: true, GraphTooltip: 1, SchemaVersion: schemaVersion, Refresh: "30s",
		Time: Object{"from": s.From, "to": "now"}, Timepicker: Object{}, Annotations: Object{"list": []any{}}, Links: links,
	}
	for _, key := range s.Variables {
		v, known := c.Variables[key]
		if !known {
			return nil, fmt.Errorf("%s: no variable %q", s.File, key)
		}
		if v.Name == "" {
			v.Name = key
		}
		d.Templating.List = append(d.Templating.List, c.variable(v))
	}
	y := 0
	add := func(p Panel) {
		p.ID = len(d.Panels) + 1
		d.Panels = append(d.Panels, p)
	}
	for _, row := range s.Rows {
		add(Panel{Type: "row", Title: row.Title, GridPos: place{1, 24, 0, y}, Collapsed: new(bool), Panels: &[]Panel{}})
		y++
		x, height := 0, 0
		for _, p := range row.Panels {
			if x+p.Size[0] > 24 {
				x, y, height = 0, y+height, 0
			}
			made, err := c.panel(p)
			if err != nil {
				return nil, fmt.Errorf("%s: %s: %w", s.File, p.Title, err)
			}
			made.GridPos = place{p.Size[1], p.Size[0], x, y}
			add(made)
			x, height = x+p.Size[0], max(height, p.Size[1])
		}
		y += height
	}
	return d, nil
}

func (c *Common) variable(v variableSource) variable {
	made := variable{
		Name: v.Name, Label: v.Label, Description: v.Description, Type: v.Type, Query: v.Query,
		Multi: v.All, IncludeAll: v.All, Current: Object{}, Options: []any{},
	}
	switch v.Type {
	case "query":
		query, _ := v.Query.(string)
		made.Datasource, made.Definition, made.Refresh, made.Sort = &Chosen, query, 2, 1
		made.Query = Object{"qryType": 1, "query": query, "refId": "variable"}
		if v.All {
			// Not the list of all, which would make long queries.
			made.AllValue = ".*"
			made.Current = Object{"selected": true, "text": []string{"All"}, "value": []string{"$__all"}}
		}
	case "interval":
		choices, _ := v.Query.([]any)
		var words []string
		for _, choice := range choices {
			word := fmt.Sprint(choice)
			words = append(words, word)
			made.Options = append(made.Options, Object{"selected": word == v.Value, "text": word, "value": word})
		}
		made.Query, made.Refresh, made.Auto = strings.Join(words, ","), 2, new(bool)
		made.Current = Object{"selected": true, "text": v.Value, "value": v.Value}
	}
	return made
}

func (c *Common) panel(p panelSource) (Panel, error) {
	k, known := kinds[p.Kind]
	if !known {
		return Panel{}, fmt.Errorf("no kind %q", p.Kind)
	}
	made := Panel{Type: k.plugin, Title: p.Title, Description: p.Description, Datasource: &Chosen, Options: k.options}
	for i, q := range p.Queries {
		made.Targets = append(made.Targets, Target{
			RefID: string(rune('A' + i)), Datasource: Chosen, EditorMode: "code",
			Expr: c.expand(q.Expr), LegendFormat: c.expand(q.Legend),
			Format: k.format, Instant: k.instant, Range: !k.instant, Interval: k.interval,
		})
	}
	steps, err := stepsOf(p.Thresholds)
	if err != nil {
		return Panel{}, err
	}
	made.FieldConfig = &fieldConfig{
		Defaults: field{
			Unit: p.Unit, Decimals: p.Decimals, Min: p.Min, Max: p.Max, Mappings: c.mappings(p.Mapping),
			Thresholds: thresholds{"absolute", steps}, Color: Object{"mode": k.color}, Custom: k.drawn(p),
		},
		Overrides: []override{},
	}
	if k.plugin == "stat" {
		made.FieldConfig.Defaults.NoValue = "no data" // "none" would read like a count
	}
	if k.plugin == "timeseries" {
		made.FieldConfig.Overrides = c.colorOverrides(p)
	}
	if k.plugin == "table" {
		return made, c.table(p, &made)
	}
	return made, nil
}

func stepsOf(source yaml.MapSlice) ([]step, error) {
	if len(source) == 0 {
		return []step{{nil, "text"}}, nil
	}
	var steps []step
	for i, item := range source {
		s := step{Color: fmt.Sprint(item.Value)}
		if i > 0 {
			from, err := strconv.ParseFloat(fmt.Sprint(item.Key), 64)
			if err != nil {
				return nil, fmt.Errorf("a threshold is no number: %w", err)
			}
			s.Value = &from
		}
		steps = append(steps, s)
	}
	return steps, nil
}

func (c *Common) mappings(name string) []mapping {
	words := c.Mappings[name]
	if words == nil {
		return nil
	}
	options := map[string]Object{}
	for i, w := range words {
		options[w.Value] = Object{"text": w.Text, "color": w.Color, "index": i}
	}
	return []mapping{{"value", options}}
}

// colorOverrides give series the colors of the words that their legends show.
func (c *Common) colorOverrides(p panelSource) []override {
	made := []override{}
	for _, q := range p.Queries {
		label, more, _ := strings.Cut(strings.TrimPrefix(q.Legend, "{{"), "}}")
		for _, item := range c.Colors[label] {
			matcher := Object{"id": "byName", "options": item.Key}
			if more != "" {
				matcher = Object{"id": "byRegexp", "options": fmt.Sprintf("/^%s /", item.Key)}
			}
			made = append(made, override{matcher, []property{{"color", Object{"mode": "fixed", "fixedColor": item.Value}}}})
		}
		color, known := c.Legends[q.Legend]
		if !known {
			continue
		}
		properties := []property{{"color", Object{"mode": "fixed", "fixedColor": color}}}
		if color == "text" { // what was promised, beside what came
			properties = append(properties,
				property{"custom.lineStyle", Object{"fill": "dash", "dash": []int{8, 8}}}, property{"custom.fillOpacity", 0})
		}
		made = append(made, override{Object{"id": "byName", "options": q.Legend}, properties})
	}
	return made
}

// table joins the queries' rows and names the columns.
func (c *Common) table(p panelSource, made *Panel) error {
	if len(p.Columns) == 0 {
		return fmt.Errorf("a table without columns")
	}
	// The labels that tell logins apart come first, and no time: it is now.
	index, renamed := Object{"vendor": 0, "probe": 1, "target": 2}, Object{"vendor": "Vendor", "probe": "Probe", "target": "Target", "job": "Job"}
	for i, column := range p.Columns {
		name := column.Label
		if column.Query != "" {
			name = valueName(p, column.Query)
		}
		if name == "" {
			return fmt.Errorf("no query %q", column.Query)
		}
		properties, err := c.columnProperties(column)
		if err != nil {
			return err
		}
		if len(properties) > 0 {
			made.FieldConfig.Overrides = append(made.FieldConfig.Overrides, override{Object{"id": "byName", "options": column.Title}, properties})
		}
		index[name], renamed[name] = 3+i, column.Title
	}
	made.Transformations = []transformation{
		{"merge", Object{}},
		{"organize", Object{"excludeByName": Object{"Time": true}, "includeByName": Object{}, "indexByName": index, "renameByName": renamed}},
	}
	if p.Sort != "" {
		made.Options = Object{"showHeader": true, "cellHeight": "sm", "sortBy": []Object{{"displayName": p.Sort, "desc": true}}}
	}
	made.FieldConfig.Overrides = append(made.FieldConfig.Overrides,
		override{Object{"id": "byName", "options": "Vendor"}, []property{{"links", []Link{{Title: "Login detail", URL: detailURL}}}, {"custom.width", vendorWidth}}},
		override{Object{"id": "byName", "options": "Probe"}, []property{{"custom.width", probeWidth}}},
		override{Object{"id": "byName", "options": "Target"}, []property{{"custom.width", targetWidth}}},
	)
	return nil
}

// valueName is the name that Grafana gives the value of a table's query.
func valueName(p panelSource, query string) string {
	for i, q := range p.Queries {
		switch {
		case q.Name != query:
		case len(p.Queries) == 1:
			return "Value"
		default:
			return "Value #" + string(rune('A'+i))
		}
	}
	return ""
}

func (c *Common) columnProperties(column columnSource) ([]property, error) {
	var properties []property
	if column.Unit != "" {
		properties = append(properties, property{"unit", column.Unit})
	}
	if column.Decimals != nil {
		properties = append(properties, property{"decimals", *column.Decimals})
	}
	if column.Width > 0 {
		properties = append(properties, property{"custom.width", column.Width})
	}
	if column.Mapping != "" {
		properties = append(properties, property{"mappings", c.mappings(column.Mapping)})
	}
	if len(column.Thresholds) > 0 {
		steps, err := stepsOf(column.Thresholds)
		if err != nil {
			return nil, err
		}
		properties = append(properties, property{"thresholds", thresholds{"absolute", steps}})
	}
	if column.Link != nil {
		properties = append(properties, property{"links", []Link{*column.Link}})
	}
	if column.Mapping != "" || len(column.Thresholds) > 0 {
		properties = append(properties,
			property{"color", Object{"mode": "thresholds"}},
			property{"custom.cellOptions", Object{"type": "color-text"}})
	}
	return properties, nil
}
