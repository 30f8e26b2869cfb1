package dashtest

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/goccy/go-yaml"
)

// prometheus is the datasource that the reader of a dashboard chooses.
var prometheus = origin{Type: "prometheus", UID: "${datasource}"}

// render makes the dashboard of a source. links lead to the other dashboards.
func (c *common) render(s *source, links []link) (*dashboard, error) {
	d := &dashboard{
		UID: s.UID, Title: s.Title, Description: s.Description, Tags: []string{"loginwatch"},
		Timezone: "browser", Editable: true, GraphTooltip: 1, SchemaVersion: schemaVersion, Refresh: "30s",
		Time: object{"from": s.From, "to": "now"}, Timepicker: object{}, Annotations: object{"list": []any{}}, Links: links,
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
	add := func(p panel) {
		p.ID = len(d.Panels) + 1
		d.Panels = append(d.Panels, p)
	}
	for _, row := range s.Rows {
		add(panel{Type: "row", Title: row.Title, GridPos: place{1, 24, 0, y}, Collapsed: new(bool), Panels: &[]panel{}})
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

func (c *common) variable(v variableSource) variable {
	made := variable{
		Name: v.Name, Label: v.Label, Description: v.Description, Type: v.Type, Query: v.Query,
		Multi: v.All, IncludeAll: v.All, Current: object{}, Options: []any{},
	}
	switch v.Type {
	case "query":
		query, _ := v.Query.(string)
		made.Datasource, made.Definition, made.Refresh, made.Sort = &prometheus, query, 2, 1
		made.Query = object{"qryType": 1, "query": query, "refId": "variable"}
		if v.All {
			// Not the list of all, which would make long queries.
			made.AllValue = ".*"
			made.Current = object{"selected": true, "text": []string{"All"}, "value": []string{"$__all"}}
		}
	case "interval":
		choices, _ := v.Query.([]any)
		var words []string
		for _, choice := range choices {
			word := fmt.Sprint(choice)
			words = append(words, word)
			made.Options = append(made.Options, object{"selected": word == v.Value, "text": word, "value": word})
		}
		made.Query, made.Refresh, made.Auto = strings.Join(words, ","), 2, new(bool)
		made.Current = object{"selected": true, "text": v.Value, "value": v.Value}
	}
	return made
}

func (c *common) panel(p panelSource) (panel, error) {
	k, known := kinds[p.Kind]
	if !known {
		return panel{}, fmt.Errorf("no kind %q", p.Kind)
	}
	made := panel{Type: k.plugin, Title: p.Title, Description: p.Description, Datasource: &prometheus, Options: k.options}
	for i, q := range p.Queries {
		made.Targets = append(made.Targets, target{
			RefID: string(rune('A' + i)), Datasource: prometheus, EditorMode: "code",
			Expr: c.expand(q.Expr), LegendFormat: c.expand(q.Legend),
			Format: k.format, Instant: k.instant, Range: !k.instant, Interval: k.interval,
		})
	}
	steps, err := stepsOf(p.Thresholds)
	if err != nil {
		return panel{}, err
	}
	made.FieldConfig = &fieldConfig{
		Defaults: field{
			Unit: p.Unit, Decimals: p.Decimals, Min: p.Min, Max: p.Max, Mappings: c.mappings(p.Mapping),
			Thresholds: thresholds{"absolute", steps}, Color: object{"mode": k.color}, Custom: k.drawn(p),
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

func (c *common) mappings(name string) []mapping {
	words := c.Mappings[name]
	if words == nil {
		return nil
	}
	options := map[string]object{}
	for i, w := range words {
		options[w.Value] = object{"text": w.Text, "color": w.Color, "index": i}
	}
	return []mapping{{"value", options}}
}

// colorOverrides give series the colors of the words that their legends show.
func (c *common) colorOverrides(p panelSource) []override {
	made := []override{}
	for _, q := range p.Queries {
		label, more, _ := strings.Cut(strings.TrimPrefix(q.Legend, "{{"), "}}")
		for _, item := range c.Colors[label] {
			matcher := object{"id": "byName", "options": item.Key}
			if more != "" {
				matcher = object{"id": "byRegexp", "options": fmt.Sprintf("/^%s /", item.Key)}
			}
			made = append(made, override{matcher, []property{{"color", object{"mode": "fixed", "fixedColor": item.Value}}}})
		}
		color, known := c.Legends[q.Legend]
		if !known {
			continue
		}
		properties := []property{{"color", object{"mode": "fixed", "fixedColor": color}}}
		if color == "text" { // what was promised, beside what came
			properties = append(properties,
				property{"custom.lineStyle", object{"fill": "dash", "dash": []int{8, 8}}}, property{"custom.fillOpacity", 0})
		}
		made = append(made, override{object{"id": "byName", "options": q.Legend}, properties})
	}
	return made
}

// table joins the queries' rows and names the columns.
func (c *common) table(p panelSource, made *panel) error {
	if len(p.Columns) == 0 {
		return fmt.Errorf("a table without columns")
	}
	// The labels that tell logins apart come first, and no time: it is now.
	index, renamed := object{"vendor": 0, "probe": 1, "target": 2}, object{"vendor": "Vendor", "probe": "Probe", "target": "Target", "job": "Job"}
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
			made.FieldConfig.Overrides = append(made.FieldConfig.Overrides, override{object{"id": "byName", "options": column.Title}, properties})
		}
		index[name], renamed[name] = 3+i, column.Title
	}
	made.Transformations = []transformation{
		{"merge", object{}},
		{"organize", object{"excludeByName": object{"Time": true}, "includeByName": object{}, "indexByName": index, "renameByName": renamed}},
	}
	if p.Sort != "" {
		made.Options = object{"showHeader": true, "cellHeight": "sm", "sortBy": []object{{"displayName": p.Sort, "desc": true}}}
	}
	made.FieldConfig.Overrides = append(made.FieldConfig.Overrides,
		override{object{"id": "byName", "options": "Vendor"}, []property{{"links", []link{{Title: "Login detail", URL: detailURL}}}, {"custom.width", vendorWidth}}},
		override{object{"id": "byName", "options": "Probe"}, []property{{"custom.width", probeWidth}}},
		override{object{"id": "byName", "options": "Target"}, []property{{"custom.width", targetWidth}}},
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

func (c *common) columnProperties(column columnSource) ([]property, error) {
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
		properties = append(properties, property{"links", []link{*column.Link}})
	}
	if column.Mapping != "" || len(column.Thresholds) > 0 {
		properties = append(properties,
			property{"color", object{"mode": "thresholds"}},
			property{"custom.cellOptions", object{"type": "color-text"}})
	}
	return properties, nil
}
