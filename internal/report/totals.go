package report

import (
	"bytes"
	"fmt"
	"io"
	"time"

	"github.com/loginwatch/loginwatch"
	"github.com/loginwatch/loginwatch/internal/history"
)

// quantiles are those that are shown of latencies.
var quantiles = []float64{0.5, 0.95, 0.99}

type jsonTotals struct {
	jsonKey

	Slots        int           `json:"slots"`
	Counts       []jsonCount   `json:"counts"`
	Availability *float64      `json:"availability,omitempty"`
	Correctness  *float64      `json:"correctness,omitempty"`
	Latencies    []jsonLatency `json:"latencies"`
}

type jsonCount struct {
	Verdict loginwatch.Verdict `json:"verdict"`
	Reason  loginwatch.Reason  `json:"reason"`
	Slots   int                `json:"slots"`
}

type jsonLatency struct {
	Quantile float64 `json:"quantile"`
	Seconds  float64 `json:"seconds"`
}

type jsonIncident struct {
	jsonKey

	Verdict loginwatch.Verdict `json:"verdict"`
	Began   time.Time          `json:"began"`
	Ended   *time.Time         `json:"ended,omitempty"`
	Runs    int                `json:"runs"`
}

// WriteTotals writes what logins' slots came to, as text or JSON.
func WriteTotals(w io.Writer, format string, totals []*history.Totals, color bool) error {
	all := make([]jsonTotals, 0, len(totals))
	for _, t := range totals {
		all = append(all, totalsJSON(t))
	}
	return writeHistory(w, format, jsonHistory{Totals: &all}, func(b *bytes.Buffer) { totalsText(b, totals, painter(color)) })
}

func totalsText(b *bytes.Buffer, totals []*history.Totals, p painter) {
	if len(totals) == 0 {
		b.WriteString(nothingKnown)
		return
	}
	t := table{right: map[int]bool{1: true, 2: true, 3: true, 4: true, 5: true, 6: true, 7: true}, rows: []row{{[]string{
		"LOGIN", "SLOTS", "SKIPPED", "AVAILABLE", "CORRECT", "P50", "P95", "P99",
	}, dim}}}
	for _, one := range totals {
		cells := []string{
			printable(one.String(), maxMachine), fmt.Sprint(one.Slots()), fmt.Sprint(one.Of(loginwatch.Skipped)),
			percent(one.Availability()), percent(one.Correctness()),
		}
		for _, q := range quantiles {
			cells = append(cells, durationText(one.Latency.Quantile(q)))
		}
		t.rows = append(t.rows, row{cells, ""})
	}
	t.write(b, p, 0)
}

// percent is a share as people read it, rounded so that one that is not whole is never
// shown as whole.
func percent(share float64, ok bool) string {
	if !ok {
		return "-"
	}
	text := fmt.Sprintf("%.3f %%", share*100)
	if text == "100.000 %" && share < 1 {
		return "99.999 %"
	}
	return text
}

func totalsJSON(t *history.Totals) jsonTotals {
	j := jsonTotals{jsonKey: keyJSON(t.Key), Slots: t.Slots(), Counts: []jsonCount{}, Latencies: []jsonLatency{}}
	for _, c := range t.Counts {
		j.Counts = append(j.Counts, jsonCount(c))
	}
	if share, ok := t.Availability(); ok {
		j.Availability = &share
	}
	if share, ok := t.Correctness(); ok {
		j.Correctness = &share
	}
	for _, q := range quantiles {
		if d := t.Latency.Quantile(q); d > 0 {
			j.Latencies = append(j.Latencies, jsonLatency{q, seconds(d)})
		}
	}
	return j
}

// WriteIncidents writes incidents, as text or JSON.
func WriteIncidents(w io.Writer, format string, incidents []history.Incident, color bool) error {
	all := make([]jsonIncident, 0, len(incidents))
	for _, i := range incidents {
		j := jsonIncident{jsonKey: keyJSON(i.Key), Verdict: i.Verdict, Began: i.Began.UTC(), Runs: i.Runs}
		if !i.Ended.IsZero() {
			ended := i.Ended.UTC()
			j.Ended = &ended
		}
		all = append(all, j)
	}
	return writeHistory(w, format, jsonHistory{Incidents: &all}, func(b *bytes.Buffer) { incidentsText(b, incidents, painter(color)) })
}

func incidentsText(b *bytes.Buffer, incidents []history.Incident, p painter) {
	if len(incidents) == 0 {
		fmt.Fprintf(b, "no incident is known of this time: no login failed alike %d runs in a row\n", history.Confirmed)
		return
	}
	t := table{right: map[int]bool{2: true, 4: true}, rows: []row{{[]string{"BEGAN (UTC)", "ENDED (UTC)", "LASTED", "VERDICT", "RUNS", "LOGIN"}, dim}}}
	for _, i := range incidents {
		ended, lasted := "goes on", "-"
		if !i.Ended.IsZero() {
			ended, lasted = i.Ended.UTC().Format(time.DateTime), loginwatch.Span(i.Ended.Sub(i.Began).Round(time.Second))
		}
		t.rows = append(t.rows, row{[]string{
			i.Began.UTC().Format(time.DateTime), ended, lasted, string(i.Verdict), fmt.Sprint(i.Runs), printable(i.String(), maxMachine),
		}, verdictColor(i.Verdict)})
	}
	t.write(b, p, 3)
}
