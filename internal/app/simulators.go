package app

import (
	"context"
	"errors"
	"log/slog"
	"net"
	"net/http"
	"net/url"
	"slices"
	"time"

	"github.com/loginwatch/loginwatch"
	"github.com/loginwatch/loginwatch/internal/config"
	"github.com/loginwatch/loginwatch/internal/sim"
)

// simulatorTarget is the name of the target that a built-in simulator is.
const simulatorTarget = "simulator"

// StartSimulators serves the contracts on a free port of the loopback interface
// until stop is called, and gives a target for each vendor.
func StartSimulators(ctx context.Context, contracts []*loginwatch.Contract, probes []*loginwatch.Probe, faults ...string) (targets map[string][]*loginwatch.Target, stop func(), err error) {
	simulator, err := sim.New(contracts, sim.Options{Faults: faults})
	if err != nil {
		if len(faults) > 0 {
			return nil, nil, UsageError{err}
		}
		return nil, nil, err
	}
	listener, err := Listen(ctx, "127.0.0.1:0")
	if err != nil {
		return nil, nil, err
	}
	ctx, cancel := context.WithCancel(context.WithoutCancel(ctx))
	done := make(chan struct{})
	go func() {
		defer close(done)
		_ = ServeUntilDone(ctx, listener, simulator) // probes show it when it fails
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
// steps do so; but for those that a step replaces, which it needs to begin with.
func configured(credentials map[string]string, c *loginwatch.Contract, probes []*loginwatch.Probe) map[string]string {
	for _, p := range probes {
		if p.Contract != c {
			continue
		}
		for _, step := range p.Steps {
			for _, capture := range step.Capture {
				if !slices.Contains(step.Case.Needs, capture.Name) {
					delete(credentials, capture.Name)
				}
			}
		}
	}
	return credentials
}

// ServeUntilDone serves HTTP until the context ends, then lets requests finish.
func ServeUntilDone(ctx context.Context, l net.Listener, h http.Handler) error {
	server := &http.Server{Handler: h, ReadHeaderTimeout: 10 * time.Second, ReadTimeout: 30 * time.Second, ErrorLog: slog.NewLogLogger(slog.DiscardHandler, slog.LevelError)}
	failed := make(chan error, 1)
	go func() { failed <- server.Serve(l) }()
	select {
	case err := <-failed:
		return err
	case <-ctx.Done():
	}
	grace, cancel := context.WithTimeout(context.WithoutCancel(ctx), 5*time.Second)
	defer cancel()
	if err := server.Shutdown(grace); err != nil && !errors.Is(err, context.DeadlineExceeded) {
		return err
	}
	return nil // a client that is still slow is left
}

// UsageError is a mistake of whoever called: a flag's value, not a file's.
type UsageError struct{ Err error }

// Error implements [error].
func (e UsageError) Error() string { return e.Err.Error() }

// Unwrap gives the mistake itself.
func (e UsageError) Unwrap() error { return e.Err }
