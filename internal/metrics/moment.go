package metrics

import (
	"context"
	"slices"
	"strings"
	"time"

	dto "github.com/prometheus/client_model/go"

	"github.com/loginwatch/loginwatch"
)

// moment is what one scrape tells of: the list of jobs as it is, so that no scrape sees
// one half of a reload, and what is asked for when it comes.
type moment struct {
	at          time.Time
	jobs        []*series
	next        map[*series]float64
	credentials []credential
	vendors     []vendor
}

// credential is one that a job uses: of another one, for example because its target was
// removed, nobody has to mend anything.
type credential struct {
	labels []*dto.LabelPair
	state  loginwatch.CredentialState
}

type vendor struct {
	labels []*dto.LabelPair
	open   map[loginwatch.Class]int
}

// scrapeTimeout bounds the question to the ledger, which may be a database.
const scrapeTimeout = 3 * time.Second

// now puts a moment together. An error leaves out what could not be asked for.
func (m *Metrics) now(ctx context.Context) (*moment, error) {
	var upcoming []loginwatch.Slot
	if m.opts.Upcoming != nil {
		upcoming = m.opts.Upcoming()
	}
	m.mu.RLock()
	now := &moment{at: m.opts.Now(), jobs: m.sorted, next: make(map[*series]float64, len(upcoming))}
	for _, slot := range upcoming {
		if s := m.jobs[labelled(slot.Key)]; s != nil {
			now.next[s] = seconds(slot.Planned)
		}
	}
	m.mu.RUnlock()
	if m.opts.Changes != nil {
		now.vendors = m.changes(now.jobs)
	}
	if m.opts.Ledger == nil {
		return now, nil
	}
	ctx, cancel := context.WithTimeout(ctx, scrapeTimeout)
	defer cancel()
	// A cool-down ends without anybody telling, so the ledger is asked each time.
	states, err := m.opts.Ledger.Credentials(ctx, m.opts.Now())
	used := map[string]bool{}
	for _, s := range now.jobs {
		s.mu.Lock()
		used[s.job.Target.Credential] = true
		s.mu.Unlock()
	}
	for _, s := range states {
		if used[s.Credential] {
			now.credentials = append(now.credentials, credential{[]*dto.LabelPair{pair("credential", s.Credential)}, s})
		}
	}
	return now, err
}

// changes asks how many are open: an acknowledgement ends without anybody telling.
func (m *Metrics) changes(jobs []*series) []vendor {
	open := m.opts.Changes()
	seen := map[string]bool{}
	var all []vendor
	for _, s := range jobs {
		if !seen[s.vendor] {
			seen[s.vendor] = true
			all = append(all, vendor{[]*dto.LabelPair{pair("vendor", s.vendor)}, open[s.vendor]})
		}
	}
	slices.SortFunc(all, func(a, b vendor) int { return strings.Compare(a.labels[0].GetValue(), b.labels[0].GetValue()) })
	return all
}
