package main

import (
	"fmt"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"
	"unicode"

	"github.com/loginwatch/loginwatch"
	"github.com/loginwatch/loginwatch/internal/app"
	"github.com/loginwatch/loginwatch/internal/config"
	"github.com/loginwatch/loginwatch/internal/flow"
)

type showCmd struct {
	packFlag
	Vendor  string   `arg:"" help:"Whose requests to show."`
	Case    []string `help:"Only this case; may be given again." placeholder:"ID" sep:"none"`
	BaseURL string   `name:"base-url" help:"What they are sent to; the simulator by default." placeholder:"URL"`
}

// Run prints the request of each case as a line for curl, made of the demo values of
// the contract and never of a secret that somebody configured: what verify sends in its
// place differs in these values alone.
func (s showCmd) Run(env environment) error {
	files, problems := s.files("").Read()
	if len(problems) > 0 {
		return app.ProblemsError(problems)
	}
	chosen, err := app.Choose(files.Catalog, s.Vendor)
	if err != nil {
		return err
	}
	c := chosen[0]
	if err := (verifyCmd{Case: s.Case}).checkCases(chosen); err != nil {
		return err
	}
	base := s.BaseURL
	if base == "" {
		base = "http://127.0.0.1:9714/" + c.Vendor
	}
	u, err := url.Parse(base)
	if err != nil || u.Scheme != "http" && u.Scheme != "https" || u.Host == "" || u.User != nil {
		return usage("--base-url must be an absolute http or https URL without user info")
	}
	demo := map[string]string{}
	for _, secret := range c.Secrets {
		demo[secret.Name] = secret.Demo
	}
	target := &loginwatch.Target{Name: "demo", BaseURL: u, Secrets: config.Static("the contract's demo values", demo)}
	for _, k := range c.Cases {
		if len(s.Case) > 0 && !slices.Contains(s.Case, k.ID) {
			continue
		}
		plan := flow.New(loginwatch.Job{Target: target, Probe: &loginwatch.Probe{
			Contract: c, Name: k.ID, Timeout: time.Second, Steps: []loginwatch.Step{{Case: k, Role: loginwatch.RoleSubject}},
		}})
		line := ""
		if m, err := plan.Message(k, time.Now()); err != nil {
			line = "# can't be made of the demo values: " + err.Error()
		} else {
			line = curl(m, k)
		}
		if _, err := fmt.Fprintf(env.stdout, "# %s\n%s\n\n", strings.TrimSuffix(k.ID+": "+k.Title, ": "), line); err != nil {
			return ours(err)
		}
	}
	return nil
}

// curl writes a request as a person would type it.
func curl(m flow.Message, k *loginwatch.Case) string {
	words := []string{"curl -i"}
	if m.Method != http.MethodGet && (m.Method != http.MethodPost || m.Body == nil) {
		words = append(words, "-X "+m.Method)
	}
	words = append(words, shellQuote(m.URL))
	for _, name := range slices.Sorted(maps.Keys(m.Header)) {
		words = append(words, "-H "+quoted(name+": "+m.Header.Get(name)))
	}
	for _, cookie := range k.Operation.Request.Cookies {
		words = append(words, "-b "+quoted(cookie.Name+"=VALUE-OF-AN-EARLIER-ANSWER"))
	}
	if m.Body != nil {
		if m.Header.Get("Content-Type") == "" {
			words = append(words, "-H Content-Type:") // or curl would name one
		}
		words = append(words, "--data-binary "+quoted(string(m.Body)))
	}
	return strings.Join(words, " \\\n  ")
}

// quoted is shellQuote for what may have lines and controls, as bash reads it.
func quoted(s string) string {
	if !strings.ContainsFunc(s, func(r rune) bool { return unicode.IsControl(r) && r != '\n' }) {
		return shellQuote(s)
	}
	var b strings.Builder
	b.WriteString("$'")
	for _, c := range []byte(s) {
		switch {
		case c == '\'' || c == '\\':
			b.WriteString(`\` + string(c))
		case c == '\r':
			b.WriteString(`\r`)
		case c == '\n':
			b.WriteString(`\n`)
		case c < ' ' || c == 0x7f:
			fmt.Fprintf(&b, `\x%02x`, c)
		default:
			b.WriteByte(c)
		}
	}
	return b.String() + "'"
}
