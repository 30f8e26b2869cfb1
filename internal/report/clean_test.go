package report

import (
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"

	"pgregory.net/rapid"

	"github.com/loginwatch/loginwatch"
)

func TestPrintable(t *testing.T) {
	tests := []struct {
		name, in string
		limit    int
		want     string
	}{
		{"plain", "expirationTime", 80, "expirationTime"},
		{"other scripts", "имя 名", 80, "имя 名"},
		{"line break", "a\r\nb", 80, `a\r\nb`},
		{"terminal colour", "\x1b[31mred", 80, `\x1b[31mred`},
		{"delete and C1", "\x7f\u009b", 80, `\x7f\u009b`},
		{"right to left override", "a\u202eb", 80, `a\u202eb`},
		{"zero width", "a\u200bb", 80, `a\u200bb`},
		{"invalid UTF-8", "a\xffb", 80, `a\xffb`},
		{"runner command", "##[error]x ##[", 80, `##\[error]x ##\[`},
		{"exactly as long", "12345", 5, "12345"},
		{"too long", "123456", 5, "1234…"},
		{"an escape is not cut in two", "123\x1b6", 5, "123…"},
		{"empty", "", 5, ""},
	}
	for _, tc := range tests {
		t.Run(tc.name, func(t *testing.T) {
			if got := printable(tc.in, tc.limit); got != tc.want {
				t.Errorf("got %q, want %q", got, tc.want)
			}
		})
	}
}

func TestPrintableIsBounded(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		limit := rapid.IntRange(1, 30).Draw(t, "limit")
		got := printable(rapid.String().Draw(t, "text"), limit)
		if n := utf8.RuneCountInString(got); n > limit {
			t.Fatalf("%d characters in %q", n, got)
		}
		for _, r := range got {
			if !unicode.IsPrint(r) {
				t.Fatalf("%q in %q", r, got)
			}
		}
	})
}

func TestTargetsShowNoSecret(t *testing.T) {
	for in, want := range map[string]string{
		"production":                         "production",
		"https://login.example/base":         "https://login.example/base",
		"https://u:secret@login.example":     "https://login.example",
		"https://login.example/?k=secret":    "https://login.example/",
		"https://login.example/#secret":      "https://login.example/",
		"https://u:sec%ret@login.example/":   "login.example/",
		"https://login.example:port?secret":  "https://login.example:port",
		"u:secret@login.example?secret":      "login.example",
		"http://[::1]:8080/base?secret":      "http://[::1]:8080/base",
		"https:u:secret@login.example/base?": "login.example/base",
	} {
		if got := withoutUser(in); got != want {
			t.Errorf("%q: got %q, want %q", in, got, want)
		}
	}
}

// hostile draws text that tries to leave its place in a report.
func hostile(t *rapid.T, label string) string {
	piece := rapid.OneOf(rapid.String(), rapid.SampledFrom([]string{
		"\n", "\r\n", "\x1b[2J", "\x1b]0;title\x07", "\u202e", "::error::", "##[error]", "]]>", "<testcase/>", "&amp;", "%0A", "%",
		",line=1", "\n::error title=forged::forged", "\nok  forged  valid-credentials", "\ufffe", "\x00", "\xff", " ",
	}))
	return strings.Join(rapid.SliceOfN(piece, 0, 8).Draw(t, label), "")
}

// hostileReport fills everything that could hold foreign text with hostile text.
func hostileReport(t *rapid.T) Report {
	r := everything()
	for i := range r.Results {
		res := &r.Results[i]
		res.Detail, res.Outcome = hostile(t, "detail"), hostile(t, "outcome")
		res.Target = hostile(t, "target")
		res.Findings = nil
		for _, class := range loginwatch.Classes {
			if class == loginwatch.Breaking && res.Verdict != loginwatch.Drift {
				continue
			}
			res.Findings = append(res.Findings, loginwatch.Finding{
				Class: class, Kind: loginwatch.KindExtra, Pointer: "/" + hostile(t, "pointer"),
				Documented: hostile(t, "documented"), Got: hostile(t, "got"),
				Contract: "contracts/beta/contract.yaml:21", Schema: "schemas/beta/login.success.schema.json:12",
				Document: "beta.txt", Quote: hostile(t, "quote"), Defect: hostile(t, "defect"),
			})
		}
	}
	return r
}

func hostileSources(t *rapid.T) func(string, int) (string, bool) {
	text := hostile(t, "source")
	return func(string, int) (string, bool) { return text, true }
}

// Foreign text can neither control a terminal nor pose as a line of the report
// or as a command of the CI system that reads the log.
func TestTextCannotBeForged(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var b strings.Builder
		opts := Options{Width: rapid.SampledFrom([]int{0, 60, 100}).Draw(t, "width"), Sources: hostileSources(t)}
		if err := Write(&b, "text", hostileReport(t), opts); err != nil {
			t.Fatal(err)
		}
		rows := 0
		for line := range strings.Lines(b.String()) {
			line = strings.TrimSuffix(line, "\n")
			for _, r := range line {
				if !unicode.IsPrint(r) {
					t.Fatalf("%q in %q", r, line)
				}
			}
			if strings.HasPrefix(strings.TrimSpace(line), "::") || strings.Contains(line, "##[") {
				t.Fatalf("a command of the CI system: %q", line)
			}
			if strings.HasPrefix(line, "ok ") {
				rows++
			}
		}
		if rows != 1 {
			t.Fatalf("%d rows say ok, 1 is real", rows)
		}
	})
}
