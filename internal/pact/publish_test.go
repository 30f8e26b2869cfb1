//go:build pact

package pact_test

import (
	"encoding/base64"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
)

// broker is a Pact Broker as far as publishing goes.
type broker struct {
	*httptest.Server
	mu       sync.Mutex
	refuse   bool
	requests []brokerRequest
}

type brokerRequest struct{ method, path, authorization, body string }

func newBroker(t *testing.T) *broker {
	b := &broker{}
	b.Server = httptest.NewUnstartedServer(b)
	b.Start()
	t.Cleanup(b.Close)
	return b
}

func (b *broker) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, _ := io.ReadAll(r.Body)
	b.mu.Lock()
	defer b.mu.Unlock()
	b.requests = append(b.requests, brokerRequest{r.Method, r.URL.Path, r.Header.Get("Authorization"), string(body)})
	w.Header().Set("Content-Type", "application/hal+json")
	switch {
	case b.refuse:
		w.WriteHeader(http.StatusUnauthorized)
	case r.URL.Path == "/":
		_, _ = fmt.Fprintf(w, `{"_links":{"self":{"href":%q},"pb:publish-contracts":{"href":%q}}}`, b.URL, b.URL+"/contracts/publish")
	default:
		_, _ = io.WriteString(w, `{"_embedded":{"pacticipant":{"name":"loginwatch"},"version":{"number":"1"}},"_links":{},"notices":[]}`)
	}
}

// checkout is a repository in a folder with a space in its name, with the
// script, the pacts and a command line that writes down its arguments.
func checkout(t *testing.T) (dir, version string) {
	t.Helper()
	dir = filepath.Join(t.TempDir(), "a checkout")
	root, err := filepath.Abs(filepath.Join("..", ".."))
	if err != nil {
		t.Fatal(err)
	}
	program := filepath.Join(root, "bin", "pact", "pact")
	write(t, dir, "bin/pact/pact", "#!/usr/bin/env bash\nprintf '%s\\n' \"$@\" >'"+dir+"/arguments'\nexec '"+program+"' \"$@\"\n")
	for _, c := range catalog(t).Contracts {
		data, err := os.ReadFile(committed(c))
		if err != nil {
			t.Fatal(err)
		}
		write(t, dir, "contracts/"+c.Vendor+"/pact.json", string(data))
	}
	script, err := os.ReadFile(filepath.Join(root, ".ci", "pact-publish"))
	if err != nil {
		t.Fatal(err)
	}
	write(t, dir, ".ci/pact-publish", string(script))
	git := func(args ...string) string {
		cmd := exec.CommandContext(t.Context(), "git", append([]string{"-C", dir, "-c", "user.name=test", "-c", "user.email=test@example.invalid"}, args...)...)
		out, err := cmd.CombinedOutput()
		if err != nil {
			t.Fatalf("git %s: %v: %s", args[0], err, out)
		}
		return strings.TrimSpace(string(out))
	}
	git("init", "-q", "-b", "a-branch")
	git("remote", "add", "origin", "https://user:"+marked+"@git.example.invalid/team/project.git")
	git("add", "contracts", ".ci")
	git("commit", "-q", "-m", "state")
	return dir, git("rev-parse", "HEAD")
}

func write(t *testing.T, dir, name, text string) {
	t.Helper()
	file := filepath.Join(dir, filepath.FromSlash(name))
	if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(file, []byte(text), 0o755); err != nil {
		t.Fatal(err)
	}
}

func publish(t *testing.T, dir string, env []string, args ...string) (out string, ok bool) {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), filepath.Join(dir, ".ci", "pact-publish"), args...)
	cmd.Env = append(append(os.Environ(), "PACT_BROKER_HTTP_RETRIES=0", "PACT_BROKER_TOKEN="+marked), env...)
	data, err := cmd.CombinedOutput()
	if strings.Contains(string(data), marked) {
		t.Error("the output holds the token")
	}
	return string(data), err == nil
}

// Publishing sends every pact once, with the commit, the branch and the build,
// and the token in a header alone.
func TestPublish(t *testing.T) {
	t.Parallel()
	dir, version := checkout(t)
	b, elsewhere := newBroker(t), newBroker(t)
	out, ok := publish(t, dir, []string{"HTTPS_PROXY=" + elsewhere.URL}, b.URL)
	if !ok {
		t.Fatal(out)
	}
	if len(elsewhere.requests) > 0 {
		t.Errorf("somebody else was told: %q", elsewhere.requests)
	}
	arguments, err := os.ReadFile(filepath.Join(dir, "arguments"))
	if err != nil || strings.Contains(string(arguments), marked) {
		t.Errorf("the arguments are not known, or hold the token: %v", err)
	}
	published := map[string]bool{}
	for _, r := range b.requests {
		if r.authorization != "Bearer "+marked {
			t.Errorf("%s %s: the token does not stand in the header", r.method, r.path)
		}
		if r.method != http.MethodPost {
			continue
		}
		var sent struct {
			Number    string `json:"pacticipantVersionNumber"`
			Branch    string `json:"branch"`
			BuildURL  string `json:"buildUrl"`
			Contracts []struct{ ProviderName, Content string }
		}
		if err := json.Unmarshal([]byte(r.body), &sent); err != nil {
			t.Fatal(err)
		}
		if sent.Number != version || sent.Branch != "a-branch" || sent.BuildURL != "https://git.example.invalid/team/project/commit/"+version {
			t.Errorf("published as %q, %q, %q", sent.Number, sent.Branch, sent.BuildURL)
		}
		for _, c := range sent.Contracts {
			published[c.ProviderName] = true
			if content, err := base64.StdEncoding.DecodeString(c.Content); err != nil || !json.Valid(content) {
				t.Errorf("%s: the content is no pact: %v", c.ProviderName, err)
			}
		}
	}
	for _, c := range catalog(t).Contracts {
		if !published[c.Vendor] {
			t.Errorf("the pact of %s was not published", c.Vendor)
		}
	}
}

// What can't be published rightly is not published.
func TestPublishRefuses(t *testing.T) {
	t.Parallel()
	dir, _ := checkout(t)
	b := newBroker(t)
	at := strings.TrimPrefix(b.URL, "http://")
	for _, test := range []struct{ name, broker, says string }{
		{"no broker", "", "say where"},
		{"a token in the address", "http://user:" + marked + "@" + at, "must hold no user name or token"},
		{"plain HTTP", "http://192.0.2.1", "in plain text"},
		{"no address", "broker", "must begin with https://"},
	} {
		if out, ok := publish(t, dir, nil, test.broker); ok || !strings.Contains(out, test.says) {
			t.Errorf("%s: %v %s", test.name, ok, out)
		}
	}
	b.mu.Lock()
	b.refuse = true
	b.mu.Unlock()
	if out, ok := publish(t, dir, nil, b.URL); ok {
		t.Errorf("a refused publication passes: %s", out)
	}
	sent := len(b.requests)
	write(t, dir, "contracts/"+catalog(t).Contracts[0].Vendor+"/pact.json", "{}")
	if out, ok := publish(t, dir, nil, b.URL); ok || !strings.Contains(out, "not committed") || len(b.requests) > sent {
		t.Errorf("an uncommitted pact: %v %s", ok, out)
	}
}
