package draft

import (
	"strings"
	"testing"
	"time"

	"github.com/loginwatch/loginwatch/internal/importer"
)

// What is said of a value that a later call sends is true wherever the login's answer
// has it, and no place has an empty name.
func TestWhereLaterCallsHaveItFrom(t *testing.T) {
	const token = "tok5Rf8sQ2pLm9Xc4Vb7Nz1"
	for name, tc := range map[string]struct {
		answer   string
		captured bool
		says     string
	}{
		"a member":           {`{"access_token":"` + token + `"}`, true, ""},
		"a member of a list": {`[{"token":"` + token + `"}]`, true, ""},
		"a text":             {`"` + token + `"`, false, "has a text at the whole body that a step can capture"},
		"a mixed list":       {`["` + token + `",3600]`, false, "has a text at /0 that a step can capture"},
		"no answer":          {"", false, "GET /me sends ${access_token}, which no answer shows that stands here: it has to be configured; with the answer to POST /login it may be captured"},
	} {
		t.Run(name, func(t *testing.T) {
			login := importer.Exchange{Request: importer.Request{
				Method: "POST", URL: importer.Plain("https://api.acme.example/login"),
				Body: &importer.Body{ContentType: "application/json", Text: importer.Plain(`{"password":"sunshine1"}`)},
			}}
			if tc.answer != "" {
				login.Answers = []importer.Answer{{Status: 200, ContentType: "application/json", Body: []byte(tc.answer)}}
			}
			me := importer.Exchange{Request: importer.Request{
				Method: "GET", URL: importer.Plain("https://api.acme.example/me"),
				Headers: []importer.Field{{Name: "Authorization", Value: importer.Plain("Bearer " + token)}},
			}}
			d, err := Make(&importer.Recording{Exchanges: []importer.Exchange{login, me}},
				Options{Vendor: "acme", Read: time.Date(2026, 1, 31, 0, 0, 0, 0, time.UTC)})
			if err != nil {
				t.Fatal(err)
			}
			captured, said := false, ""
			for _, r := range d.Replaced {
				captured = captured || strings.HasSuffix(r.With, fromAnswer)
				said += r.At + ": " + r.With + "\n"
			}
			for _, r := range d.Remarks {
				said += r.Text + "\n"
			}
			if captured != tc.captured || !strings.Contains(said, tc.says) || tc.says == "" && strings.Contains(said, "configured") {
				t.Errorf("not %q in\n%s", tc.says, said)
			}
			if strings.Count(said, "configured") > 1 {
				t.Errorf("it is said twice in\n%s", said)
			}
			if strings.Contains(said, " ,") || strings.Contains(said, " : ") || strings.Contains(said, "  ") {
				t.Errorf("a place without a name in\n%s", said)
			}
		})
	}
}
