package secret_test

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/loginwatch/loginwatch/internal/secret"
)

// The files of testdata/sops are of sops itself.
func sopsPath(name string) string { return filepath.Join("testdata", "sops", name) }

// ageKey is the key that they are encrypted for, as a reference.
var ageKey = &secret.Reference{Kind: secret.File, From: sopsPath("keys.txt")}

func TestSOPS(t *testing.T) {
	const none = "it has no encrypted text under KEY"
	for at, tt := range map[string]struct{ value, err string }{
		"default.yaml#acme/user":              {"robot@acme.example", ""},
		"default.yaml#acme/password":          {marker, ""},
		"default.yaml#acme/pin":               {"12345", ""},
		"default.yaml#acme/ratio":             {"1.5", ""},
		"default.yaml#acme/on":                {"True", ""},
		"default.yaml#acme/date":              {"2026-11-27T00:00:00Z", ""},
		"default.yaml#acme/several":           {"first line\nsecond line", ""},
		"default.yaml#acme/empty":             {"", ""},
		"default.yaml#a/b":                    {"slash", ""},
		"default.yaml#acme/nothing":           {"", none},
		"default.yaml#acme/list":              {"", none}, // which of them?
		"default.yaml#acme":                   {"", none},
		"default.yaml#sops/version":           {"", none},
		"default.yaml#acme/hint_unencrypted":  {"", none}, // no secret is taken from plain text
		"default.yaml#acme/count_unencrypted": {"", none},
		"default.json#acme/password":          {marker, ""},
		"default.json#ünï":                    {"cödé", ""},
		"default.json#acme/list/password":     {"in a list", ""},
		"some.yaml#acme/user":                 {"robot@acme.example", ""},
		"some.yaml#acme/pin":                  {"", none},
		"some.json#acme/password":             {marker, ""},
		"binary.json#data":                    {marker, ""},
		"other.json#acme/user":                {"", "none of our age keys is one that it is encrypted for"},
		"groups.json#acme/user":               {"", "its key is divided among groups, which only sops itself can put together: exec: may run that"},
		"dotenv.env#PASSWORD":                 {"", "it is neither YAML nor JSON that sops has encrypted"},
		"keys.txt#public key":                 {"", "it is neither YAML nor JSON that sops has encrypted"},
		"absent.yaml#acme":                    {"", "no such file or directory"},
	} {
		name, key, _ := strings.Cut(at, "#")
		value, err := (&secret.Sources{AgeKey: ageKey}).Read().Value(secret.Reference{Kind: secret.SOPS, From: sopsPath(name), Key: key})
		want := tt.err
		if want != "" {
			want = "sops file " + sopsPath(name) + ": " + strings.ReplaceAll(want, "KEY", `"`+key+`"`)
		}
		if value != tt.value || said(err) != want || hasPart(said(err)) {
			t.Errorf("%s: %q, %v, want %q, %s", at, value, err, tt.value, want)
		}
		if errors.Is(err, fs.ErrNotExist) != (tt.err == none || name == "absent.yaml") {
			t.Errorf("%s: it has not come yet: %v", at, err)
		}
	}
}

