package otlp

import (
	"bytes"
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"maps"
	"net"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode"

	collector "go.opentelemetry.io/proto/slim/otlp/collector/trace/v1"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/credentials"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/grpc/metadata"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/proto"

	"github.com/loginwatch/loginwatch"
	"github.com/loginwatch/loginwatch/internal/certs"
)

// refusedError is that a request was not taken.
type refusedError struct {
	error
	said  string        // by the collector
	again bool          // it may be taken later
	after time.Duration // not before; 0 when nobody says
}

func (e *refusedError) Unwrap() error { return e.error }

// headers gives what goes along with each request.
func (s *Settings) headers() (map[string]string, error) {
	all, from := make(map[string]string, len(s.Headers)), s.Secrets
	if r, asksOnce := from.(loginwatch.SecretReader); asksOnce {
		from = r.Read()
	}
	for _, name := range s.Headers {
		value, found, err := from.Secret(name)
		switch {
		case err != nil:
			return nil, fmt.Errorf("the header %s: %w", name, err)
		case !found:
			return nil, fmt.Errorf("the header %s is missing: %s", name, s.Secrets.Origin(name))
		case strings.ContainsFunc(value, func(r rune) bool { return r < ' ' || r > '~' }):
			return nil, fmt.Errorf("the header %s (%s) has characters that no header can carry", name, s.Secrets.Origin(name))
		}
		all[name] = value
	}
	return all, nil
}

// mostShown bounds what is shown of an error, in bytes.
const mostShown = 300

// legible makes an error fit for the log: a collector's words may be anybody's, and may
// repeat what was sent to it.
func legible(err error, headers map[string]string) error {
	redactor := loginwatch.NewRedactor(slices.Collect(maps.Values(headers)))
	fit := func(text string) string {
		if redactor.Holds(text) || redactor.HoldsPiece(text) {
			return "(withheld: it holds a secret)"
		}
		text = strings.Map(func(r rune) rune {
			if !unicode.IsPrint(r) {
				return ' '
			}
			return r
		}, text)
		return strings.ToValidUTF8(text[:min(len(text), mostShown)], "")
	}
	shown := &refusedError{}
	text := fit(err.Error())
	var refused *refusedError
	if errors.As(err, &refused) {
		shown.again, shown.after = refused.again, refused.after
		if refused.said != "" {
			text += ": " + fit(refused.said)
		}
	}
	shown.error = errors.New(text)
	return shown
}

func newSender(s *Settings, version string) (sender, error) {
	var conf *tls.Config
	if s.Endpoint.Scheme == "https" {
		var err error
		if conf, err = certs.TLS(s.CAFile, s.CertFile, s.KeyFile); err != nil {
			return nil, err
		}
	}
	agent := "loginwatch/" + version
	if s.GRPC {
		return newOverGRPC(s, conf, agent)
	}
	// The environment's proxy variables are not read here either, and no redirect is
	// followed: the headers are for this collector alone.
	return &overHTTP{url: s.Endpoint.String(), agent: agent, client: &http.Client{
		Transport:     &http.Transport{TLSClientConfig: conf, IdleConnTimeout: time.Minute, MaxResponseHeaderBytes: mostAnswered},
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}}, nil
}

// mostAnswered bounds what is read of an answer, in bytes.
const mostAnswered = 64 << 10

// overHTTP is OTLP/HTTP with protocol buffers.
type overHTTP struct {
	url, agent string
	client     *http.Client
}

const protobuf = "application/x-protobuf"

