//go:build oncall

package alerttest

import (
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// message is what a service got.
type message struct {
	authorization string
	body          []byte
}

// TestReceiversDeliver has every receiver of the example but e-mail send to this
// machine, with the secrets in files and Alertmanager in another working
// directory, as a service manager starts it.
func TestReceiversDeliver(t *testing.T) {
	heard := map[string]chan message{}
	for _, path := range []string{"/pagerduty", "/slack", "/alertmanager", "/loginwatch"} {
		heard[path] = make(chan message, 100)
	}
	server := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		if c := heard[r.URL.Path]; err == nil && c != nil {
			c <- message{r.Header.Get("Authorization"), body}
		}
	}))
	defer server.Close()
	m := runManager(t, t.TempDir(), exampleHere(t, server.URL))
	m.post(t, []labels{
		{"alertname": "LoginDown", "job": "loginwatch", "vendor": "alpha", "severity": "page", "cause": "outage"},
		{"alertname": "LoginClockSkew", "job": "loginwatch", "vendor": "alpha", "severity": "ticket", "cause": "skew"},
		{"alertname": "LoginwatchDeadMansSwitch", "severity": "none", "cause": "heartbeat"},
	})
	next := func(path string) message {
		select {
		case got := <-heard[path]:
			return got
		case <-time.After(time.Minute):
			t.Fatalf("nothing came to %s", path)
			return message{}
		}
	}
	const said = "D\nWhat to do: R\nDashboard: https://grafana.example.com/d/x\nUs, our credential or the vendor? https://loginwatch.example.com"
	checkPagerDuty(t, next("/pagerduty").body, said)
	checkSlack(t, next("/slack").body, said)
	for path, secret := range map[string]string{"/alertmanager": "tickets-token", "/loginwatch": "heartbeat-token"} {
		if got := next(path).authorization; got != "Bearer content of "+secret {
			t.Errorf("%s came with the authorization %q", path, got)
		}
	}
}

// exampleHere copies the example to a folder of the test, with its secrets, and
// has it send to an address of the test.
func exampleHere(t *testing.T, server string) (config string) {
	t.Helper()
	dir := t.TempDir()
	example := strings.NewReplacer(
		"/etc/alertmanager/", dir+"/",
		"https://tickets.example.com", server, "https://heartbeat.example.com", server,
		"mail.example.com:587", freeAddress(t),
		"\nglobal:\n", "\nglobal:\n  pagerduty_url: "+server+"/pagerduty\n",
	).Replace(hurry(text(t, routing)))
	secrets := regexp.MustCompile(`_file: (\S+?)\}*\n`).FindAllStringSubmatch(example, -1)
	if len(secrets) < 5 {
		t.Errorf("only %d secrets in files", len(secrets))
	}
	for _, s := range secrets {
		if !filepath.IsAbs(s[1]) {
			t.Errorf("%s is looked for in the working directory", s[1])
		}
		content := "content of " + filepath.Base(s[1])
		if filepath.Base(s[1]) == "slack-url" {
			content = server + "/slack"
		}
		write(t, filepath.Join(dir, "secrets"), filepath.Base(s[1]), content)
	}
	write(t, dir, "loginwatch.tmpl", text(t, dashboards+"/alertmanager/loginwatch.tmpl"))
	return write(t, dir, "alertmanager.yml", example)
}

func checkPagerDuty(t *testing.T, body []byte, said string) {
	t.Helper()
	var got struct {
		Key     string `json:"routing_key"`
		URL     string `json:"client_url"`
		Payload struct {
			Summary string            `json:"summary"`
			Details map[string]string `json:"custom_details"`
		} `json:"payload"`
	}
	if err := json.Unmarshal(body, &got); err != nil {
		t.Fatal(err)
	}
	if got.Key != "content of pagerduty-key" || got.Payload.Summary != "FIRING S" || got.URL != "https://grafana.example.com/d/x" {
		t.Errorf("PagerDuty got %s", body)
	}
	want := map[string]string{"firing": said, "resolved": "", "num_firing": "1", "num_resolved": "0"}
	if diff := cmp.Diff(want, got.Payload.Details); diff != "" {
		t.Errorf("details of PagerDuty (-want +got):\n%s", diff)
	}
}

func checkSlack(t *testing.T, body []byte, said string) {
	t.Helper()
	var got struct {
		Channel     string `json:"channel"`
		Attachments []struct {
			Title string `json:"title"`
			Text  string `json:"text"`
		} `json:"attachments"`
	}
	if err := json.Unmarshal(body, &got); err != nil {
		t.Fatal(err)
	}
	if len(got.Attachments) != 1 || got.Attachments[0].Title != "FIRING S" || got.Attachments[0].Text != said {
		t.Errorf("Slack got %s", body)
	}
}