// Whatever somebody without the key does to a file is seen, as sops itself sees it.
func TestSOPSThatWasChanged(t *testing.T) {
	const moved = "a value can't be decrypted: somebody changed it without sops, or moved it"
	const other = "its content is not what its MAC says: somebody changed it without sops"
	const foreign = "it is neither YAML nor JSON that sops has encrypted"
	valueOf := func(text, key string) string {
		return regexp.MustCompile(`(?m)^\s*"?` + key + `"?: "?(ENC\[[^\]]*\])`).FindStringSubmatch(text)[1]
	}
	for name, tt := range map[string]struct {
		file   string
		change func(string) string
		want   string
	}{
		"nothing": {"default.yaml", func(s string) string { return s }, ""},
		"layout":  {"default.yaml", func(s string) string { return strings.Replace(s, "acme:\n", "\n# of somebody else\nacme:\n", 1) }, ""},
		"a value": {"default.yaml", func(s string) string {
			return strings.Replace(s, valueOf(s, "user"), strings.Replace(valueOf(s, "user"), ",iv:", "AAAA,iv:", 1), 1)
		}, moved},
		"swapped":  {"default.yaml", func(s string) string { return strings.Replace(s, valueOf(s, "pin"), valueOf(s, "password"), 1) }, moved},
		"renamed":  {"default.yaml", func(s string) string { return strings.Replace(s, "pin:", "pass:", 1) }, moved},
		"left out": {"default.json", func(s string) string { return strings.Replace(s, `"ünï": "`+valueOf(s, "ünï")+`",`, "", 1) }, other},
		"added": {"default.yaml", func(s string) string {
			return strings.Replace(s, "    nothing: null", "    nothing: null\n    password2: "+marker, 1)
		}, other},
		"in plain text": {"default.yaml", func(s string) string { return strings.Replace(s, valueOf(s, "password"), marker+"!", 1) }, other},
		"a plain one":   {"default.yaml", func(s string) string { return strings.Replace(s, "count_unencrypted: 7", "count_unencrypted: 8", 1) }, other},
		"a plain flag": {"default.yaml", func(s string) string {
			return strings.Replace(s, "flag_unencrypted: true", "flag_unencrypted: false", 1)
		}, other},
		"plain, not told": {"some.yaml", func(s string) string { return strings.Replace(s, "pin: 12345", "pin: 54321", 1) }, ""},
		"the instant":     {"default.yaml", func(s string) string { return strings.Replace(s, `lastmodified: "2026`, `lastmodified: "2027`, 1) }, moved},
		"no instant":      {"default.yaml", func(s string) string { return strings.Replace(s, `lastmodified: "2026`, `lastmodified: "x`, 1) }, foreign},
		"no MAC":          {"default.yaml", func(s string) string { return strings.Replace(s, "    mac: ", "    mack: ", 1) }, foreign},
		"no keys":         {"default.json", func(s string) string { return strings.Replace(s, `"age"`, `"kms"`, 1) }, "it is not encrypted for any age key: exec: may run sops for what else it is encrypted for"},
		"cut":             {"default.json", func(s string) string { return s[:len(s)/2] }, foreign},
		"nothing at all":  {"default.json", func(string) string { return "" }, foreign},
		"a list":          {"default.json", func(string) string { return "[]" }, foreign},
	} {
		text, err := os.ReadFile(sopsPath(tt.file))
		if err != nil {
			t.Fatal(err)
		}
		path := write(t, filepath.Join(t.TempDir(), tt.file), tt.change(string(text)), 0o600)
		if changed := tt.change(string(text)) != string(text); !changed && name != "nothing" {
			t.Errorf("%s: nothing is changed", name)
		}
		value, err := (&secret.Sources{AgeKey: ageKey}).Read().Value(secret.Reference{Kind: secret.SOPS, From: path, Key: "acme/user"})
		want := tt.want
		if want != "" {
			want = "sops file " + path + ": " + want
		}
		if said(err) != want || (value != "") != (want == "") || hasPart(said(err)) {
			t.Errorf("%s: %q, %v, want %s", name, value, err, want)
		}
	}
}

// Our keys are found as sops finds them, and are read for each run.
func TestAgeKeys(t *testing.T) {
	ref := secret.Reference{Kind: secret.SOPS, From: sopsPath("default.yaml"), Key: "acme/password"}
	dir := t.TempDir()
	t.Setenv("HOME", dir)
	t.Setenv("XDG_CONFIG_HOME", dir)
	t.Setenv("SOPS_AGE_KEY", "")
	t.Setenv("SOPS_AGE_KEY_FILE", "")
	var sources *secret.Sources
	open := func(want string) {
		t.Helper()
		if value, err := sources.Read().Value(ref); said(err) != want || (value == marker) != (want == "") {
			t.Errorf("%d bytes, %v, want %s", len(value), err, want)
		}
	}
	keys, err := os.ReadFile(ageKey.From)
	if err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(dir, "elsewhere")
	t.Setenv("SOPS_AGE_KEY_FILE", path)
	open("our age key: secret file " + path + ": no such file or directory")
	write(t, path, "\n", 0o600)
	open("our age key: it is missing or empty (file:" + path + ")")
	write(t, path, marker, 0o600)
	open("sops file " + ref.From + ": our age keys can't be read: there has to be one AGE-SECRET-KEY- on each line")
	write(t, path, string(keys), 0o600)
	open("")
	t.Setenv("SOPS_AGE_KEY", string(keys))
	t.Setenv("SOPS_AGE_KEY_FILE", "nowhere")
	open("")
}
