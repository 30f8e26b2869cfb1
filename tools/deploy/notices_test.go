package main

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// handedOut unpacks the terms of everything from each thing that is made, and the program that
// is beside them. Debian's name a text that is on every Debian system, and no other's do.
func handedOut(t *testing.T) map[string]struct{ terms, program string } {
	t.Helper()
	found := map[string]struct{ terms, program string }{}
	for _, s := range systems {
		dir, name := t.TempDir(), "loginwatch_1.0.0_"+s.os+"_"+s.arch
		must(t, "tar", "-C", dir, "-xzf", made+"/1.0.0/"+name+".tar.gz")
		found[name+".tar.gz"] = struct{ terms, program string }{read(t, filepath.Join(dir, name, "copyright")), filepath.Join(dir, name, "loginwatch")}
	}
	for arch, image := range images(t) {
		dir := unpack(t, image, t.TempDir())
		found["image "+arch] = struct{ terms, program string }{read(t, dir+"/usr/share/doc/loginwatch/copyright"), dir + "/usr/bin/loginwatch"}
	}
	for pattern, at := range map[string]struct{ unpack, terms string }{
		"*.deb": {`dpkg-deb --extract "$1" "$2"`, "/usr/share/doc/loginwatch/copyright"},
		"*.rpm": {`rpm2archive -n - <"$1" | tar -C "$2" -x`, "/usr/share/licenses/loginwatch/copyright"},
	} {
		files, err := filepath.Glob(made + "/1.0.0/" + pattern)
		if err != nil || len(files) != 2 {
			t.Fatalf("%q, %v", files, err)
		}
		for _, file := range files {
			dir := t.TempDir()
			must(t, "sh", "-c", at.unpack, "sh", file, dir)
			found[filepath.Base(file)] = struct{ terms, program string }{read(t, dir+at.terms), dir + "/usr/bin/loginwatch"}
		}
	}
	return found
}

// words are those of a text, however its lines break; a line with a full stop alone is empty.
func words(text string) string {
	return strings.Join(strings.Fields(regexp.MustCompile(`(?m)^\s*\.$`).ReplaceAllString(text, "")), " ")
}

// common is the text of a licence that every Debian system has.
var common = regexp.MustCompile(`Apache License Version 2.0, January 2004|Mozilla Public License,? [Vv]ersion 2.0`)

// Whatever is handed out has, of each module that its program says it is made of, all licences
// and notices that the module has at its top, and those of Go.
func TestTermsOfOthers(t *testing.T) {
	goroot := strings.TrimSpace(must(t, "go", "env", "GOROOT"))
	for name, out := range handedOut(t) {
		t.Run(name, func(t *testing.T) {
			debian, terms, modules := strings.HasSuffix(name, ".deb"), words(out.terms), 0
			has := func(module, dir string) {
				texts := 0
				for _, pattern := range []string{"LICEN[CS]E*", "COPYING*", "NOTICE*"} {
					files, err := filepath.Glob(filepath.Join(dir, pattern))
					if err != nil {
						t.Fatal(err)
					}
					for _, file := range files {
						if filepath.Base(file) == "LICENSE-LOGO" { // modernc.org/memory: of a picture
							continue
						}
						text := words(read(t, file))
						texts++
						if !strings.Contains(terms, text) && !(debian && common.MatchString(text)) {
							t.Errorf("%s: no %s", module, filepath.Base(file))
						}
					}
				}
				if !strings.Contains(out.terms, " "+module+"/*\n") || texts == 0 {
					t.Errorf("%s is not named, or has no licence", module)
				}
			}
			for line := range strings.Lines(must(t, "go", "version", "-m", out.program)) {
				fields := strings.Fields(line)
				if !strings.HasPrefix(line, "\t") {
					has("std@"+fields[1], goroot)
				}
				if fields[0] != "dep" {
					continue
				}
				modules++
				has(fields[1]+"@"+fields[2], strings.TrimSpace(must(t, "go", "-C", repo, "list", "-m", "-f", "{{.Dir}}", fields[1])))
			}
			if modules < 20 {
				t.Errorf("%d modules", modules)
			}
			if strings.Contains(terms, "TERMS AND CONDITIONS FOR USE, REPRODUCTION, AND DISTRIBUTION") == debian {
				t.Errorf("the text of the Apache licence is in it: %t", !debian)
			}
			if image := "golang.org/x/crypto/x509roots/fallback@"; !strings.Contains(terms, image) {
				t.Errorf("nothing of the authorities of the image")
			}
		})
	}
}

// What is ours has its own licence beside it, wherever it is not Debian's.
func TestOwnLicence(t *testing.T) {
	rpm, err := filepath.Glob(made + "/1.0.0/*.x86_64.rpm")
	if err != nil || len(rpm) != 1 {
		t.Fatal(rpm, err)
	}
	for _, file := range []string{"LICENSE", "copyright"} {
		if out := must(t, "rpm", "-qp", "--licensefiles", rpm[0]); !strings.Contains(out, "/usr/share/licenses/loginwatch/"+file+"\n") {
			t.Errorf("%s is no licence to rpm: %s", file, out)
		}
	}
	for _, image := range images(t) {
		if _, err := os.Stat(unpack(t, image, t.TempDir()) + "/usr/share/doc/loginwatch/LICENSE"); err != nil {
			t.Error(err)
		}
	}
}
