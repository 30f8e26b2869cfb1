package dashboards

// kind is one way to show a query.
type kind struct {
	plugin   string // Grafana's panel
	format   string // in which the answer is wanted
	instant  bool   // the answer is about now alone
	interval string // the least step of the answer
	color    string // how a series gets its color, unless an override says it
	options  Object
	custom   Object
}

const (
	// detailURL leads from a row of a table to the login in it.
	detailURL = "/d/loginwatch-login?${datasource:queryparam}&${window:queryparam}" +
		"&var-job=${__data.fields.Job}&var-vendor=${__data.fields.Vendor}&var-probe=${__data.fields.Probe}&var-target=${__data.fields.Target}&${__url_time_range}"
	// These show the longest slugs that are likely, in pixels.
	vendorWidth, probeWidth, targetWidth = 150, 70, 100
	// Bar is the least time that a bar counts over. The newest is drawn when its time
	// is over, so a longer one would hide what has just begun.
	Bar = "15m"
)

var (
	legend  = Object{"showLegend": true, "displayMode": "list", "placement": "bottom", "calcs": []string{}}
	tooltip = Object{"mode": "multi", "sort": "desc"}
	series  = Object{"legend": legend, "tooltip": tooltip}
)

func drawnAs(style string, more Object) Object {
	o := Object{"drawStyle": style, "lineWidth": 1, "fillOpacity": 10, "showPoints": "never", "spanNulls": true}
	for k, v := range more {
		o[k] = v
	}
	return o
}

var kinds = map[string]kind{
	"stat": {
		plugin: "stat", format: "time_series", instant: true, color: "thresholds",
		options: Object{
			"colorMode": "value", "graphMode": "none", "justifyMode": "auto", "textMode": "value", "orientation": "auto",
			"reduceOptions": Object{"calcs": []string{"lastNotNull"}, "fields": "", "values": false},
		},
	},
	"lines": {
		plugin: "timeseries", format: "time_series", color: "palette-classic", options: series,
		custom: drawnAs("line", nil),
	},
	"area": {
		plugin: "timeseries", format: "time_series", color: "palette-classic", options: series,
		custom: drawnAs("line", Object{"fillOpacity": 40, "stacking": Object{"mode": "normal", "group": "A"}}),
	},
	"bars": {
		plugin: "timeseries", format: "time_series", interval: Bar, color: "palette-classic", options: series,
		custom: drawnAs("bars", Object{"fillOpacity": 80, "lineWidth": 0, "stacking": Object{"mode": "normal", "group": "A"}}),
	},
	"timeline": {
		plugin: "state-timeline", format: "time_series", color: "thresholds",
		options: Object{
			"mergeValues": true, "showValue": "never", "alignValue": "left", "rowHeight": 0.8, "legend": legend,
			"tooltip": Object{"mode": "single", "sort": "none"},
		},
		custom: Object{"lineWidth": 0, "fillOpacity": 80, "spanNulls": false},
	},
	"heatmap": {
		plugin: "heatmap", format: "heatmap", interval: Bar, color: "thresholds",
		options: Object{
			"calculate": false, "cellGap": 1, "rowsFrame": Object{"layout": "auto"}, "filterValues": Object{"le": 1e-9},
			"color":   Object{"mode": "scheme", "scheme": "Oranges", "steps": 64, "exponent": 0.5, "fill": "dark-orange", "scale": "exponential", "reverse": false},
			"yAxis":   Object{"unit": "s", "axisPlacement": "left", "reverse": false},
			"legend":  Object{"show": true},
			"tooltip": Object{"mode": "single", "yHistogram": false, "showColorScale": false},
		},
	},
	"table": {
		plugin: "table", format: "table", instant: true, color: "thresholds",
		options: Object{"showHeader": true, "cellHeight": "sm"},
		custom:  Object{"align": "auto", "minWidth": 60, "cellOptions": Object{"type": "auto"}, "inspect": false, "filterable": false},
	},
}

// drawn is how the panel draws, with what the source says of its axis.
func (k kind) drawn(p panelSource) Object {
	if k.custom == nil {
		return nil
	}
	made := Object{}
	for name, v := range k.custom {
		made[name] = v
	}
	if p.SoftMax != nil {
		made["axisSoftMax"] = *p.SoftMax
	}
	if k.plugin == "timeseries" && len(p.Thresholds) > 0 {
		made["thresholdsStyle"] = Object{"mode": "dashed"}
	}
	return made
}
