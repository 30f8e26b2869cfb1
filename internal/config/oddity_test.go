package config

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/loginwatch/loginwatch"
	"github.com/loginwatch/loginwatch/internal/secret"
)

// Variables and files follow one rule, and tell the same of what came along.
func TestValuesOfSecrets(t *testing.T) {
	tests := []struct{ name, text, value, odd string }{
		{"plain", marker, marker, ""},
		{"line break", marker + "\n", marker, ""},
		{"Windows line break", marker + "\r\n", marker, ""},
		{"inner blank", marker + " " + marker + "\n", marker + " " + marker, ""},
		{"several lines", "BEGIN\n" + marker + "\nEND\n", "BEGIN\n" + marker + "\nEND", "holds a line break inside"},
		{"two lines", marker + "\r\n" + marker + "\n", marker + "\r\n" + marker, "holds a line break inside"},
		{"two lines and a third", marker + "\n" + marker + "\n\n", marker + "\n" + marker + "\n", "ends with a further line break and holds a line break inside"},
		{"PEM", "-----BEGIN X-----\n" + marker + "\n-----END X-----\n", "-----BEGIN X-----\n" + marker + "\n-----END X-----", ""},
		{"inner quote", marker + `"` + marker, marker + `"` + marker, ""},
		{"one quote", `"`, `"`, ""},
		{"empty", "", "", ""},
		{"a line break alone", "\n", "", ""},
		{"white space alone", " \t\r\n", "", ""},
		{"a mark alone", "\ufeff\n", "", ""},

		{"two line breaks", marker + "\n\n", marker + "\n", "ends with a further line break"},
		{"two Windows line breaks", marker + "\r\n\r\n", marker + "\r\n", "ends with a further line break"},
		{"a carriage return", marker + "\r", marker + "\r", "ends with white space"},
		{"two carriage returns", marker + "\r\r\n", marker + "\r", "ends with white space"},
		{"a blank at the end", marker + " \n", marker + " ", "ends with white space"},
		{"a tab at the beginning", "\t" + marker, "\t" + marker, "begins with white space"},
		{"a line break at the beginning", "\n" + marker, "\n" + marker, "begins with white space"},
		{"blanks around", " " + marker + " ", " " + marker + " ", "begins with white space and ends with white space"},
		{"a blank that does not break", marker + "\u00a0", marker + "\u00a0", "ends with white space"},
		{"a blank without width", marker + "\u200b\n", marker + "\u200b", "ends with an invisible character"},
		{"a mark", "\ufeff" + marker + "\n", "\ufeff" + marker, "begins with a byte order mark"},
		{"UTF-16", "\xff\xfeH\x00\r\x00\n\x00", "\xff\xfeH\x00\r\x00\n\x00", "is UTF-16 text"},
		{"quotes", `"` + marker + `"`, `"` + marker + `"`, "has quotes around it"},
		{"single quotes", "'" + marker + "'\n", "'" + marker + "'", "has quotes around it"},
		{"back quotes", "`" + marker + "`", "`" + marker + "`", "has quotes around it"},
		{"typographic quotes", "“" + marker + "”", "“" + marker + "”", "has quotes around it"},
		{"all of it", "\ufeff \"" + marker + "\"\n\n", "\ufeff \"" + marker + "\"\n",
			"begins with a byte order mark and begins with white space and ends with a further line break and has quotes around it"},
	}
	for _, test := range tests {
		path := filepath.Join(t.TempDir(), "secret")
		if err := os.WriteFile(path, []byte(test.text), 0o600); err != nil {
			t.Fatal(err)
		}
		of := map[string]secret.Reference{"file": {Kind: secret.File, From: path}}
		if !strings.Contains(test.text, "\x00") { // no variable can hold it
			t.Setenv("LOGINWATCH_TEST_SECRET", test.text)
			of["env"] = secret.Reference{Kind: secret.Env, From: "LOGINWATCH_TEST_SECRET"}
		}
		source := &references{of: of}
		for name := range of {
			value, found, err := source.Secret(name)
			if value != test.value || found != (test.value != "") || err != nil {
				t.Errorf("%s, %s: found %t, %d bytes, want %d; %v", test.name, name, found, len(value), len(test.value), err)
			}
			if got := source.Oddity(name); got != test.odd {
				t.Errorf("%s, %s: %q, want %q", test.name, name, got, test.odd)
			}
		}
	}
}

func TestOddSecrets(t *testing.T) {
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "secret"), []byte(marker+"\n\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	t.Setenv("ODD", "'"+marker+"'")
	t.Setenv("PLAIN", marker)
	c, problems := Parse(filepath.Join(dir, "loginwatch.yaml"), []byte(`
targets:
  one:
    vendor: acme-login
    base_url: https://acme.example.com
    secrets: {user: env:PLAIN, password: env:ODD, public_key: file:secret, access_key: env:ABSENT, secret_key: file:absent}
  two:
    vendor: acme-login
    base_url: https://acme.example.com
    secrets: {user: env:ODD, password: file:secret}
`))
	if len(problems) > 0 {
		t.Fatal(problems)
	}
	want := dir + `/loginwatch.yaml:6:` + `32: the secret "password" (env:ODD) has quotes around it: it is used as it is
` + dir + `/loginwatch.yaml:6:` + `51: the secret "public_key" (file:` + dir + `/secret) ends with a further line break: it is used as it is`
	if got := c.OddSecrets().Brief(); got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}

	t.Setenv("LOGINWATCH_ACME_LOGIN_PASSWORD", marker+" ")
	acme := &loginwatch.Contract{Vendor: "acme-login", Secrets: []loginwatch.Secret{{Name: "user"}, {Name: "password"}}}
	odd := OddInEnvironment(acme)
	if len(odd) != 1 || odd[0] != `the secret "password" (env:LOGINWATCH_ACME_LOGIN_PASSWORD) ends with white space: it is used as it is` {
		t.Errorf("got %q", odd)
	}
}
