package main

import (
	"bytes"
	"context"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/loginwatch/loginwatch"
	"github.com/loginwatch/loginwatch/internal/pack"
	"github.com/loginwatch/loginwatch/internal/sim"
)

// A developer whose request is refused learns why, and the log repeats nothing
// that was sent.
func TestSimulateVerbose(t *testing.T) {
	catalog, problems := pack.Load(pack.Options{}, pack.Source{FS: loginwatch.Embedded})
	if len(problems) > 0 {
		t.Fatal(problems)
	}
	path := "/" + catalog.Contracts[0].Vendor + "/marker"
	for _, verbose := range []bool{false, true} {
		var log bytes.Buffer
		s, err := sim.New(catalog.Contracts, sim.Options{Logger: simulateCmd{Verbose: verbose}.logger(&log)})
		if err != nil {
			t.Fatal(err)
		}
		s.ServeHTTP(httptest.NewRecorder(), httptest.NewRequestWithContext(t.Context(), http.MethodPost, path, nil))
		if strings.Contains(log.String(), "condition=wrong-path") != verbose || strings.Contains(log.String(), "marker") {
			t.Errorf("verbose %v: %q", verbose, log.String())
		}
	}
}

// Who can't listen is told how to listen elsewhere, and who listens for others
// that they are let in.
func TestWhereToListen(t *testing.T) {
	taken, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = taken.Close() }()
	for _, tt := range []struct {
		listen string
		code   int
		want   string
	}{
		{taken.Addr().String(), exitOurs, "address already in use; choose another with --listen\n"},
		{"127.0.0.1:0", exitOK, ""},
		{":0", exitOK, "loginwatch: warning: with --listen :0 the simulators can be reached from other machines\n"},
	} {
		verbs := [][]string{{"simulate"}}
		if tt.code != exitOK {
			verbs = append(verbs, []string{"serve", "--simulate"})
		}
		for _, verb := range verbs {
			var complaints bytes.Buffer
			ctx, end := context.WithCancel(t.Context())
			listening := &whenSaid{"loginwatch verify", end}
			code := run(ctx, append(verb, "--listen", tt.listen), environment{stdout: listening, stderr: &complaints})
			end()
			if code != tt.code || !strings.HasSuffix(complaints.String(), tt.want) || tt.want == "" && complaints.Len() > 0 {
				t.Errorf("%s --listen %s: code %d, %q", verb[0], tt.listen, code, &complaints)
			}
		}
	}
}

// whenSaid ends something as soon as some words are written.
type whenSaid struct {
	words string
	end   func()
}

func (w *whenSaid) Write(p []byte) (int, error) {
	if strings.Contains(string(p), w.words) {
		w.end()
	}
	return len(p), nil
}
