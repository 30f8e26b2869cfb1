package config

import (
	"errors"
	"maps"
	"net/url"
	"reflect"
	"regexp"
	"slices"
	"strings"

	"github.com/loginwatch/loginwatch"
	"github.com/loginwatch/loginwatch/internal/secret"
	"github.com/loginwatch/loginwatch/internal/strictyaml"
)

// The protocols that a collector of OpenTelemetry is spoken to with.
const (
	OverHTTP = "http" // protocol buffers in a POST
	OverGRPC = "grpc"
)

// Tracing is where and how the traces of runs are sent.
type Tracing struct {
	Endpoint *url.URL // of http or https; without a path for gRPC
	Protocol string   // [OverHTTP] or [OverGRPC]
	Headers  []string // names, each of a secret in Secrets
	Secrets  loginwatch.SecretSource
	CAFile   string // PEM; added to the system's authorities
	CertFile string // PEM
	KeyFile  string // PEM
	// Ratio is the share that is sent of runs that are well; every other one is.
	Ratio float64
}

// Same tells whether another reading of the file says the same; nil is no tracing. What a
// header needs of a command or a vault stands elsewhere in the file, and may be another one.
func (t *Tracing) Same(other *Tracing) bool {
	if t == nil || other == nil {
		return t == other
	}
	a, b := *t, *other
	ours, theirs := a.references(), b.references()
	a.Secrets, b.Secrets = nil, nil
	return reflect.DeepEqual(a, b) && maps.Equal(ours, theirs) && !slices.ContainsFunc(a.Headers, func(name string) bool { return ours[name].Costs() })
}

func (t *Tracing) references() map[string]secret.Reference { return t.Secrets.(*references).of }

type tracingFile struct {
	Endpoint    strictyaml.Text                  `yaml:"endpoint,required"`
	Protocol    strictyaml.Text                  `yaml:"protocol"`
	Headers     strictyaml.Map[strictyaml.Value] `yaml:"headers"`
	CAFile      strictyaml.Text                  `yaml:"ca_file"`
	Certificate *certificateFile                 `yaml:"client_certificate"`
	SampleRatio decimal                          `yaml:"sample_ratio"`
}

// headerName is what a header of a request may be called; in HTTP/2, and so in gRPC, case
// counts for nothing and is lower (RFC 9113, 8.2.1).
var headerName = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9_-]{0,62}$`)

// tracing reads where traces go; none when the file does not say.
func (r reader) tracing(f *tracingFile) *Tracing {
	if f == nil {
		return nil
	}
	secrets := r.references("tracing")
	t := &Tracing{Protocol: OverHTTP, Secrets: secrets, CAFile: r.path(f.CAFile), Ratio: 1}
	if given(f.Protocol.Span) {
		if t.Protocol = f.Protocol.Value; t.Protocol != OverHTTP && t.Protocol != OverGRPC {
			r.problem(f.Protocol.Span, `"protocol" must be http or grpc`)
		}
	}
	r.collector(t, f)
	for _, h := range f.Headers {
		name := strings.ToLower(h.Key)
		switch {
		case !headerName.MatchString(h.Key) || strings.HasPrefix(name, "grpc-") || name == "content-type" || name == "host":
			r.problem(h.Span, "a header's name must be 1 to 63 letters, digits, hyphens and underscores, and none that the protocol sets itself")
			continue
		case secrets.of[name] != secret.Reference{}:
			r.problem(h.Span, "the header %q stands here twice", name)
			continue
		}
		if ref, ok := r.reference(h.Span, "a header of tracing", h.Value.Any); ok {
			t.Headers, secrets.of[name] = append(t.Headers, name), ref
		}
	}
	if f.Certificate != nil {
		t.CertFile, t.KeyFile = r.path(f.Certificate.CertFile), r.path(f.Certificate.KeyFile)
	}
	if v := f.SampleRatio; given(v.Span) {
		if v.Value < 0 || v.Value > 1 {
			r.problem(v.Span, `"sample_ratio" must be a number from 0 to 1`)
		}
		t.Ratio = v.Value
	}
	return t
}

// collector reads the address. What goes there is no secret, but its headers are.
func (r reader) collector(t *Tracing, f *tracingFile) {
	if !given(f.Endpoint.Span) {
		return
	}
	var err error
	t.Endpoint, err = BaseURL(f.Endpoint.Value, len(f.Headers) == 0)
	switch {
	case errors.Is(err, errURLClear):
		r.problem(f.Endpoint.Span, `"endpoint" is plain http, and the headers, which are secrets, would be read on the way: use https`)
	case errors.Is(err, errURL):
		r.problem(f.Endpoint.Span, `"endpoint" must be an http or https URL with a host, such as https://collector.example.com:4318`)
	case err != nil:
		r.problem(f.Endpoint.Span, `"endpoint" %v`, err)
	case t.Protocol == OverGRPC && t.Endpoint.Path != "":
		r.problem(f.Endpoint.Span, `"endpoint" must have no path: the protocol grpc has its own`)
	}
}

// traceparents finds the targets that are told of a trace which nobody keeps.
func (r reader) traceparents(c *Config) {
	for _, t := range c.targets {
		if at := t.file.Traceparent; t.Traceparent && c.Tracing == nil {
			r.problem(at.Span, `"traceparent" tells the vendor that the trace is kept: say under "tracing" where`)
		}
	}
}

// checkTracing looks whether the certificates for the collector are there and usable.
func (a *assigner) checkTracing() {
	if t := a.config.Tracing; t != nil {
		a.checkFiles(a.config.tracing.CAFile.Span, a.config.tracing.Certificate, t.CAFile, t.CertFile, t.KeyFile)
	}
}

// oddHeaders are the headers whose values look as if something had come along by mistake.
func (c *Config) oddHeaders() (odd loginwatch.Problems) {
	if c.tracing == nil {
		return nil
	}
	for _, h := range c.tracing.Headers {
		name := strings.ToLower(h.Key)
		r, ok := c.Tracing.references()[name]
		if !ok || r.Costs() {
			continue
		}
		if what := c.Tracing.Secrets.(*references).Oddity(name); what != "" {
			odd = append(odd, loginwatch.Problem{Pos: h.Pos, Width: h.Width, Message: oddSecret(name, r.String(), what)})
		}
	}
	return odd
}
