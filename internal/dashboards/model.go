package dashboards

// The parts of Grafana's dashboard model that these dashboards use, in the order
// in which Grafana writes them.

// schemaVersion is that of Grafana 11.0; newer ones bring it up to theirs when
// they load it, and none brings a newer one down.
const schemaVersion = 39

// Object is JSON that is written as it stands.
type Object = map[string]any

// Dashboard is one file of Grafana's.
type Dashboard struct {
	UID           string     `json:"uid"`
	Title         string     `json:"title"`
	Description   string     `json:"description"`
	Tags          []string   `json:"tags"`
	Timezone      string     `json:"timezone"`
	Editable      bool       `json:"editable"`
	GraphTooltip  int        `json:"graphTooltip"`
	SchemaVersion int        `json:"schemaVersion"`
	Refresh       string     `json:"refresh"`
	Time          Object     `json:"time"`
	Timepicker    Object     `json:"timepicker"`
	Annotations   Object     `json:"annotations"`
	Links         []Link     `json:"links"`
	Templating    templating `json:"templating"`
	Panels        []Panel    `json:"panels"`
}

// Link leads away from a dashboard, or from a cell of a table.
type Link struct {
	Title       string `json:"title"`
	Type        string `json:"type,omitempty"`
	Icon        string `json:"icon,omitempty"`
	Tooltip     string `json:"tooltip,omitempty"`
	URL         string `json:"url"`
	KeepTime    bool   `json:"keepTime,omitempty"`
	TargetBlank bool   `json:"targetBlank,omitempty"`
}

type templating struct {
	List []variable `json:"list"`
}

type variable struct {
	Name        string  `json:"name"`
	Label       string  `json:"label"`
	Description string  `json:"description,omitempty"`
	Type        string  `json:"type"`
	Datasource  *Origin `json:"datasource,omitempty"`
	Query       any     `json:"query"`
	Definition  string  `json:"definition,omitempty"`
	Regex       string  `json:"regex"`
	Refresh     int     `json:"refresh,omitempty"`
	Sort        int     `json:"sort,omitempty"`
	Multi       bool    `json:"multi"`
	IncludeAll  bool    `json:"includeAll"`
	AllValue    string  `json:"allValue,omitempty"`
	Auto        *bool   `json:"auto,omitempty"`
	Current     Object  `json:"current"`
	Options     []any   `json:"options"`
	Hide        int     `json:"hide"`
}

// Origin names the Prometheus that is asked.
type Origin struct {
	Type string `json:"type"`
	UID  string `json:"uid"`
}

type place struct {
	H int `json:"h"`
	W int `json:"w"`
	X int `json:"x"`
	Y int `json:"y"`
}

// Panel is a part of the page, or the heading of a row.
type Panel struct {
	ID              int              `json:"id"`
	Type            string           `json:"type"`
	Title           string           `json:"title"`
	Description     string           `json:"description,omitempty"`
	GridPos         place            `json:"gridPos"`
	Collapsed       *bool            `json:"collapsed,omitempty"`
	Panels          *[]Panel         `json:"panels,omitempty"`
	Datasource      *Origin          `json:"datasource,omitempty"`
	FieldConfig     *fieldConfig     `json:"fieldConfig,omitempty"`
	Options         Object           `json:"options,omitempty"`
	Targets         []Target         `json:"targets,omitempty"`
	Transformations []transformation `json:"transformations,omitempty"`
}

// Target is a query of a panel.
type Target struct {
	RefID        string `json:"refId"`
	Datasource   Origin `json:"datasource"`
	EditorMode   string `json:"editorMode"`
	Expr         string `json:"expr"`
	LegendFormat string `json:"legendFormat,omitempty"`
	Format       string `json:"format"`
	Instant      bool   `json:"instant"`
	Range        bool   `json:"range"`
	Interval     string `json:"interval,omitempty"`
}

type fieldConfig struct {
	Defaults  field      `json:"defaults"`
	Overrides []override `json:"overrides"`
}

type field struct {
	Unit       string     `json:"unit"`
	Decimals   *int       `json:"decimals,omitempty"`
	Min        *float64   `json:"min,omitempty"`
	Max        *float64   `json:"max,omitempty"`
	Color      Object     `json:"color,omitempty"`
	Mappings   []mapping  `json:"mappings,omitempty"`
	Thresholds thresholds `json:"thresholds"`
	NoValue    string     `json:"noValue,omitempty"`
	Custom     Object     `json:"custom,omitempty"`
}

type thresholds struct {
	Mode  string `json:"mode"`
	Steps []step `json:"steps"`
}

type step struct {
	Value *float64 `json:"value"` // none is minus infinity
	Color string   `json:"color"`
}

type mapping struct {
	Type    string            `json:"type"`
	Options map[string]Object `json:"options"`
}

type override struct {
	Matcher    Object     `json:"matcher"`
	Properties []property `json:"properties"`
}

type property struct {
	ID    string `json:"id"`
	Value any    `json:"value"`
}

type transformation struct {
	ID      string `json:"id"`
	Options Object `json:"options"`
}
