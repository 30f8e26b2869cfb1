package report

import "github.com/loginwatch/loginwatch"

// ANSI colours. A word always says the same as the colour, for logs and for
// people who can't tell the colours apart.
const (
	red     = "31"
	green   = "32"
	yellow  = "33"
	magenta = "35"
	bold    = "1"
	dim     = "2"
)

// painter colours text, or leaves it alone when it is false.
type painter bool

func (p painter) paint(color, text string) string {
	if !p || color == "" || text == "" {
		return text
	}
	return "\x1b[" + color + "m" + text + "\x1b[0m"
}

func verdictColor(v loginwatch.Verdict) string {
	switch v {
	case loginwatch.OK:
		return green
	case loginwatch.Drift, loginwatch.Unavailable:
		return red
	case loginwatch.Rejected, loginwatch.Throttled:
		return yellow
	case loginwatch.Skipped:
		return dim
	}
	return magenta
}

func classColor(c loginwatch.Class) string {
	switch c {
	case loginwatch.Breaking:
		return red
	case loginwatch.Tolerated:
		return yellow
	}
	return dim
}

func summaryColor(r Report) string {
	color := green
	for _, res := range r.Results {
		if res.breaks() {
			return red
		}
		if res.failed() {
			color = yellow
		}
	}
	return color
}
