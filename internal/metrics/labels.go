package metrics

import (
	"slices"
	"strings"

	dto "github.com/prometheus/client_model/go"

	"github.com/loginwatch/loginwatch"
)

// lists are the labels of the closed lists, made once.
type lists struct {
	verdicts  [][]*dto.LabelPair // in the order of loginwatch.Verdicts
	failing   [][]*dto.LabelPair // of loginwatch.FailingVerdicts
	phases    [][]*dto.LabelPair // of loginwatch.Phases
	reasons   [][]*dto.LabelPair // of loginwatch.Reasons
	classes   [][]*dto.LabelPair // of loginwatch.Classes
	findings  [][]*dto.LabelPair // of each class the kinds of loginwatch.Kinds
	standings [][]*dto.LabelPair // of loginwatch.NextStandings
	slos      [][]*dto.LabelPair // availability, correctness, latency
}

func newLists() *lists {
	l := &lists{
		verdicts: listed("verdict", loginwatch.Verdicts), failing: listed("verdict", loginwatch.FailingVerdicts),
		phases: listed("phase", loginwatch.Phases), reasons: listed("reason", loginwatch.Reasons),
		classes: listed("class", loginwatch.Classes), standings: listed("standing", loginwatch.NextStandings), slos: listed("slo", []string{"availability", "correctness", "latency"}),
	}
	kinds := listed("kind", loginwatch.Kinds)
	for _, class := range l.classes {
		for _, kind := range kinds {
			l.findings = append(l.findings, []*dto.LabelPair{class[0], kind[0]})
		}
	}
	return l
}

func listed[T ~string](name string, values []T) [][]*dto.LabelPair {
	all := make([][]*dto.LabelPair, len(values))
	for i, v := range values {
		all[i] = []*dto.LabelPair{pair(name, string(v))}
	}
	return all
}

// reason keeps the label's list closed: a reason outside it is our own mistake.
func (l *lists) reason(r loginwatch.Reason) *[]*dto.LabelPair {
	i := slices.Index(loginwatch.Reasons, r)
	if i < 0 {
		i = slices.Index(loginwatch.Reasons, loginwatch.ReasonInternal)
	}
	return &l.reasons[i]
}

// finding gives nil for one outside the lists.
func (l *lists) finding(f loginwatch.Finding) *[]*dto.LabelPair {
	class, kind := slices.Index(loginwatch.Classes, f.Class), slices.Index(loginwatch.Kinds, f.Kind)
	if class < 0 || kind < 0 {
		return nil
	}
	return &l.findings[class*len(loginwatch.Kinds)+kind]
}

func pair(name, value string) *dto.LabelPair {
	value = valid(value)
	return &dto.LabelPair{Name: &name, Value: &value}
}

// labelled makes label values of names, which must be valid UTF-8.
func labelled(k loginwatch.Key) loginwatch.Key {
	return loginwatch.Key{Vendor: valid(k.Vendor), Probe: valid(k.Probe), Target: valid(k.Target)}
}

func valid(s string) string { return strings.ToValidUTF8(s, "\uFFFD") }

// pairs hands out one label for one name and value, since jobs have many in common.
type pairs map[[2]string]*dto.LabelPair

func (p pairs) of(name, value string) *dto.LabelPair {
	k := [2]string{name, value}
	if p[k] == nil {
		p[k] = pair(name, value)
	}
	return p[k]
}
