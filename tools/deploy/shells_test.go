package main

import (
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/creack/pty"
)

// shell is how a person's shell is started in an empty folder, and how it learns our
// completion.
type shell struct {
	name  string
	start []string
	setup string
}

var shells = []shell{
	{"bash", []string{"bash", "--norc", "--noprofile", "-i"}, "PS1='> '; source <(loginwatch completion bash)\n"},
	{"zsh", []string{"zsh", "-f", "-i"}, "PS1='> '; autoload -U compinit; compinit -u -D; source <(loginwatch completion zsh)\n"},
	{"fish", []string{"fish", "--no-config", "-i"}, "function fish_prompt; echo '> '; end; loginwatch completion fish | source\n"},
}

// typed is what a person types in front of the tab, and the word that is to be there after
// it. Each ends in one way alone, so that shells need not show a list.
var typed = []struct{ line, want string }{
	{"loginwatch veri", "verify"},
	{"loginwatch verify --form", "--format"},
	{"loginwatch verify --format sar", "sarif"},
	{"loginwatch verify --format=sar", "--format=sarif"},
	{"loginwatch vet --config my-own", "my-own-file.yaml"},
	{"loginwatch vet --config=my-own", "--config=my-own-file.yaml"},
	{"loginwatch vet --pack a-fol", "a-folder"},
}

// Each shell completes what a person types, on a terminal.
func TestShells(t *testing.T) {
	bin, err := filepath.Abs(repo + "/bin")
	if err != nil {
		t.Fatal(err)
	}
	for _, sh := range shells {
		t.Run(sh.name, func(t *testing.T) {
			dir := t.TempDir()
			place(t, dir+"/my-own-file.yaml", "", 0o644)
			place(t, dir+"/a-folder/x", "", 0o644)
			// Every line is printed by the shell itself, into a file: what is on the screen depends
			// on the terminal.
			place(t, dir+"/bin/said", "#!/bin/sh\nprintf '%s\\n' \"$*\" >>"+dir+"/said.txt\n", 0o755)
			cmd := exec.CommandContext(t.Context(), sh.start[0], sh.start[1:]...)
			cmd.Dir = dir
			cmd.Env = append(os.Environ(), "PATH="+dir+"/bin:"+bin+":"+os.Getenv("PATH"), "HOME="+dir, "TERM=xterm", "XDG_CONFIG_HOME="+dir, "XDG_DATA_HOME="+dir)
			tty, err := pty.Start(cmd)
			if err != nil {
				t.Fatal(err)
			}
			screen := &recorder{}
			go screen.readAll(tty)
			t.Cleanup(func() { _ = cmd.Process.Kill(); _ = tty.Close(); _ = cmd.Wait() })
			write := func(text string) {
				if _, err := tty.WriteString(text); err != nil {
					t.Fatal(err)
				}
			}
			write(sh.setup + "said ready\n")
			lines := dir + "/said.txt"
			eventually(t, screen, func() bool { return strings.Contains(contentOf(lines), "ready") })
			for _, tt := range typed {
				before := contentOf(lines)
				// Home, "said ", End: the completed line becomes what is said. Keys wait for their turn.
				write(tt.line + "\t\x01said \x05\n")
				eventually(t, screen, func() bool { return contentOf(lines) != before })
				said := strings.TrimSpace(strings.TrimPrefix(contentOf(lines), before))
				if words := strings.Fields(said); len(words) == 0 || strings.TrimSuffix(words[len(words)-1], "/") != tt.want {
					t.Errorf("%q becomes %q", tt.line, said)
				}
			}
		})
	}
}

func contentOf(file string) string {
	text, _ := os.ReadFile(file) // it is not there before something is said
	return string(text)
}

func eventually(t *testing.T, screen *recorder, is func() bool) {
	t.Helper()
	for until := time.Now().Add(20 * time.Second); !is(); time.Sleep(10 * time.Millisecond) {
		if time.Now().After(until) {
			t.Fatalf("it does not come to that; the screen:\n%s", screen.plain())
		}
	}
}

// Every manual page is well-formed, and reads as text.
func TestManual(t *testing.T) {
	dir := t.TempDir()
	must(t, repo+"/bin/loginwatch", "man", "--date", "2026-01-02", dir)
	pages, err := filepath.Glob(dir + "/*.1")
	if err != nil || len(pages) < 10 {
		t.Fatalf("%d pages, %v", len(pages), err)
	}
	for _, page := range pages {
		if out, err := command(t, "mandoc", "-T", "lint", "-W", "warning", page); err != nil || out != "" {
			t.Errorf("mandoc: %v\n%s", err, out)
		}
	}
	text := regexp.MustCompile(`.\x08`).ReplaceAllString(must(t, "mandoc", "-T", "ascii", dir+"/loginwatch-serve.1"), "") // bold is a letter over itself
	for _, want := range []string{"configuration; loginwatch.yaml when it exists", "loginwatch serve [flags]"} {
		if !strings.Contains(text, want) {
			t.Errorf("loginwatch-serve(1) does not say %q:\n%s", want, text)
		}
	}
}
