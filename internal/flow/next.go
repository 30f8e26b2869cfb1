package flow

import (
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"slices"

	"github.com/loginwatch/loginwatch"
	"github.com/loginwatch/loginwatch/internal/compute"
)

// Next gives the plan of the same run with the secrets that are to come; nil where the
// target names none, while one of them is not there, and where they log in as the
// current ones do. The error says what keeps one from being read, or sent.
func (p *Plan) Next() (*Plan, error) {
	if p.Target.Next == nil || p.Credential == "" || p.Obstacle != "" {
		return nil, nil
	}
	source := reading(p.Target.Next)
	for _, name := range p.Target.Coming {
		value, found, err := source.Secret(name)
		if errors.Is(err, fs.ErrNotExist) || err == nil && (!found || value == "") {
			return nil, nil // it has not come yet
		}
		if err != nil {
			return nil, fmt.Errorf("the next secret %s: %w", name, err)
		}
	}
	target := *p.Target
	target.Secrets, target.Next = target.Next, nil
	job := p.Job
	job.Target = &target
	next := planned(job, source)
	if maps.Equal(next.Account(), p.Account()) {
		return nil, nil
	}
	if next.Obstacle != "" {
		return nil, fmt.Errorf("the next secret: %s: %s", next.Obstacle, next.Detail)
	}
	next.beside, p.beside = p.Values(), next.Values()
	next.Hide(p.Secrets()...) // the vendor knows them
	p.Hide(next.Secrets()...)
	return next, nil
}

// SendsComing tells whether the logins of the run send all secrets of the target that
// are to come: another login of the vendor says nothing of them.
func (p *Plan) SendsComing() bool {
	return !slices.ContainsFunc(p.Target.Coming, func(name string) bool {
		return !slices.ContainsFunc(p.Steps, func(s loginwatch.Step) bool {
			return s.UsesCredential() && slices.Contains(s.Case.Sends(p.Probe.Contract), name)
		})
	})
}

// OneTime gives the secrets that one-time codes of a contract are made of.
func OneTime(c *loginwatch.Contract) []string {
	var seeds []string
	for _, v := range c.Computed {
		if compute.Step(compute.CallOf(v)) > 0 {
			seeds = append(seeds, c.Closure(v.Names())...)
		}
	}
	slices.Sort(seeds)
	return slices.Compact(seeds)
}
