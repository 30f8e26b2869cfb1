package main

import (
	"context"
	"net/url"

	"github.com/loginwatch/loginwatch"
	"github.com/loginwatch/loginwatch/internal/config"
	"github.com/loginwatch/loginwatch/internal/sim"
)

// simulatorTarget is the name of the target that a built-in simulator is.
const simulatorTarget = "simulator"

// startSimulators serves the contracts on a free port of the loopback interface
// until stop is called, and gives a target for each vendor.
func startSimulators(ctx context.Context, contracts []*loginwatch.Contract, probes []*loginwatch.Probe, faults ...string) (targets map[string][]*loginwatch.Target, stop func(), err error) {
	simulator, err := sim.New(contracts, sim.Options{Faults: faults})
	if err != nil {
		if len(faults) > 0 {
			return nil, nil, usage("%w", err)
		}
		return nil, nil, ours(err)
	}
	listener, err := listen(ctx, "127.0.0.1:0")
	if err != nil {
		return nil, nil, ours(err)
	}
	ctx, cancel := context.WithCancel(context.WithoutCancel(ctx))
	done := make(chan struct{})
	go func() {
		defer close(done)
		_ = serveUntilDone(ctx, listener, simulator) // probes show it when it fails
	}()
	targets = map[string][]*loginwatch.Target{}
	for _, c := range contracts {
		targets[c.Vendor] = []*loginwatch.Target{{
			Name:       simulatorTarget,
			BaseURL:    &url.URL{Scheme: "http", Host: listener.Addr().String(), Path: "/" + c.Vendor},
			Secrets:    config.Static("the simulator's demo credentials", configured(simulator.Credentials(c.Vendor), c, probes)),
			Credential: c.Vendor + "/" + simulatorTarget,
		}}
	}
	return targets, func() { cancel(); <-done }, nil
}

// configured leaves out the credentials that a probe captures, so that its
// steps do so.
func configured(credentials map[string]string, c *loginwatch.Contract, probes []*loginwatch.Probe) map[string]string {
	for _, p := range probes {
		if p.Contract != c {
			continue
		}
		for _, step := range p.Steps {
			for _, capture := range step.Capture {
				delete(credentials, capture.Name)
			}
		}
	}
	return credentials
}
