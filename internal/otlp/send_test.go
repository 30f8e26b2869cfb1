package otlp

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"strings"
	"testing"
	"time"

	collector "go.opentelemetry.io/proto/slim/otlp/collector/trace/v1"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/credentials"
	"google.golang.org/grpc/metadata"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/proto"

	"github.com/loginwatch/loginwatch"
	"github.com/loginwatch/loginwatch/internal/faulty"
)

const authorization = "Bearer 5ecret-t0ken"

// serveGRPC is a collector that speaks gRPC; a nil certificate has it speak without TLS.
func serveGRPC(t *testing.T, conf *tls.Config, answer func(context.Context) (*collector.ExportTraceServiceResponse, error)) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	var o []grpc.ServerOption
	if conf != nil {
		o = append(o, grpc.Creds(credentials.NewTLS(conf)))
	}
	s := grpc.NewServer(o...)
	s.RegisterService(&grpc.ServiceDesc{
		ServiceName: "opentelemetry.proto.collector.trace.v1.TraceService", HandlerType: (*any)(nil),
		Methods: []grpc.MethodDesc{{MethodName: "Export", Handler: func(_ any, ctx context.Context, decode func(any) error, _ grpc.UnaryServerInterceptor) (any, error) {
			if err := decode(&collector.ExportTraceServiceRequest{}); err != nil {
				return nil, err
			}
			return answer(ctx)
		}}},
	}, nil)
	go func() { _ = s.Serve(l) }()
	t.Cleanup(s.Stop)
	return l.Addr().String()
}

// serveHTTP is one that speaks HTTP.
func serveHTTP(t *testing.T, conf *tls.Config, answer http.HandlerFunc) string {
	t.Helper()
	s := httptest.NewUnstartedServer(answer)
	s.Config.ErrorLog = slog.NewLogLogger(slog.DiscardHandler, slog.LevelError)
	if s.TLS = conf; conf != nil {
		s.StartTLS()
	} else {
		s.Start()
	}
	t.Cleanup(s.Close)
	return s.Listener.Addr().String()
}

func sendOnce(t *testing.T, s *Settings) (*collector.ExportTracePartialSuccess, error) {
	t.Helper()
	to, err := newSender(s, "1")
	if err != nil {
		t.Fatal(err)
	}
	defer to.close()
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
	defer cancel()
	return to.send(ctx, New(Options{}).request([]*loginwatch.Run{refusedRun()}), map[string]string{"authorization": authorization})
}

// Each protocol sends its headers over TLS to whom it trusts, with our certificate, and
// understands that some spans are rejected.
func TestSendsOverTLS(t *testing.T) {
	root := faulty.NewAuthority(t)
	server, client := root.Leaf(t), root.Leaf(t, func(c *x509.Certificate) { c.ExtKeyUsage = []x509.ExtKeyUsage{x509.ExtKeyUsageClientAuth} })
	pool := x509.NewCertPool()
	pool.AddCert(root.Cert)
	conf := &tls.Config{Certificates: []tls.Certificate{server.Certificate}, ClientAuth: tls.RequireAndVerifyClientCert, ClientCAs: pool, MinVersion: tls.VersionTLS12}
	partial := &collector.ExportTraceServiceResponse{PartialSuccess: &collector.ExportTracePartialSuccess{RejectedSpans: 2}}
	came := make(chan string, 2)
	overGRPC := serveGRPC(t, conf.Clone(), func(ctx context.Context) (*collector.ExportTraceServiceResponse, error) {
		md, _ := metadata.FromIncomingContext(ctx)
		came <- strings.Join(md.Get("authorization"), ",")
		return partial, nil
	})
	overHTTP := serveHTTP(t, conf.Clone(), func(w http.ResponseWriter, r *http.Request) {
		came <- r.Header.Get("Authorization")
		body, _ := proto.Marshal(partial)
		w.Header().Set("Content-Type", protobuf)
		_, _ = w.Write(body)
	})
	for name, at := range map[string]string{"grpc": overGRPC, "http": overHTTP} {
		s := Settings{GRPC: name == "grpc", Endpoint: &url.URL{Scheme: "https", Host: at}, CAFile: root.CAFile, CertFile: client.File, KeyFile: client.KeyFile}
		taken, err := sendOnce(t, &s)
		if err != nil || taken.GetRejectedSpans() != 2 {
			t.Errorf("%s: %v, %v", name, taken, err)
			continue
		}
		if got := <-came; got != authorization {
			t.Errorf("%s: authorization %q", name, got)
		}
		for what, worse := range map[string]func(*Settings){
			"an unknown authority": func(s *Settings) { s.CAFile = faulty.NewAuthority(t).CAFile },
			"no certificate":       func(s *Settings) { s.CertFile, s.KeyFile = "", "" },
			"no TLS":               func(s *Settings) { s.Endpoint = &url.URL{Scheme: "http", Host: at} },
		} {
			other := s
			worse(&other)
			if taken, err := sendOnce(t, &other); err == nil {
				t.Errorf("%s with %s: %v", name, what, taken)
			}
		}
	}
	for what, file := range map[string]string{"missing": "nowhere.pem", "no PEM": os.DevNull} {
		if _, err := newSender(&Settings{Endpoint: &url.URL{Scheme: "https", Host: "collector"}, CAFile: file}, ""); err == nil {
			t.Errorf("an authority that is %s is taken", what)
		}
	}
}

