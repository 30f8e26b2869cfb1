package dashtest

// The parts of Grafana's dashboard model that these dashboards use, in the order
// in which Grafana writes them.

// schemaVersion is that of Grafana 11.0; newer ones bring it up to theirs when
// they load it, and none brings a newer one down.
const schemaVersion = 39

type object = map[string]any

type dashboard struct {
	UID           string     `json:"uid"`
	Title         string     `json:"title"`
	Description   string     `json:"description"`
	Tags          []string   `json:"tags"`
	Timezone      string     `json:"timezone"`
	Editable      bool       `json:"editable"`
	GraphTooltip  int        `json:"graphTooltip"`
	SchemaVersion int        `json:"schemaVersion"`
	Refresh       string     `json:"refresh"`
	Time          object     `json:"time"`
	Timepicker    object     `json:"timepicker"`
	Annotations   object     `json:"annotations"`
	Links         []link     `json:"links"`
	Templating    templating `json:"templating"`
	Panels        []panel    `json:"panels"`
}

type link struct {
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
	Datasource  *origin `json:"datasource,omitempty"`
	Query       any     `json:"query"`
	Definition  string  `json:"definition,omitempty"`
	Regex       string  `json:"regex"`
	Refresh     int     `json:"refresh,omitempty"`
	Sort        int     `json:"sort,omitempty"`
	Multi       bool    `json:"multi"`
	IncludeAll  bool    `json:"includeAll"`
	AllValue    string  `json:"allValue,omitempty"`
	Auto        *bool   `json:"auto,omitempty"`
	Current     object  `json:"current"`
	Options     []any   `json:"options"`
	Hide        int     `json:"hide"`
}

// origin names the Prometheus that is asked.
type origin struct {
	Type string `json:"type"`
	UID  string `json:"uid"`
}

type place struct {
	H int `json:"h"`
	W int `json:"w"`
	X int `json:"x"`
	Y int `json:"y"`
}

type panel struct {
	ID              int              `json:"id"`
	Type            string           `json:"type"`
	Title           string           `json:"title"`
	Description     string           `json:"description,omitempty"`
	GridPos         place            `json:"gridPos"`
	Collapsed       *bool            `json:"collapsed,omitempty"`
	Panels          *[]panel         `json:"panels,omitempty"`
	Datasource      *origin          `json:"datasource,omitempty"`
	FieldConfig     *fieldConfig     `json:"fieldConfig,omitempty"`
	Options         object           `json:"options,omitempty"`
	Targets         []target         `json:"targets,omitempty"`
	Transformations []transformation `json:"transformations,omitempty"`
}

type target struct {
	RefID        string `json:"refId"`
	Datasource   origin `json:"datasource"`
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
	Color      object     `json:"color,omitempty"`
	Mappings   []mapping  `json:"mappings,omitempty"`
	Thresholds thresholds `json:"thresholds"`
	NoValue    string     `json:"noValue,omitempty"`
	Custom     object     `json:"custom,omitempty"`
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
	Options map[string]object `json:"options"`
}

type override struct {
	Matcher    object     `json:"matcher"`
	Properties []property `json:"properties"`
}

type property struct {
	ID    string `json:"id"`
	Value any    `json:"value"`
}

type transformation struct {
	ID      string `json:"id"`
	Options object `json:"options"`
}
