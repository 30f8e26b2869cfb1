package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// What a newcomer types wrong is answered with what to type, and no secret that stood
// there is repeated.
func TestNewMistakes(t *testing.T) {
	t.Chdir(t.TempDir())
	const secret = "Tr0ub4dor&3xyz"
	for name, text := range map[string]string{
		"login.txt": "curl https://api.acme.example/start -d '{\"client\":\"web\"}'\ncurl https://api.acme.example/login -d '{\"user\":\"anna\",\"password\":\"" + secret + "\"}'\n",
		"seen.json": `{"token":"9sd8f7sdf98s7df98sdf7"}`, "empty.txt": "\n", "prose.txt": "hello",
	} {
		if err := os.WriteFile(name, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	null, err := os.Open(os.DevNull)
	if err != nil {
		t.Fatal(err)
	}
	defer null.Close() //nolint:errcheck // nothing was written
	for _, tt := range []struct {
		args []string
		says string
	}{
		{[]string{"login.txt", "acme"}, "this is a file, which comes behind the name: loginwatch new NEW-VENDOR login.txt"},
		{[]string{"login.txt"}, "this is a file, which comes behind the name"},
		{[]string{"Acme", "login.txt"}, "NEW-VENDOR must be lower-case letters and digits, joined by hyphens, such as example-login; it could be acme"},
		{[]string{"AcmeCorp_v2", "login.txt"}, "it could be acme-corp-v2"},
		{[]string{"meta", "login.txt"}, `no vendor can be called "meta"`},
		{[]string{"netxd", "login.txt"}, `vendor "netxd" is already in`},
		{[]string{"acme", "missing.txt"}, "missing.txt: no such file"},
		{[]string{"acme", "empty.txt"}, "empty.txt: empty"},
		{[]string{"acme", "prose.txt"}, "not recognised as one of curl"},
		{[]string{"acme", "."}, "the collection has no request"},
		{[]string{"acme"}, "standard input: empty, and there is no terminal to ask at: say which FILE to read"},
		{[]string{"acme", "curl https://api.acme.example/login -d password=" + secret}, "a description does not belong here"},
		{[]string{"acme", "curl", "-u", "anna:" + secret, "https://api.acme.example/login"}, "a description does not belong here"},
		{[]string{"curl", "--data", secret, "https://api.acme.example/login"}, "a description does not belong here"},
		{[]string{"acme", "https://anna:" + secret + "@api.acme.example/openapi.json"}, "nothing is fetched"},
		{[]string{"acme", "login.txt", "anna:" + secret}, "unexpected argument behind the new vendor's name and the file"},
		{[]string{"acme", "login.txt", "--call", "POST https://api.acme.example/login"}, "no call "},
	} {
		var stdout, stderr output
		code := run(t.Context(), append([]string{"new"}, tt.args...), environment{stdin: null, stdout: &stdout, stderr: &stderr})
		if said := stderr.String(); code != exitUsage || !strings.Contains(said, tt.says) || strings.Contains(said, secret) || stdout.String() != "" {
			t.Errorf("%q: %d, %q%s", tt.args, code, said, stdout.String())
		}
	}
	if _, err := os.Stat("mypack"); err == nil {
		t.Error("something was written")
	}
	var stdout, stderr output
	if code := run(t.Context(), []string{"new", "acme", "login.txt", "--answer", "seen.json"}, environment{stdin: null, stdout: &stdout, stderr: &stderr}); code != exitOK {
		t.Fatal(stderr.String())
	}
	contract, err := os.ReadFile(filepath.Join("mypack", "contracts", "acme", "contract.yaml"))
	if err != nil || !strings.Contains(string(contract), "at: /token") {
		t.Errorf("the answer is not that of the login, but of another call: %v\n%s", err, contract)
	}
}