// What may be taken later is told apart from what never is, in either protocol.
func TestAnswersOfCollectors(t *testing.T) {
	type want struct{ taken, again bool }
	for name, tt := range map[string]struct {
		http   int
		header http.Header
		grpc   codes.Code
		want
	}{
		"takes":            {http: 200, grpc: codes.OK, want: want{true, false}},
		"is busy":          {http: 429, grpc: codes.ResourceExhausted, want: want{false, true}},
		"is away":          {http: 503, grpc: codes.Unavailable, want: want{false, true}},
		"is slow":          {http: 504, grpc: codes.DeadlineExceeded, want: want{false, true}},
		"wants a login":    {http: 401, grpc: codes.Unauthenticated, want: want{false, false}},
		"does not know it": {http: 404, grpc: codes.Unimplemented, want: want{false, false}},
		"is broken":        {http: 500, grpc: codes.Internal, want: want{false, false}},
		"redirects":        {http: 307, header: http.Header{"Location": {"/elsewhere"}}, grpc: codes.NotFound, want: want{false, false}},
	} {
		asked := 0
		overHTTP := serveHTTP(t, nil, func(w http.ResponseWriter, _ *http.Request) {
			asked++
			for name, values := range tt.header {
				w.Header()[name] = values
			}
			w.WriteHeader(tt.http)
		})
		overGRPC := serveGRPC(t, nil, func(context.Context) (*collector.ExportTraceServiceResponse, error) {
			return &collector.ExportTraceServiceResponse{}, status.Error(tt.grpc, "in its own words")
		})
		for protocol, at := range map[string]string{"grpc": overGRPC, "http": overHTTP} {
			_, err := sendOnce(t, &Settings{GRPC: protocol == "grpc", Endpoint: &url.URL{Scheme: "http", Host: at}})
			var refused *refusedError
			got := want{taken: err == nil, again: errors.As(err, &refused) && refused.again}
			if got != tt.want {
				t.Errorf("%s %s: %+v, want %+v (%v)", protocol, name, got, tt.want, err)
			}
		}
		if asked != 1 {
			t.Errorf("%s: asked %d times", name, asked)
		}
	}
}

// The words of a collector are not taken in at any length.
func TestWordsOfCollectors(t *testing.T) {
	at := serveGRPC(t, nil, func(context.Context) (*collector.ExportTraceServiceResponse, error) {
		return nil, status.Error(codes.Internal, strings.Repeat("x", 2*mostAnswered))
	})
	_, err := sendOnce(t, &Settings{GRPC: true, Endpoint: &url.URL{Scheme: "http", Host: at}})
	var refused *refusedError
	if !errors.As(err, &refused) || len(refused.said) > mostAnswered {
		t.Errorf("%.200v", err)
	}
}

// How long a collector wants to be left alone is kept, within bounds.
func TestRetryAfter(t *testing.T) {
	for text, want := range map[string]time.Duration{"7": 7 * time.Second, "": 0, "-1": 0, "99999999": tryFor, "Fri, 27 Nov 2026 03:00:00 GMT": 0} {
		at := serveHTTP(t, nil, func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Retry-After", text)
			w.WriteHeader(http.StatusTooManyRequests)
		})
		_, err := sendOnce(t, &Settings{Endpoint: &url.URL{Scheme: "http", Host: at}})
		var refused *refusedError
		if !errors.As(err, &refused) || refused.after != want {
			t.Errorf("%q: %v", text, err)
		}
	}
}

// The environment has no say: neither in where traces go nor in how.
func TestNothingOfTheEnvironment(t *testing.T) {
	for _, name := range []string{"HTTP_PROXY", "HTTPS_PROXY", "http_proxy", "https_proxy", "ALL_PROXY", "OTEL_EXPORTER_OTLP_ENDPOINT", "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT"} {
		t.Setenv(name, "http://127.0.0.1:1")
	}
	t.Setenv("OTEL_EXPORTER_OTLP_HEADERS", "authorization=another")
	taken := serveGRPC(t, nil, func(ctx context.Context) (*collector.ExportTraceServiceResponse, error) {
		if md, _ := metadata.FromIncomingContext(ctx); strings.Join(md.Get("authorization"), ",") != authorization {
			return nil, status.Error(codes.Unauthenticated, "")
		}
		return &collector.ExportTraceServiceResponse{}, nil
	})
	if _, err := sendOnce(t, &Settings{GRPC: true, Endpoint: &url.URL{Scheme: "http", Host: taken}}); err != nil {
		t.Error(err)
	}
}
