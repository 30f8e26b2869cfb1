package main

import (
	"github.com/loginwatch/loginwatch/internal/exporter/openslo"
	"github.com/loginwatch/loginwatch/internal/metrics"
)

type exportOpenSLOCmd struct {
	exportFlags
	Config string `help:"The configuration: one objective for each of its targets, as it has them. Without it, targets are taken together." placeholder:"FILE"`
}

// Run writes the objectives of a vendor's probes as OpenSLO.
func (e exportOpenSLOCmd) Run(env environment) error {
	c, read, err := e.chosenOf(e.Config)
	if err != nil {
		return err
	}
	var logins []openslo.Login
	if e.Config == "" {
		for _, p := range read.Catalog.ProbesOf(c.Vendor) {
			if !p.Disabled {
				logins = append(logins, openslo.Login{Probe: p})
			}
		}
	}
	for _, j := range read.Jobs {
		if j.Probe.Contract.Vendor == c.Vendor {
			logins = append(logins, openslo.Login{Probe: j.Probe, Target: j.Target.Name})
		}
	}
	if len(logins) == 0 {
		return usage("no probe of %s is on, so there are no objectives", c.Vendor)
	}
	return e.write(env, openslo.YAML(openslo.Documents(c, logins, metrics.LatencyBucket)))
}