func (h *overHTTP) send(ctx context.Context, req *collector.ExportTraceServiceRequest, headers map[string]string) (*collector.ExportTracePartialSuccess, error) {
	body, err := proto.Marshal(req)
	if err != nil {
		return nil, errors.New("the spans can't be encoded")
	}
	post, err := http.NewRequestWithContext(ctx, http.MethodPost, h.url, bytes.NewReader(body))
	if err != nil {
		return nil, errors.New("the request can't be built")
	}
	for name, value := range headers {
		post.Header.Set(name, value)
	}
	post.Header.Set("Content-Type", protobuf)
	post.Header.Set("User-Agent", h.agent)
	res, err := h.client.Do(post)
	if err != nil {
		return nil, &refusedError{error: err, again: true}
	}
	answer, err := io.ReadAll(io.LimitReader(res.Body, mostAnswered))
	if closed := res.Body.Close(); err == nil {
		err = closed
	}
	switch {
	case res.StatusCode/100 != 2:
		// OTLP 1.x, "Failures": these may be tried again.
		again := slices.Contains([]int{http.StatusTooManyRequests, http.StatusBadGateway, http.StatusServiceUnavailable, http.StatusGatewayTimeout}, res.StatusCode)
		seconds, _ := strconv.Atoi(res.Header.Get("Retry-After"))
		return nil, &refusedError{
			error: fmt.Errorf("the collector answers HTTP %d", res.StatusCode), again: again,
			after: time.Duration(min(max(seconds, 0), int(tryFor/time.Second))) * time.Second,
		}
	case err != nil:
		return nil, &refusedError{error: err, again: true}
	case res.Header.Get("Content-Type") != protobuf:
		return nil, nil // it took all, in whatever words
	}
	var taken collector.ExportTraceServiceResponse
	if err := proto.Unmarshal(answer, &taken); err != nil {
		return nil, nil //nolint:nilerr // its status says that it took them
	}
	return taken.GetPartialSuccess(), nil
}

func (h *overHTTP) close() { h.client.CloseIdleConnections() }

// overGRPC is OTLP/gRPC.
type overGRPC struct{ conn *grpc.ClientConn }

func newOverGRPC(s *Settings, conf *tls.Config, agent string) (sender, error) {
	port, secure := "80", insecure.NewCredentials()
	if conf != nil {
		port, secure = "443", credentials.NewTLS(conf)
	}
	if p := s.Endpoint.Port(); p != "" {
		port = p
	}
	// No resolver of its own, which would ask for a service's configuration, and no proxy
	// of the environment.
	conn, err := grpc.NewClient("passthrough:///"+net.JoinHostPort(s.Endpoint.Hostname(), port),
		grpc.WithTransportCredentials(secure), grpc.WithUserAgent(agent), grpc.WithNoProxy(), grpc.WithDisableServiceConfig(), grpc.WithDisableRetry(),
		grpc.WithMaxHeaderListSize(mostAnswered), // its words of an error stand in one
		grpc.WithDefaultCallOptions(grpc.MaxCallRecvMsgSize(mostAnswered)))
	if err != nil {
		return nil, errors.New("no connection can be made for the endpoint")
	}
	return &overGRPC{conn}, nil
}

const export = "/opentelemetry.proto.collector.trace.v1.TraceService/Export"

// passing are the codes of what may be tried again (OTLP 1.x, "Failures").
var passing = []codes.Code{codes.Canceled, codes.DeadlineExceeded, codes.Aborted, codes.OutOfRange, codes.Unavailable, codes.DataLoss, codes.ResourceExhausted}

func (g *overGRPC) send(ctx context.Context, req *collector.ExportTraceServiceRequest, headers map[string]string) (*collector.ExportTracePartialSuccess, error) {
	var taken collector.ExportTraceServiceResponse
	if err := g.conn.Invoke(metadata.NewOutgoingContext(ctx, metadata.New(headers)), export, req, &taken); err != nil {
		said := status.Convert(err)
		return nil, &refusedError{error: fmt.Errorf("gRPC %s", said.Code()), said: said.Message(), again: slices.Contains(passing, said.Code())}
	}
	return taken.GetPartialSuccess(), nil
}

func (g *overGRPC) close() { _ = g.conn.Close() } // nothing waits in it
