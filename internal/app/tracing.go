package app

import (
	"fmt"
	"io"
	"log/slog"
	"net/url"

	"github.com/loginwatch/loginwatch/internal/config"
	"github.com/loginwatch/loginwatch/internal/metrics"
	"github.com/loginwatch/loginwatch/internal/otlp"
)

// Tracer sends the traces of runs to where a configuration says.
type Tracer struct {
	*otlp.Recorder
	last   *config.Tracing // what it was configured by
	person io.Writer       // is told at the end what was not sent; nil for the log, as it happens
}

// NewTracer makes a tracer that sends nothing yet. The name is that of this process among
// others.
func NewTracer(version, instance string, logger *slog.Logger) *Tracer {
	return &Tracer{Recorder: otlp.New(otlp.Options{Version: version, Instance: instance, Logger: logger})}
}

// TracerOf makes the tracer of a verification, which tells w at the end that not all was taken; nil where
// the configuration, which may be nil, asks for none.
func TracerOf(conf *config.Config, version string, w io.Writer) *Tracer {
	if conf == nil || conf.Tracing == nil {
		return nil
	}
	t := NewTracer(version, conf.Instance, slog.New(slog.DiscardHandler))
	t.person = w
	t.Follow(conf)
	return t
}

// Close sends what is under way, and waits for that no longer than [otlp.Patience].
func (t *Tracer) Close() {
	if t == nil {
		return
	}
	t.Recorder.Close()
	if err := t.Failure(); err != nil && t.person != nil {
		_, _ = fmt.Fprintf(t.person, "loginwatch: warning: not all traces of these runs were taken: %v\n", err) // a reader that went away
	}
}

// Follow has traces go where the configuration says, which may be nil. One that says the
// same as the last changes nothing. It must not be called concurrently.
func (t *Tracer) Follow(conf *config.Config) {
	var wanted *config.Tracing
	if conf != nil {
		wanted = conf.Tracing
	}
	if wanted.Same(t.last) {
		return
	}
	t.last = wanted
	if wanted == nil {
		t.Configure(nil)
		return
	}
	t.Configure(&otlp.Settings{
		Endpoint: endpointOf(wanted), GRPC: wanted.Protocol == config.OverGRPC, Headers: wanted.Headers, Secrets: wanted.Secrets,
		CAFile: wanted.CAFile, CertFile: wanted.CertFile, KeyFile: wanted.KeyFile, Ratio: wanted.Ratio,
	})
}

// endpointOf is where requests go: over HTTP traces have a path of their own below the
// endpoint's (OTLP 1.x, "OTLP/HTTP Request").
func endpointOf(t *config.Tracing) *url.URL {
	if t.Protocol == config.OverGRPC {
		return t.Endpoint
	}
	return t.Endpoint.JoinPath("v1", "traces")
}

// measured is what the metrics tell of the traces.
func (t *Tracer) measured() *metrics.Traces {
	if t == nil {
		return nil
	}
	m := &metrics.Traces{Sent: t.Sent, Dropped: map[string]func() uint64{}, Keeps: t.Keeps}
	for _, reason := range otlp.Reasons {
		m.Dropped[reason] = func() uint64 { return t.Dropped(reason) }
	}
	return m
}
