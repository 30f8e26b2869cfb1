package web

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/loginwatch/loginwatch"
)

// everything is on one page.
var everything = query{page: 1, perPage: mostPerPage}

// crowd is a handler over n logins, of which the last one fails.
func crowd(t *testing.T, n int) http.Handler {
	t.Helper()
	b := NewBoard(nil)
	jobs := make([]loginwatch.Job, n)
	for i := range jobs {
		jobs[i] = job("acme")
		jobs[i].Target = &loginwatch.Target{Name: fmt.Sprintf("account-%03d", i), BaseURL: jobs[i].Target.BaseURL}
	}
	b.SetJobs(jobs)
	for i, j := range jobs {
		r := run("acme", start, loginwatch.OK, "", 200)
		if i == n-1 {
			r = run("acme", start, loginwatch.Drift, loginwatch.ReasonContract, 200)
		}
		r.Key = j.Key()
		recorded(t, b.RecordRun(t.Context(), r))
	}
	return Handler(Options{Board: b})
}

// A program that follows the links meets every login once, and what needs a look first.
func TestPagesOfTheAPI(t *testing.T) {
	h := crowd(t, 250)
	next := regexp.MustCompile(`<([^>]*)>; rel="next"`)
	var met []string
	pages := 0
	for path := "/api/v1/probes?per_page=60&find=ACME"; path != "" && pages < 10; pages++ {
		res, body := get(t, h, path)
		var o Overview
		if err := json.Unmarshal([]byte(body), &o); err != nil {
			t.Fatal(err)
		}
		if o.Summary.Probes != 250 || o.Found != 250 || o.Pages != 5 || o.Page != pages+1 {
			t.Errorf("%s: %+v, %d found, page %d of %d", path, o.Summary, o.Found, o.Page, o.Pages)
		}
		for _, p := range o.Probes {
			met = append(met, p.Target)
			if len(p.History) != 1 {
				t.Errorf("%s has no history", p.Target)
			}
		}
		path = ""
		for _, link := range res.Header.Values("Link") {
			if m := next.FindStringSubmatch(link); m != nil {
				path = m[1]
			}
		}
	}
	if pages != 5 || len(met) != 250 || met[0] != "account-249" || !slices.IsSorted(met[1:]) {
		t.Errorf("%d pages with %d logins, which begin with %v", pages, len(met), met[:min(len(met), 3)])
	}
}

func TestPagesForPeople(t *testing.T) {
	h := crowd(t, 250)
	tests := []struct {
		path string
		want []string
		not  []string
	}{
		{"/", []string{"249 of 250 logins are fine.", "account-249", "Page 1 of 3, 250 logins", `href="/?page=2" rel="next"`, "account-098"}, []string{"account-099<", `rel="prev"`}},
		{"/?page=3&refresh=off", []string{"Page 3 of 3", `href="/?page=2&amp;refresh=off" rel="prev"`, "account-248", `href="/?page=3"`}, []string{`rel="next"`, "account-249<", "http-equiv"}},
		{"/?find=Account-24", []string{"249 of 250 logins are fine.", "account-249", "account-240", `value="Account-24"`, "Show all"}, []string{"account-100<", "Page 1"}},
		{"/?find=nobody%3Cb%3E", []string{"No vendor, probe or target has “nobody&lt;b&gt;” in its name.", "Show all"}, []string{"<b>”", "<table>"}},
		{"/?page=9", []string{`There is no page 9: <a href="/?page=3">the last one</a> is 3.`}, []string{"<table>"}},
	}
	for _, tt := range tests {
		res, page := get(t, h, tt.path)
		if res.StatusCode != http.StatusOK {
			t.Errorf("%s: status %d", tt.path, res.StatusCode)
		}
		for _, w := range tt.want {
			if !strings.Contains(page, w) {
				t.Errorf("%s: missing %s", tt.path, w)
			}
		}
		for _, w := range tt.not {
			if strings.Contains(page, w) {
				t.Errorf("%s: has %s", tt.path, w)
			}
		}
	}
	if _, page := get(t, crowd(t, 3), "/"); strings.Contains(page, "<form") || strings.Contains(page, "<nav") {
		t.Error("three logins need no pages")
	}
}

func TestQueriesThatAreNone(t *testing.T) {
	h := crowd(t, 1)
	for query, want := range map[string]string{
		"page=0": "page must be a number from 1 to 1000000", "page=-1": "page must be", "page=x": "page must be", "page=": "page must be",
		"page=99999999999999999999": "page must be", "per_page=1001": "per_page must be a number from 1 to 1000", "per_page=0": "per_page must be",
		"find=" + strings.Repeat("x", 201): "find is longer than 200 characters",
	} {
		for _, path := range []string{"/", "/api/v1/probes"} {
			res, body := get(t, h, path+"?"+query)
			if res.StatusCode != http.StatusBadRequest || !strings.HasPrefix(body, want) {
				t.Errorf("%s?%s: %d %s", path, query, res.StatusCode, body)
			}
		}
	}
}

// BenchmarkPage is the first page of 10,000 logins.
func BenchmarkPage(b *testing.B) {
	board := NewBoard(nil)
	jobs := make([]loginwatch.Job, 10_000)
	for i := range jobs {
		jobs[i] = job("acme")
		jobs[i].Target = &loginwatch.Target{Name: fmt.Sprint("account-", i), BaseURL: jobs[i].Target.BaseURL}
	}
	board.SetJobs(jobs)
	h := Handler(Options{Board: board})
	for b.Loop() {
		w := httptest.NewRecorder()
		h.ServeHTTP(w, httptest.NewRequest(http.MethodGet, "/", nil))
		b.ReportMetric(float64(w.Body.Len())/1e3, "kB")
	}
}
