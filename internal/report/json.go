package report

import (
	"bytes"
	"encoding/json"
	"math"
	"time"

	"github.com/loginwatch/loginwatch"
)

// jsonVersion names the shape that schemas/meta/report.schema.json describes. It
// changes when a field is removed, renamed or gets another meaning.
const jsonVersion = 1

type jsonReport struct {
	Version int          `json:"version"`
	Summary jsonSummary  `json:"summary"`
	Results []jsonResult `json:"results"`
}

type jsonResult struct {
	Vendor          string               `json:"vendor"`
	Case            string               `json:"case"`
	Target          string               `json:"target"`
	Run             string               `json:"run"`
	Verdict         loginwatch.Verdict   `json:"verdict"`
	Reason          loginwatch.Reason    `json:"reason"`
	Refusal         loginwatch.Refusal   `json:"refusal"`
	Fault           string               `json:"fault"`
	Next            string               `json:"next,omitempty"`
	Outcome         string               `json:"outcome"`
	HTTPStatus      int                  `json:"http_status"`
	DurationSeconds float64              `json:"duration_seconds"`
	Phases          jsonPhases           `json:"phases"`
	Findings        []loginwatch.Finding `json:"findings"`
	Detail          string               `json:"detail,omitempty"`
}

// jsonSummary counts every verdict, also those that did not occur.
type jsonSummary map[loginwatch.Verdict]int

func (s jsonSummary) MarshalJSON() ([]byte, error) {
	return marshalInOrder(loginwatch.Verdicts, func(v loginwatch.Verdict) (any, bool) { return s[v], true })
}

// jsonPhases holds the seconds of the phases that took place.
type jsonPhases map[loginwatch.Phase]time.Duration

func (p jsonPhases) MarshalJSON() ([]byte, error) {
	return marshalInOrder(loginwatch.Phases, func(phase loginwatch.Phase) (any, bool) {
		d, took := p[phase]
		return seconds(d), took
	})
}

// marshalInOrder writes an object in the order of a closed list: people compare
// reports by eye and with diff.
func marshalInOrder[K ~string](keys []K, value func(K) (any, bool)) ([]byte, error) {
	b := []byte{'{'}
	for _, k := range keys {
		v, ok := value(k)
		if !ok {
			continue
		}
		text, err := json.Marshal(v)
		if err != nil {
			return nil, err
		}
		if len(b) > 1 {
			b = append(b, ',')
		}
		b = append(b, `"`+string(k)+`":`...)
		b = append(b, text...)
	}
	return append(b, '}'), nil
}

// seconds rounds to microseconds; what is below is the clock's noise.
func seconds(d time.Duration) float64 { return math.Round(d.Seconds()*1e6) / 1e6 }

func renderJSON(b *bytes.Buffer, r Report, _ Options) error {
	out := jsonReport{Version: jsonVersion, Summary: jsonSummary{}, Results: []jsonResult{}}
	for _, res := range r.Results {
		out.Summary[res.Verdict]++
		fault, next := adviceFor(res)
		out.Results = append(out.Results, jsonResult{
			Vendor: res.Vendor, Case: res.Case, Target: res.Target, Run: res.Run,
			Verdict: res.Verdict, Reason: res.Reason, Refusal: res.Refusal, Fault: fault, Next: next, Outcome: res.Outcome,
			HTTPStatus: res.HTTPStatus, DurationSeconds: seconds(res.Duration),
			Phases: res.Phases, Findings: res.Findings, Detail: res.Detail,
		})
	}
	return encodeIndented(b, out)
}

func encodeIndented(b *bytes.Buffer, v any) error {
	enc := json.NewEncoder(b)
	enc.SetEscapeHTML(false)
	enc.SetIndent("", "  ")
	return enc.Encode(v)
}
