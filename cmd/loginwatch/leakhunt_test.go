package main

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/loginwatch/loginwatch/internal/faulty/leak"
)

// marked makes secrets that nothing else can look like, by name.
func marked(names ...string) map[string]string {
	const letters = "abcdefghijkmnopqrstuvwxyzABCDEFGHJKLMNPQRSTUVWXYZ23456789"
	random := rand.New(rand.NewPCG(5, 6)) //nolint:gosec // the same each time
	all := map[string]string{}
	for _, name := range names {
		var b strings.Builder
		for range 28 {
			b.WriteByte(letters[random.IntN(len(letters))])
		}
		all[name] = b.String()
	}
	return all
}

// gossips is a vendor that gives back all that it was sent, and a Vault that does.
func gossips(secrets map[string]string) http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /v1/kv/acme", func(w http.ResponseWriter, _ *http.Request) {
		_ = json.NewEncoder(w).Encode(map[string]any{"data": map[string]any{"password": secrets["in Vault"]}})
	})
	mux.HandleFunc("GET /v1/", func(w http.ResponseWriter, req *http.Request) {
		w.WriteHeader(http.StatusInternalServerError)
		_ = json.NewEncoder(w).Encode(map[string]any{"errors": []string{req.Header.Get("X-Vault-Token"), secrets["in Vault"]}})
	})
	mux.HandleFunc("/", func(w http.ResponseWriter, req *http.Request) {
		body, _ := io.ReadAll(req.Body)
		sent := string(body)
		answer := map[string]any{"token": secrets["a token"], "expires_in": "soon", "user": sent, sent: 1, "created": sent}
		for _, s := range secrets {
			if strings.Contains(sent, s) {
				w.Header().Set("X-"+s, s)
				w.Header().Add("Set-Cookie", s+"="+s)
				answer[s[3:14]] = map[string]any{s: sent}
			}
		}
		w.Header().Set("Content-Type", "application/json")
		if strings.Contains(sent, secrets["in a file"]) {
			w.WriteHeader(http.StatusUnauthorized)
		}
		_ = json.NewEncoder(w).Encode(answer)
	})
	return mux
}

