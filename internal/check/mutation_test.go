package check_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"
	"text/tabwriter"
	"time"

	"github.com/loginwatch/loginwatch"
	"github.com/loginwatch/loginwatch/internal/check"
	"github.com/loginwatch/loginwatch/internal/guard"
	"github.com/loginwatch/loginwatch/internal/pack"
	"github.com/loginwatch/loginwatch/internal/tree"
)

// answer is an example as it would come from the vendor.
type answer struct {
	contract *loginwatch.Contract
	outcome  *loginwatch.Outcome
	status   int
	header   http.Header
	body     []byte
	at       time.Time
	k        *loginwatch.Case
}

// answers gives every example of every vendor, at an instant when it was true.
func answers(t testing.TB) []answer { return answersOf(embedded(t), t) }

func answersOf(catalog *pack.Catalog, t testing.TB) []answer {
	var all []answer
	for _, c := range catalog.Contracts {
		for _, op := range c.Operations {
			for _, o := range op.Outcomes {
				a := answer{contract: c, outcome: o, status: o.Statuses[0], at: o.AsOf, header: http.Header{}}
				a.k = &loginwatch.Case{ID: "mutation", Operation: op, Expect: []*loginwatch.Outcome{o}, Needs: []string{"x"}, Pos: o.Pos, Cite: o.Cite}
				if a.at.IsZero() {
					a.at = instant
				}
				if o.Example != nil {
					a.header.Set("Content-Type", o.ContentTypes[0])
					a.body = fill(t, o)
				}
				all = append(all, a)
			}
		}
	}
	return all
}

// fill puts a value where the document's example has a placeholder for one.
func fill(t testing.TB, o *loginwatch.Outcome) []byte {
	if len(o.Placeholders) == 0 {
		return o.Example.Body
	}
	doc, refusal := guard.Decode(o.Example.Body, guard.Defaults())
	if refusal != nil {
		t.Fatal(refusal)
	}
	for _, pointer := range o.Placeholders {
		doc = with(t, doc, pointer.String(), "a-value-for-the-placeholder")
	}
	return encode(t, doc)
}

func encode(t testing.TB, doc any) []byte {
	t.Helper()
	data, err := json.Marshal(doc)
	if err != nil {
		t.Fatal(err)
	}
	return data
}

func (a answer) judge() loginwatch.Judgement {
	x := &loginwatch.Exchange{Status: a.status, Header: a.header, Body: a.body, Finished: a.at}
	return check.Judge(check.Input{Contract: a.contract, Case: a.k, Exchange: x, Key: []byte("key")}).Judgement
}

// absent removes a member in [with].
type absent struct{}

// with gives a copy of doc with another value at the pointer.
func with(t testing.TB, doc any, pointer string, value any) any {
	t.Helper()
	var root any
	if err := json.Unmarshal(encode(t, doc), &root); err != nil {
		t.Fatal(err)
	}
	tokens, _ := tree.SplitPointer(pointer)
	node := root.(map[string]any)
	for _, token := range tokens[:len(tokens)-1] {
		node = node[token].(map[string]any)
	}
	last := tokens[len(tokens)-1]
	if _, remove := value.(absent); remove {
		delete(node, last)
	} else {
		node[last] = value
	}
	return root
}

// mutation is one change of one answer and what must be said of it.
type mutation struct {
	sort    string
	name    string
	answer  answer
	class   loginwatch.Class
	kinds   []loginwatch.Kind
	pointer string
	verdict []loginwatch.Verdict // instead of a finding
}

func (m mutation) caught(j loginwatch.Judgement) bool {
	if m.class != loginwatch.Breaking {
		return len(j.Findings) > 0
	}
	return j.Verdict != loginwatch.OK
}

func (m mutation) right(j loginwatch.Judgement) bool {
	if slices.Contains(m.verdict, j.Verdict) {
		return true
	}
	if (j.Verdict == loginwatch.OK) != (m.class != loginwatch.Breaking) {
		return false
	}
	return slices.ContainsFunc(j.Findings, func(f loginwatch.Finding) bool {
		return f.Class == m.class && slices.Contains(m.kinds, f.Kind) && f.Pointer == m.pointer
	})
}

// Every single mutation of every example is caught and named rightly, and an
// extra field never breaks.
func TestCountsMutations(t *testing.T) {
	type row struct{ made, caught, right int }
	rows, order := map[string]*row{}, []string{}
	var total row
	for _, a := range answers(t) {
		if j := a.judge(); slices.ContainsFunc(j.Findings, func(f loginwatch.Finding) bool { return f.Class != loginwatch.Tolerated }) ||
			a.outcome.Means == loginwatch.OK && j.Verdict != loginwatch.OK || j.Outcome != a.outcome.ID {
			t.Errorf("%s %s as documented: %s %s %+v", a.contract.Vendor, a.outcome.ID, j.Verdict, j.Reason, j.Findings)
		}
		for _, m := range mutations(t, a) {
			r := rows[m.sort]
			if r == nil {
				r = &row{}
				rows[m.sort] = r
				order = append(order, m.sort)
			}
			j := m.answer.judge()
			caught, right := m.caught(j), m.right(j)
			for _, r := range []*row{r, &total} {
				r.made++
				if caught {
					r.caught++
				}
				if right {
					r.right++
				}
			}
			if !caught || !right {
				t.Errorf("%s %s: %s: caught %v: %s %s %s", a.contract.Vendor, a.outcome.ID, m.name, caught, j.Verdict, j.Reason, brief(j))
			}
			if m.class == loginwatch.Additive && j.Verdict != loginwatch.OK {
				t.Errorf("%s %s: %s breaks: %s", a.contract.Vendor, a.outcome.ID, m.name, brief(j))
			}
		}
	}
	var table bytes.Buffer
	w := tabwriter.NewWriter(&table, 0, 0, 2, ' ', tabwriter.AlignRight)
	fmt.Fprintln(w, "mutation\tmade\tcaught\tright class and kind\t")
	for _, sort := range order {
		fmt.Fprintf(w, "%s\t%d\t%d\t%d\t\n", sort, rows[sort].made, rows[sort].caught, rows[sort].right)
	}
	fmt.Fprintf(w, "all\t%d\t%d\t%d\t\n", total.made, total.caught, total.right)
	_ = w.Flush()
	t.Log("\n" + table.String())
	if total.made < 500 {
		t.Errorf("%d mutations say little; want at least 500", total.made)
	}
}

