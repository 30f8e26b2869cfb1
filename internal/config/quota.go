package config

import (
	"slices"

	"github.com/loginwatch/loginwatch"
)

// quota reads how many logins the operator allows in a day or month.
func (r reader) quota(t *target) {
	f := t.file.Quota
	if f == nil {
		return
	}
	q := &loginwatch.Quota{Logins: f.Logins.Value, Pos: f.Logins.Pos}
	if given(f.Logins.Span) && f.Logins.Value < 1 {
		r.problem(f.Logins.Span, `"logins" must be at least 1`)
	}
	if err := q.SetPer(f.Per.Value); err != nil && given(f.Per.Span) {
		r.problem(f.Per.Span, `"per" %v`, err)
	}
	if given(f.Zone.Span) {
		if err := q.SetZone(f.Zone.Value); err != nil {
			r.problem(f.Zone.Span, `"zone" %v`, err)
		}
	}
	t.Quota = q
}

// shareQuotas gives the quota of a target to the others at its address: it counts what
// all of them send.
func (a *assigner) shareQuotas() {
	var with []*target
	for _, t := range a.config.targets {
		if t.Quota == nil || t.BaseURL == nil {
			continue
		}
		i := slices.IndexFunc(with, func(o *target) bool { return sameAddress(o, t) })
		switch {
		case i < 0:
			with = append(with, t)
		case !sameQuota(with[i].Quota, t.Quota):
			a.problem(t.file.Quota.Logins.Span, "the quota of target %q is another one than that of %q in line %d, at the same address: they count together", t.name, with[i].name, with[i].Quota.Pos.Line)
		}
	}
	for _, t := range a.config.targets {
		if i := slices.IndexFunc(with, func(o *target) bool { return sameAddress(o, t) }); i >= 0 && t.Quota == nil {
			t.Quota = with[i].Quota
		}
	}
}

func sameAddress(x, y *target) bool {
	return x.file.Vendor.Value == y.file.Vendor.Value && x.BaseURL != nil && y.BaseURL != nil && x.BaseURL.String() == y.BaseURL.String()
}

func sameQuota(x, y *loginwatch.Quota) bool {
	return x.Logins == y.Logins && x.Per == y.Per && x.ZoneName() == y.ZoneName()
}
