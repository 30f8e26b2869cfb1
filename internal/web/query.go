package web

import (
	"fmt"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"unicode/utf8"
)

// How many probes are shown at once: the page is read by a person, its JSON by a program.
const (
	perPage     = 100
	mostPerPage = 1000
	mostFind    = 200 // runes
)

// query is which probes are asked for.
type query struct {
	find    string // in VENDOR/PROBE → TARGET, upper or lower case; "" for all
	page    int    // from 1 on
	perPage int
	still   bool // the page is not to load itself again
}

// queryOf reads the parameters find, page, per_page and refresh. The error says which of
// them is wrong, and how it should be.
func queryOf(values url.Values) (query, error) {
	q := query{find: values.Get("find"), page: 1, perPage: perPage, still: values.Get("refresh") == "off"}
	if utf8.RuneCountInString(q.find) > mostFind {
		return q, fmt.Errorf("find is longer than %d characters", mostFind)
	}
	for _, number := range []struct {
		name string
		into *int
		most int
	}{{"page", &q.page, 1_000_000}, {"per_page", &q.perPage, mostPerPage}} {
		if !values.Has(number.name) {
			continue
		}
		n, err := strconv.Atoi(values.Get(number.name))
		if err != nil || n < 1 || n > number.most {
			return q, fmt.Errorf("%s must be a number from 1 to %d", number.name, number.most)
		}
		*number.into = n
	}
	return q, nil
}

// at is the query of another page of the same, as it stands behind the path of a link.
func (q query) at(page int) string {
	values := url.Values{}
	if q.find != "" {
		values.Set("find", q.find)
	}
	if page > 1 {
		values.Set("page", strconv.Itoa(page))
	}
	if q.perPage != perPage {
		values.Set("per_page", strconv.Itoa(q.perPage))
	}
	if q.still {
		values.Set("refresh", "off")
	}
	if len(values) == 0 {
		return ""
	}
	return "?" + values.Encode()
}

// pages is how many there are of so many probes: one at least, even of none.
func (q query) pages(probes int) int { return max((probes+q.perPage-1)/q.perPage, 1) }

// cut gives the bounds of the page within so many probes.
func (q query) cut(probes int) (from, to int) {
	from = min((q.page-1)*q.perPage, probes)
	return from, min(from+q.perPage, probes)
}

func (q query) finds(e *entry) bool {
	return q.find == "" || strings.Contains(e.name, strings.ToLower(strings.TrimSpace(q.find)))
}

// links names the pages around this one (RFC 8288), so that a program can follow them.
func (q query) links(h http.Header, path string, pages int) {
	for _, l := range []struct {
		page int
		rel  string
	}{{1, "first"}, {q.page - 1, "prev"}, {q.page + 1, "next"}, {pages, "last"}} {
		if l.page >= 1 && l.page <= pages && l.page != q.page {
			h.Add("Link", fmt.Sprintf("<%s%s>; rel=%q", path, q.at(l.page), l.rel))
		}
	}
}
