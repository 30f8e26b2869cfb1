package compute

import (
	"net/http"
	"strconv"
	"time"
)

var timeFormats = []string{"unix", "unix-ms", "rfc3339", "rfc3339-ms", "http-date", "iso8601-basic", "date"}

// layouts are of those formats that are no number.
var layouts = map[string]string{
	"rfc3339":       time.RFC3339,
	"rfc3339-ms":    "2006-01-02T15:04:05.000Z07:00",
	"http-date":     http.TimeFormat,
	"iso8601-basic": "20060102T150405Z",
	"date":          "20060102",
}

// leeway is by how much the clocks of two parties may differ, on top of what the
// format leaves open.
const leeway = 5 * time.Minute

// furthest is far more than a documented lifetime, and keeps years to four digits.
const furthest = 100 * 365 * 24 * time.Hour

func validDuration(value string) string {
	d, err := time.ParseDuration(value)
	if err != nil || d > furthest || d < -furthest {
		return "is no duration such as 5m or -30s"
	}
	return ""
}

func (c *call) moment() time.Time {
	plus, err := time.ParseDuration(c.option("plus"))
	if err != nil {
		plus = 0 // there is none: another one was refused
	}
	return c.env.Now.UTC().Add(plus)
}

func now(c *call) (string, error) {
	t := c.moment()
	switch format := c.option("format"); format {
	case "unix":
		return strconv.FormatInt(t.Unix(), 10), nil
	case "unix-ms":
		return strconv.FormatInt(t.UnixMilli(), 10), nil
	default:
		return t.Format(layouts[format]), nil
	}
}

// nearNow takes a time of the right form, if it is no further from ours than
// clocks may be apart; for a date, from any moment of that day.
func nearNow(c *call, value string) bool {
	got, ok := readTime(c.option("format"), value)
	if !ok {
		return false
	}
	until := got
	if c.option("format") == "date" {
		until = got.Add(24 * time.Hour)
	}
	t := c.moment()
	return !t.Before(got.Add(-leeway)) && !t.After(until.Add(leeway))
}

func readTime(format, value string) (time.Time, bool) {
	layout, named := layouts[format]
	if named {
		t, err := time.Parse(layout, value)
		return t, err == nil
	}
	n, err := strconv.ParseInt(value, 10, 64)
	if err != nil || strconv.FormatInt(n, 10) != value {
		return time.Time{}, false
	}
	if format == "unix-ms" {
		return time.UnixMilli(n), true
	}
	return time.Unix(n, 0), true
}
