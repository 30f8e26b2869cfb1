package main

import (
	"slices"
	"strings"
	"testing"
)

// What may stand where the cursor is: the words, without what they mean.
func TestComplete(t *testing.T) {
	vendor := vendorNamed(t)
	tests := []struct {
		words []string
		want  []string // all of these
		not   []string // none of these
	}{
		{[]string{""}, []string{"serve", "verify", "completion"}, []string{"complete", "man", "--help"}},
		{nil, []string{"serve"}, nil},
		{[]string{"ver"}, []string{"verify", "version"}, []string{"vet", "serve"}},
		{[]string{"verify", ""}, []string{vendor}, []string{"serve", "--format"}},
		{[]string{"verify", vendor, ""}, []string{vendor}, nil},
		{[]string{"show", vendor, ""}, nil, []string{vendor}}, // it takes one
		{[]string{"verify", "--"}, []string{"--format", "--config", "--help"}, nil},
		{[]string{"verify", "--simulate", "--form"}, []string{"--format"}, []string{"--config"}},
		{[]string{"verify", "--format", ""}, []string{"text", "json", "junit", "sarif", "github"}, []string{vendor}},
		{[]string{"verify", "--format", "j"}, []string{"json", "junit"}, []string{"text"}},
		{[]string{"verify", "--format=j"}, []string{"--format=json"}, []string{"--format=text"}},
		{[]string{"verify", "--format", "=", "j"}, []string{"json"}, []string{"text"}}, // as bash has it
		{[]string{"verify", "--format=json", ""}, []string{vendor}, []string{"text"}},
		{[]string{"serve", "--config", ""}, []string{":files"}, nil},
		{[]string{"serve", "--pack=my"}, []string{":folders"}, nil},
		{[]string{"serve", "--listen", ""}, nil, []string{"127.0.0.1:9713"}},
		{[]string{"drift", "list", "--vendor", ""}, []string{vendor}, nil},
		{[]string{"credentials", ""}, []string{"list", "resume"}, nil},
		{[]string{"credentials", "--st"}, []string{"--store"}, nil}, // of the default verb
		{[]string{"credentials", "--store", "memory", ""}, []string{"list"}, nil},
		{[]string{"export", ""}, []string{"openapi", "arazzo"}, []string{vendor}},
		{[]string{"export", "openapi", ""}, []string{vendor}, []string{"arazzo"}},
		{[]string{"export", "arazzo", "--openapi", ""}, []string{":files"}, nil},
		{[]string{"new", ""}, nil, []string{vendor}}, // it is not there yet
		{[]string{"new", "acme", ""}, []string{":files"}, []string{vendor}},
		{[]string{"completion", ""}, []string{"bash", "zsh", "fish"}, nil},
		{[]string{"nothing", "--such="}, nil, []string{"serve"}},
		{[]string{"--help"}, []string{"--help"}, nil},
	}
	for _, tt := range tests {
		t.Run(strings.Join(tt.words, " "), func(t *testing.T) {
			var stdout, stderr output
			args := append([]string{"complete", "--"}, tt.words...)
			if code := run(t.Context(), args, environment{stdout: &stdout, stderr: &stderr}); code != 0 || stderr.String() != "" {
				t.Fatalf("exit code %d: %s", code, stderr.String())
			}
			var got []string
			for line := range strings.Lines(stdout.String()) {
				word, _, _ := strings.Cut(strings.TrimSuffix(line, "\n"), "\t")
				got = append(got, word)
			}
			for _, w := range tt.want {
				if !slices.Contains(got, w) {
					t.Errorf("%q is missing in %q", w, got)
				}
			}
			for _, w := range tt.not {
				if slices.Contains(got, w) {
					t.Errorf("%q is offered", w)
				}
			}
			if len(tt.want) == 0 && len(got) > 0 {
				t.Errorf("offered: %q", got)
			}
		})
	}
}

// vendorNamed gives a vendor of the built-in pack.
func vendorNamed(t *testing.T) string {
	t.Helper()
	return strings.Split(builtInFile(t), "/")[1]
}

// A value that is text to roff must stay text, whatever it begins with.
func TestRoffIsText(t *testing.T) {
	r := &roff{}
	r.text(`.TH --a \fB`)
	r.macro("B", `say "so"`)
	if want := "\\&.TH \\-\\-a \\efB\n.B \"say \\(dqso\\(dq\"\n"; r.String() != want {
		t.Errorf("got %q, want %q", r.String(), want)
	}
}