func brief(j loginwatch.Judgement) string {
	var parts []string
	for _, f := range j.Findings {
		parts = append(parts, fmt.Sprintf("%s %s %q", f.Class, f.Kind, f.Pointer))
	}
	return strings.Join(parts, ", ")
}

func mutations(t testing.TB, a answer) []mutation {
	all := statusMutations(a)
	if a.outcome.Example == nil {
		return all
	}
	all = append(all, contentTypeMutations(a)...)
	if !a.outcome.Structured() {
		return all
	}
	all = append(all, textMutations(t, a)...)
	return append(all, fieldMutations(t, a)...)
}

func statusMutations(a answer) []mutation {
	var all []mutation
	for _, status := range []int{201, 202, 204, 301, 302, 307, 400, 401, 403, 404, 405, 409, 418, 422, 429, 500, 502, 503, 504} {
		if slices.Contains(a.outcome.Statuses, status) {
			continue
		}
		m := mutation{sort: "status", name: fmt.Sprintf("status %d", status), answer: a, class: loginwatch.Breaking, kinds: []loginwatch.Kind{loginwatch.KindStatus}}
		m.answer.status = status
		switch {
		case slices.ContainsFunc(a.contract.Defects, func(d *loginwatch.Defect) bool {
			return d.Tolerate != nil && slices.Contains(d.Tolerate.Statuses, status)
		}):
			m.verdict = []loginwatch.Verdict{loginwatch.OK, loginwatch.Rejected} // tolerated where the ruling says so
			m.kinds = []loginwatch.Kind{loginwatch.KindStatus}
			if a.outcome.Means == loginwatch.Rejected {
				m.class = loginwatch.Tolerated
			}
		case status/100 == 3:
			m.kinds = []loginwatch.Kind{loginwatch.KindRedirect}
		case status == 429:
			m.verdict = []loginwatch.Verdict{loginwatch.Throttled}
		case status >= 500:
			m.verdict = []loginwatch.Verdict{loginwatch.Unavailable}
		case status == 401:
			m.verdict = []loginwatch.Verdict{loginwatch.Rejected}
		}
		all = append(all, m)
	}
	return all
}

func contentTypeMutations(a answer) []mutation {
	var all []mutation
	for _, ct := range []string{"text/plain", "text/html; charset=utf-8", "application/octet-stream", "application/xml", ""} {
		if strings.HasPrefix(ct, a.outcome.ContentTypes[0]) && ct != "" {
			continue
		}
		m := mutation{sort: "content type", name: "content type " + ct, answer: a, class: loginwatch.Breaking, kinds: []loginwatch.Kind{loginwatch.KindContentType}}
		m.answer.header = http.Header{"Content-Type": {ct}}
		if a.status >= 500 {
			m.verdict = []loginwatch.Verdict{loginwatch.Unavailable}
		}
		all = append(all, m)
	}
	return all
}

func textMutations(t testing.TB, a answer) []mutation {
	var all []mutation
	add := func(sort, name string, body []byte, pointer string, kinds ...loginwatch.Kind) {
		m := mutation{sort: sort, name: name, answer: a, class: loginwatch.Breaking, kinds: kinds, pointer: pointer}
		m.answer.body = body
		if a.status >= 500 {
			m.verdict = []loginwatch.Verdict{loginwatch.Unavailable}
		}
		all = append(all, m)
	}
	body := bytes.TrimSpace(a.body)
	for i := 1; i <= 8; i++ {
		add("truncation", fmt.Sprintf("cut at %d/8", i-1), body[:(i*len(body))/8-1], "", loginwatch.KindTruncated, loginwatch.KindNotJSON)
	}
	add("truncation", "empty", nil, "", loginwatch.KindNotJSON)
	add("trailing HTML", "trailing page", append(slices.Clone(body), "\n<html></html>"...), "", loginwatch.KindNotJSON)
	add("trailing HTML", "trailing brace", append(slices.Clone(body), '}'), "", loginwatch.KindNotJSON)
	var members map[string]json.RawMessage
	if err := json.Unmarshal(body, &members); err != nil {
		t.Fatal(err)
	}
	for name := range members {
		twice := fmt.Appendf(nil, `{%q:%s,`, name, members[name])
		add("duplicate key", "twice "+name, append(twice, body[1:]...), tree.JoinPointer("", name), loginwatch.KindDuplicateKey)
	}
	return all
}
