package main

import (
	"encoding/base64"
	"encoding/json"
	"maps"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"unicode"

	"github.com/loginwatch/loginwatch/internal/faulty/leak"
)

const odd = "\x1b]0;owned\x07\x1b[31m\u202e\u2066\x00\r\n" // beside what is planted

// plant writes something wherever an answer has room for it.
func (a *acme) plant(secret string) {
	in := "https://login.example/next?code=" + url.QueryEscape(secret) + "&at=1"
	maps.Copy(a.body, map[string]any{
		"more": secret, "message": "use " + secret + " now" + odd, secret: map[string]any{"since": 1}, "for-" + secret + "-only" + odd: 1, "next": in, "created": secret + odd,
		"packed": base64.StdEncoding.EncodeToString([]byte(secret)), "user": []any{secret, map[string]any{secret: secret}},
	})
	maps.Copy(a.header, http.Header{
		"Location": {in}, "Link": {"<" + in + ">"}, "X-Refresh": {secret}, "X-" + secret: {"1"}, "Content-Type": {"application/json; profile=" + secret},
		"Set-Cookie": {"refresh=" + secret + "; Path=/" + secret, secret + "=1; Domain=" + secret + ".example"},
	})
	a.refusal = map[string]any{"error": []any{secret}, secret: odd, "a" + odd: secret}
}

// A vendor that writes passwords, one-time codes and tokens wherever an answer has room for
// them, and terminal escapes beside them, finds none of them in what is kept, listed,
// exported or logged, and moves nobody's cursor.
func TestNothingPlantedIsKept(t *testing.T) {
	for what, secret := range map[string]string{
		"our password": "Wkz7-Sesame-Qj4", "a one-time code": "493817", "a token": "rt_7Hq2LmZx9KpV4sNd8WbY", "a token of three parts": "eyJhbGciOiJub25lIn0.eyJzdWIiOiJhbm4ifQ.c2lnbmF0dXJl",
	} {
		t.Run(what, func(t *testing.T) {
			o := newOperator(t, "mypack", asWritten)
			if what == "our password" {
				t.Setenv("LOGINWATCH_ACME_PASSWORD", secret)
			}
			o.load()
			o.watch(12)
			o.vendor.plant(secret)
			o.watch(2)
			runs := regexp.MustCompile(`run=(\w{26})`).FindAllStringSubmatch(o.log.String(), -1)
			for name, text := range o.everything(runs[len(runs)-1][1], runs[len(runs)-2][1]) {
				o.hunt(name, text, secret)
			}
		})
	}
}

// hunt looks for something in a text, for its pieces in the forms that they may be written
// in, and for what moves a cursor.
func (o *operator) hunt(name, text, secret string) {
	o.Helper()
	found := leak.New(map[string]string{"planted": secret}).Find([]byte(text))
	if len(secret) < leak.Piece && strings.Contains(text, secret) {
		found = append(found, leak.Needle{Text: secret, Form: "plain"})
	}
	for _, n := range found {
		o.Errorf("%s as %s in %s: %.240q", n.Text, n.Form, name, text[max(strings.Index(text, n.Text)-120, 0):])
		break // one mistake gives away many
	}
	if strings.HasPrefix(name, "loginwatch.db") {
		return
	}
	if at := strings.IndexFunc(text, func(r rune) bool { return r != '\n' && r != '\t' && !unicode.IsPrint(r) }); at >= 0 {
		o.Errorf("%s has characters that move the cursor: %.160q", name, text[max(at-80, 0):])
	}
}

// everything is what the operator and a thief of the store can read.
func (o *operator) everything(runs ...string) map[string]string {
	o.Helper()
	all := map[string]string{"the log": o.log.String()}
	w := httptest.NewRecorder()
	o.engine.Metrics.Handler().ServeHTTP(w, httptest.NewRequest(http.MethodGet, "/metrics", nil))
	all["the metrics"] = w.Body.String()
	if err := o.ledger.Close(); err != nil { // which writes all down
		o.Fatal(err)
	}
	for _, run := range runs {
		for _, format := range []string{"text", "json", "har"} {
			out, told := o.run(0, "history", "show", run, "--format", format)
			all["the run as "+format] += out + told
		}
	}
	for _, format := range []string{"text", "json"} {
		out, told := o.run(0, "drift", "list", "--all", "--format", format)
		all["changes as "+format] = out + told
	}
	var list struct{ Changes []struct{ ID string } }
	if err := json.Unmarshal([]byte(all["changes as json"]), &list); err != nil {
		o.Fatal(err)
	}
	for _, c := range list.Changes {
		out, told := o.run(0, "drift", "accept", c.ID)
		all["accepted"] += out + told
	}
	maps.Copy(all, o.contents("loginwatch.db*"))
	for _, name := range slices.Sorted(maps.Keys(all)) {
		if all[name] == "" && name != "accepted" && !strings.HasPrefix(name, "loginwatch.db") {
			o.Errorf("%s is empty", name)
		}
	}
	return all
}

// contents gives what is in files, by their names; there has to be one.
func (o *operator) contents(pattern string) map[string]string {
	o.Helper()
	files, err := filepath.Glob(pattern)
	if err != nil || len(files) == 0 {
		o.Fatal(pattern, err)
	}
	all := map[string]string{}
	for _, f := range files {
		text, err := os.ReadFile(f)
		if err != nil {
			o.Fatal(err)
		}
		all[f] = string(text)
	}
	return all
}