// TestCountsLeakHuntOfVerbs has every verb that meets secrets print all that it can, of
// secrets from every place, and of places that fail with secrets in their words.
func TestCountsLeakHuntOfVerbs(t *testing.T) {
	secrets := marked("in a variable", "in a file", "of systemd", "of a command", "of a command that fails", "in Vault", "Vault's token", "a token", "of next")
	o := newOperator(t, "mypack", asWritten)
	server := httptest.NewServer(gossips(secrets))
	defer server.Close()
	t.Setenv("LOGINWATCH_TEST_SECRET", secrets["in a variable"])
	t.Setenv("LOGINWATCH_ACME_PASSWORD", secrets["in a variable"])
	t.Setenv("LOGINWATCH_TEST_TOKEN", secrets["Vault's token"])
	t.Setenv("CREDENTIALS_DIRECTORY", ".")
	o.write("password", []byte(secrets["in a file"]+"\n\n")) // which is odd
	o.write("credential", []byte(secrets["of systemd"]))
	o.write("next", []byte(secrets["of next"]))
	for name, line := range map[string]string{"prints": "echo " + secrets["of a command"], "fails": "echo " + secrets["of a command that fails"] + "; echo " + secrets["of a command that fails"] + " >&2; exit 9"} {
		o.write(name, []byte("#!/bin/sh\n"+line+"\n"))
		if err := os.Chmod(name, 0o700); err != nil { //nolint:gosec // it is run
			t.Fatal(err)
		}
	}
	var targets strings.Builder
	for name, from := range map[string]string{
		"variable": "env:LOGINWATCH_TEST_SECRET", "file": "file:password", "systemd": "systemd:credential", "command": "exec:prints",
		"failing": "exec:fails", "vault": "vault:kv/acme#password", "vault-failing": "vault:kv/other#password", "sops": "sops:password#password",
	} {
		next := ""
		if name == "command" {
			next = ", next_secrets: {password: file:next}"
		}
		fmt.Fprintf(&targets, "  %s: {vendor: acme, base_url: %q, secrets: {user: env:LOGINWATCH_ACME_USER, password: %q}%s}\n", name, server.URL, from, next)
	}
	write := func(format string) {
		o.write("loginwatch.yaml", []byte("packs: [mypack]\nlog: {level: debug, format: "+format+"}\nstore: {url: \"sqlite:loginwatch.db\"}\nsecret_sources:\n  age_key: file:password\n  commands: {prints: {run: [./prints]}, fails: {run: [./fails]}}\n"+
			"  vault: {address: \""+server.URL+"\", token: env:LOGINWATCH_TEST_TOKEN}\ntargets:\n"+targets.String()+"probes:\n  acme/login: {schedule: \"@every 1s\"}\n"))
	}
	printed := map[string]string{}
	verb := func(args ...string) (out string) {
		var stdout, stderr output
		run(t.Context(), args, environment{stdout: &stdout, stderr: &stderr})
		printed[strings.Join(args, " ")] += stdout.String() + stderr.String()
		return stdout.String()
	}
	for _, format := range []string{"text", "json"} {
		write(format)
		printed["serve "+format] = o.served()
	}
	for _, format := range []string{"text", "json", "junit", "sarif", "github"} {
		verb("verify", "acme", "--config", "loginwatch.yaml", "--format", format, "--store", "memory")
		verb("verify", "acme", "--pack", "mypack", "--base-url", server.URL, "--format", format)
	}
	verb("vet", "--config", "loginwatch.yaml")
	verb("credentials", "list", "--config", "loginwatch.yaml")
	verb("show", "acme", "--pack", "mypack")
	ids := regexp.MustCompile(`[a-z2-7]{26}`).FindAllString(verb("history", "list", "--config", "loginwatch.yaml"), -1)
	for _, id := range ids {
		for _, format := range []string{"text", "json", "har"} {
			verb("history", "show", id, "--config", "loginwatch.yaml", "--format", format)
		}
	}
	for _, format := range []string{"text", "json"} {
		for _, what := range []string{"list", "totals", "incidents"} {
			verb("history", what, "--config", "loginwatch.yaml", "--format", format)
		}
		verb("drift", "list", "--all", "--config", "loginwatch.yaml", "--format", format)
		verb("sla", "acme", "--month", o.now.AddDate(0, 0, 30).Format("2006-01"), "--config", "loginwatch.yaml", "--format", format)
	}
	for _, form := range []string{"markdown", "html"} {
		verb("export", form, "acme", "--config", "loginwatch.yaml")
	}
	verb("store", "check", "--config", "loginwatch.yaml")
	verb("store", "export", "--config", "loginwatch.yaml", "--to", "export.jsonl")
	verb("store", "backup", "--config", "loginwatch.yaml", "--to", "backup.db", "--with-key")
	for _, pattern := range []string{"loginwatch.db*", "export*", "backup*"} {
		maps.Copy(printed, o.contents(pattern))
	}
	hay := leak.New(secrets)
	for _, name := range slices.Sorted(maps.Keys(printed)) {
		if printed[name] == "" && !strings.HasPrefix(name, "store export") { // which writes a file
			t.Errorf("%s printed nothing", name)
		}
		for i, n := range hay.Find([]byte(printed[name])) {
			if i < 5 {
				at := max(0, strings.Index(printed[name], n.Text)-100)
				t.Errorf("%s gives away the secret %s as %s: %q in %.250q", name, n.Secret, n.Form, n.Text, printed[name][at:])
			}
		}
	}
	if len(ids) == 0 {
		t.Error("no run is kept")
	}
	for _, words := range []string{"exec:fails: the command ended with exit status 9", "answers with status 500", "neither YAML nor JSON that sops has encrypted", "(withheld)"} {
		if !strings.Contains(printed["serve text"], words) {
			t.Errorf("serve does not say %q", words)
		}
	}
	t.Logf("leak hunt of the verbs: %v, looked for in %d outputs of %.1f MB", hay, len(printed), float64(hay.Searched)/1e6)
}

// served runs serve until each target has been logged in to, and gives all that it tells.
func (o *operator) served() string {
	o.Helper()
	ctx, cancel := context.WithCancel(o.Context())
	defer cancel()
	s := &service{t: o.T, end: cancel, exited: make(chan int, 1)}
	go func() {
		s.exited <- run(ctx, []string{"serve", "--config", "loginwatch.yaml", "--listen", "127.0.0.1:0", "--pprof"}, environment{stdout: io.Discard, stderr: &s.log})
	}()
	s.base = s.eventually(`address"?[=:]"?(http://[^\s"]+)`)
	for _, name := range []string{"variable", "file", "systemd", "command", "failing", "vault", "vault-failing", "sops"} {
		s.eventually(`run finished.*target"?[=:]"?` + name + `\W.*run`)
	}
	var all strings.Builder
	for _, path := range []string{"/", "/metrics", "/api/v1/probes", "/debug/pprof/cmdline", "/debug/pprof/goroutine?debug=2", "/debug/pprof/heap", "/-/ready"} {
		_, body := s.request(http.MethodGet, path)
		all.WriteString(body)
	}
	_, body := s.request(http.MethodPost, "/-/reload")
	cancel()
	<-s.exited
	return all.String() + body + s.log.String()
}
