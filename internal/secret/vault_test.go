package secret_test

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"log"
	"maps"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/loginwatch/loginwatch/internal/secret"
)

// vault answers as the HTTP interface of HashiCorp Vault is documented, and counts. A real
// server can't be built from its Go module.
type vault struct {
	*httptest.Server
	mu     sync.Mutex
	asked  []string // METHOD PATH TOKEN
	answer map[string]string
}

// answers are what is at a path for the token "good": a status and a body.
func answers() map[string]string {
	return map[string]string{
		"GET /v1/secret/data/acme":   `200 {"request_id":"1","lease_id":"","renewable":false,"lease_duration":0,"data":{"data":{"password":"` + marker + `\n","pin":12345678901234567890,"list":[1],"empty":""},"metadata":{"created_time":"2026-11-27T06:00:00Z","custom_metadata":null,"deletion_time":"","destroyed":false,"version":1}},"wrap_info":null,"warnings":null,"auth":null,"mount_type":"kv"}`,
		"GET /v1/kv/acme":            `200 {"request_id":"2","lease_id":"","renewable":false,"lease_duration":2764800,"data":{"password":"` + marker + `","data":"more"},"wrap_info":null,"warnings":null,"auth":null,"mount_type":"kv"}`,
		"GET /v1/secret/data/gone":   `404 {"request_id":"3","lease_id":"","renewable":false,"lease_duration":0,"data":{"data":null,"metadata":{"created_time":"2026-11-27T06:00:00Z","custom_metadata":null,"deletion_time":"2026-11-27T06:00:01Z","destroyed":false,"version":1}},"wrap_info":null,"warnings":null,"auth":null,"mount_type":"kv"}`,
		"GET /v1/secret/acme":        `404 {"request_id":"4","lease_id":"","renewable":false,"lease_duration":0,"data":null,"wrap_info":null,"warnings":["Invalid path for a versioned K/V secrets engine. See the API docs for the appropriate API endpoints to use. If using the Vault CLI, use 'vault kv get' for this operation."],"auth":null,"mount_type":"kv"}`,
		"GET /v1/secret/data/absent": `404 {"errors":[]}`,
		"GET /v1/secret/data/closed": `403 {"errors":["1 error occurred:\n\t* permission denied\n\n"]}`,
		"GET /v1/secret/data/500":    `500 {"errors":["` + marker + `"]}`,
		"GET /v1/secret/data/429":    `429 {"errors":["request path \"` + marker + `\": rate limit quota exceeded"]}`,
		"GET /v1/secret/data/503":    `503 {"errors":["Vault is sealed"]}`,
		"GET /v1/secret/data/page":   `200 <html>` + marker,
		"GET /v1/secret/data/much":   `200 {"data":{"password":"` + strings.Repeat("x", 2<<20) + `"}}`,
		"GET /v1/secret/data/large":  `200 {"data":{"password":"` + strings.Repeat("x", 64<<10+1) + `"}}`,

		"GET /v1/auth/token/lookup-self": `200 {"data":{"id":"good"}}`,
	}
}

func newVault(t *testing.T, answer map[string]string) *vault {
	t.Helper()
	v := &vault{answer: answer}
	v.Server = httptest.NewServer(v)
	t.Cleanup(v.Close)
	return v
}

func (v *vault) ServeHTTP(w http.ResponseWriter, req *http.Request) {
	at, token := req.Method+" "+req.URL.Path, req.Header.Get("X-Vault-Token")
	body, _ := io.ReadAll(req.Body)
	v.mu.Lock()
	defer v.mu.Unlock()
	v.asked = append(v.asked, strings.TrimSpace(at+" "+token+string(body)))
	answer, known := v.answer[at]
	switch {
	case strings.HasSuffix(at, "/login"):
	case token == "old": // what versions before 1.1x say
		answer = `403 {"errors":["permission denied"]}`
	case token != "good":
		answer = `403 {"errors":["2 errors occurred:\n\t* permission denied\n\t* invalid token\n\n"]}`
	case !known:
		answer = `404 {"errors":[]}`
	}
	var status int
	_, _ = fmt.Sscan(answer[:3], &status)
	w.WriteHeader(status)
	_, _ = io.WriteString(w, answer[4:])
}

// requests gives what was asked since the last time.
func (v *vault) requests() []string {
	v.mu.Lock()
	defer v.mu.Unlock()
	asked := v.asked
	v.asked = nil
	return asked
}

func at(path string) secret.Reference {
	from, key, _ := strings.Cut(path, "#")
	return secret.Reference{Kind: secret.InVault, From: from, Key: key}
}

// tokenFile is a reference to a token.
func tokenFile(t *testing.T, token string) *secret.Reference {
	return &secret.Reference{Kind: secret.File, From: write(t, filepath.Join(t.TempDir(), "token"), token+"\n", 0o600)}
}

// withoutVault takes what the machine's environment says of Vault away.
func withoutVault(t *testing.T) {
	for _, name := range []string{"ADDR", "TOKEN", "AGENT_ADDR", "CACERT", "NAMESPACE", "MAX_RETRIES", "SKIP_VERIFY"} {
		for _, prefix := range []string{"VAULT_", "BAO_"} {
			t.Setenv(prefix+name, "") // so that it is put back
			if err := os.Unsetenv(prefix + name); err != nil {
				t.Fatal(err)
			}
		}
	}
}

func TestVault(t *testing.T) {
	withoutVault(t)
	v := newVault(t, answers())
	host := v.Listener.Addr().String()
	token := "our Vault does not take our token: it is wrong, expired or revoked"
	for _, tt := range []struct {
		token, path, value, err string
		missing                 bool // and not yet there, rather than unreadable
		requests                int
	}{
		{"good", "secret/data/acme#password", marker, "", false, 1},
		{"good", "secret/data/acme#pin", "12345678901234567890", "", false, 1},
		{"good", "secret/data/acme#empty", "", "", false, 1},
		{"good", "secret/data/acme#list", "", "what stands there is no text", false, 1},
		{"good", "secret/data/acme#user", "", "there is no such key", true, 1},
		{"good", "kv/acme#password", marker, "", false, 1},
		{"good", "kv/acme#data", "more", "", false, 1},
		{"good", "secret/data/gone#password", "", "our Vault has nothing there: the last version was deleted", true, 1},
		{"good", "secret/acme#password", "", "our Vault has nothing there: on a mount of KV version 2 the path is MOUNT/data/NAME", true, 1},
		{"good", "secret/data/absent#password", "", "our Vault has nothing there", true, 1},
		{"good", "secret/data/closed#password", "", "our Vault takes our token, but none of its policies allows to read this path", false, 2},
		{"bad", "secret/data/acme#password", "", token, false, 1},
		{"old", "secret/data/acme#password", "", "our Vault does not take our token, or none of its policies allows to read this path", false, 2},
		{"", "secret/data/acme#password", "", "the token for our Vault: it is missing or empty (file:…)", false, 0},
		{"b\x00ad", "secret/data/acme#password", "", "our Vault at " + host + " could not be asked, or its answer not be read", false, 0},
		{"good", "secret/data/500#password", "", "our Vault at " + host + " answers with status 500", false, 1},
		{"good", "secret/data/429#password", "", "our Vault at " + host + " limits our rate (status 429)", false, 1},
		{"good", "secret/data/503#password", "", "our Vault at " + host + " is sealed", false, 1},
		{"good", "secret/data/page#password", "", "our Vault at " + host + " could not be asked, or its answer not be read", false, 1},
		{"good", "secret/data/much#password", "", "our Vault at " + host + " answers with more than 1024 KiB", false, 1},
		{"good", "secret/data/large#password", "", "larger than 64 KiB", false, 1},
	} {
		t.Run(tt.token+" "+tt.path, func(t *testing.T) {
			ref := tokenFile(t, tt.token)
			sources := &secret.Sources{Vault: &secret.Vault{Address: v.URL, Token: ref}}
			value, err := sources.Read().Value(at(tt.path))
			want := tt.err
			if want != "" {
				want = "vault:" + tt.path + ": " + strings.ReplaceAll(want, "file:…", ref.String())
			}
			if value != tt.value || said(err) != want || hasPart(said(err)) {
				t.Errorf("%d bytes, %q, want %q", len(value), said(err), want)
			}
			if errors.Is(err, fs.ErrNotExist) != tt.missing {
				t.Errorf("not there yet: %t, want %t", !tt.missing, tt.missing)
			}
			if asked := v.requests(); len(asked) != tt.requests {
				t.Errorf("%q, want %d", asked, tt.requests)
			}
		})
	}
}

// What stands at one path is read once for a run, however many secrets it gives, and
// again for the next run, with the token that is there by then.
func TestVaultIsAskedOnceForARun(t *testing.T) {
	withoutVault(t)
	v := newVault(t, answers())
	ref := tokenFile(t, "bad")
	sources := &secret.Sources{Vault: &secret.Vault{Address: v.URL, Token: ref}}
	if _, err := sources.Read().Value(at("secret/data/acme#password")); err == nil {
		t.Error("a wrong token is taken")
	}
	write(t, ref.From, "good", 0o600)
	v.requests()
	for range 2 {
		run := sources.Read()
		for _, path := range []string{"secret/data/acme#password", "secret/data/acme#pin", "secret/data/acme#password", "kv/acme#password"} {
			if value, err := run.Value(at(path)); value == "" || err != nil {
				t.Errorf("%s: %v", path, err)
			}
		}
		if asked := v.requests(); !slices.Equal(asked, []string{"GET /v1/secret/data/acme good", "GET /v1/kv/acme good"}) {
			t.Errorf("%q", asked)
		}
	}
}

// What is wrong with a place that several secrets are at is told of each by its own
// reference, whichever was asked first.
func TestVaultErrorsNameTheirReference(t *testing.T) {
	withoutVault(t)
	v := newVault(t, answers())
	gone := httptest.NewServer(http.NotFoundHandler())
	gone.Close()
	for name, vault := range map[string]*secret.Vault{
		"refused": {Address: v.URL, Token: tokenFile(t, "bad")},
		"gone":    {Address: gone.URL, Token: tokenFile(t, "good")},
		"unknown": nil,
	} {
		run := (&secret.Sources{Vault: vault}).Read()
		for _, path := range []string{"secret/data/acme#user", "secret/data/acme#password", "secret/data/acme#user"} {
			if _, err := run.Value(at(path)); !strings.HasPrefix(said(err), "vault:"+path+": ") {
				t.Errorf("%s: %s: %v", name, path, err)
			}
		}
	}
}

// The environment is what the clients of Vault and OpenBao read.
func TestVaultOfTheEnvironment(t *testing.T) {
	v := newVault(t, answers())
	for _, prefix := range []string{"VAULT_", "BAO_"} {
		withoutVault(t)
		sources := func() *secret.Sources { return &secret.Sources{Vault: &secret.Vault{}} }
		if _, err := sources().Read().Value(at("kv/acme#password")); said(err) != "vault:kv/acme#password: nobody says where our Vault is: set secret_sources.vault.address or VAULT_ADDR" {
			t.Error(err)
		}
		t.Setenv(prefix+"ADDR", v.URL)
		if _, err := sources().Read().Value(at("kv/acme#password")); said(err) != "vault:kv/acme#password: there is no token for our Vault: set one under secret_sources.vault, or VAULT_TOKEN" {
			t.Error(err)
		}
		t.Setenv(prefix+"TOKEN", "good")
		t.Setenv(prefix+"MAX_RETRIES", "5")
		if value, err := sources().Read().Value(at("kv/acme#password")); value != marker || err != nil {
			t.Error(err)
		}
		v.requests()
		if _, err := sources().Read().Value(at("secret/data/500#password")); err == nil || len(v.requests()) != 1 {
			t.Error("it is tried again")
		}
		t.Setenv(prefix+"SKIP_VERIFY", marker)
		if _, err := sources().Read().Value(at("kv/acme#password")); said(err) != "vault:kv/acme#password: a variable VAULT_… or BAO_… of the environment, or a file that one names, can't be used" {
			t.Error(err)
		}
	}
}

// A login gives the token, once for as long as it lasts; a refused one is not made again
// at once, and a token that is refused early is not used again.
func TestVaultLogin(t *testing.T) {
	withoutVault(t)
	all := answers()
	const at200 = `200 {"auth":{"client_token":%q,"lease_duration":%d,"renewable":true}}`
	v := newVault(t, all)
	set := func(answer string) {
		v.mu.Lock()
		defer v.mu.Unlock()
		all["PUT /v1/auth/approle/login"] = answer
	}
	id := tokenFile(t, "the-id")
	login := func() *secret.Sources {
		return &secret.Sources{Vault: &secret.Vault{Address: v.URL, Login: &secret.VaultLogin{
			Path: "auth/approle/login", Plain: map[string]string{"role_id": "robot"}, Secret: map[string]secret.Reference{"secret_id": *id},
		}}}
	}
	const made, read = `PUT /v1/auth/approle/login {"role_id":"robot","secret_id":"the-id"}`, "GET /v1/kv/acme good"
	for name, tt := range map[string]struct {
		answer string
		want   []string
		err    string
	}{
		"lasts":      {fmt.Sprintf(at200, "good", 3600), []string{made, read, read, read}, ""},
		"for ever":   {fmt.Sprintf(at200, "good", 0), []string{made, read, read, read}, ""},
		"refused":    {`400 {"errors":["invalid role or secret ID"]}`, []string{made}, "our Vault refused our login at auth/approle/login (status 400); no other one is made for 30s"},
		"not there":  {`404 {"errors":["no handler for route"]}`, []string{made, made, made}, "our Vault has no login at auth/approle/login"},
		"gives none": {`200 {"data":{}}`, []string{made, made, made}, "our Vault gave no token for the login at auth/approle/login"},
		"revoked":    {fmt.Sprintf(at200, "bad", 3600), []string{made, "GET /v1/kv/acme bad", made, "GET /v1/kv/acme bad", made, "GET /v1/kv/acme bad"}, "our Vault does not take our token: it is wrong, expired or revoked"},
	} {
		t.Run(name, func(t *testing.T) {
			set(tt.answer)
			sources := login()
			for range 3 {
				value, err := sources.Read().Value(at("kv/acme#password"))
				if tt.err == "" && (value != marker || err != nil) || tt.err != "" && said(err) != "vault:kv/acme#password: "+tt.err {
					t.Errorf("%d bytes, %v", len(value), err)
				}
			}
			if asked := v.requests(); !slices.Equal(asked, tt.want) {
				t.Errorf("%q, want %q", asked, tt.want)
			}
		})
	}
	write(t, id.From, "", 0o600)
	if _, err := login().Read().Value(at("kv/acme#password")); said(err) != "vault:kv/acme#password: the secret_id for our Vault: it is missing or empty ("+id.String()+")" {
		t.Error(err)
	}
}

// Many that need a token at once wait for one login.
func TestVaultLoginsAreFew(t *testing.T) {
	withoutVault(t)
	all := answers()
	all["PUT /v1/auth/k8s/login"] = `200 {"auth":{"client_token":"good","lease_duration":60}}`
	v := newVault(t, all)
	sources := &secret.Sources{Vault: &secret.Vault{Address: v.URL, Login: &secret.VaultLogin{Path: "auth/k8s/login"}}}
	var runs sync.WaitGroup
	for range 50 {
		runs.Go(func() {
			if value, err := sources.Read().Value(at("kv/acme#password")); value != marker || err != nil {
				t.Error(err)
			}
		})
	}
	runs.Wait()
	counts := map[string]int{}
	for _, asked := range v.requests() {
		counts[asked]++
	}
	if want := map[string]int{"PUT /v1/auth/k8s/login {}": 1, "GET /v1/kv/acme good": 50}; !maps.Equal(counts, want) {
		t.Errorf("%v, want %v", counts, want)
	}
}

// What is wrong on the way to Vault is said to be wrong there.
func TestVaultThatIsNotThere(t *testing.T) {
	withoutVault(t)
	silent, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = silent.Close() }()
	secured := httptest.NewUnstartedServer(http.NotFoundHandler())
	secured.Config.ErrorLog = log.New(io.Discard, "", 0)
	secured.StartTLS()
	defer secured.Close()
	closing := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) }))
	defer closing.Close()
	plain := httptest.NewServer(http.NotFoundHandler())
	defer plain.Close()
	gone := httptest.NewServer(http.NotFoundHandler())
	gone.Close()
	for address, want := range map[string]string{
		"http://" + silent.Addr().String(): "our Vault at HOST did not answer in time",
		secured.URL:                        "the certificate of our Vault at HOST is not trusted here, or not of that name: set secret_sources.vault.ca_file or VAULT_CACERT",
		strings.Replace(plain.URL, "http://", "https://", 1): "what is at HOST does not speak TLS",
		gone.URL:                     "our Vault at HOST can't be reached: connection refused",
		"https://vault.invalid:8200": "no address is found for our Vault at HOST",
		closing.URL:                  "our Vault at HOST closed the connection",
		"https://127.0.0.1:1/" + strings.Repeat("%zz", 3): "the address of our Vault can't be used",
	} {
		patience := time.Minute
		if strings.HasSuffix(address, silent.Addr().String()) {
			patience = time.Second
		}
		sources := &secret.Sources{Patience: patience, Vault: &secret.Vault{Address: address, Token: tokenFile(t, marker)}}
		_, err := sources.Read().Value(at("kv/acme#password"))
		host := strings.TrimPrefix(strings.TrimPrefix(address, "https://"), "http://")
		if said(err) != "vault:kv/acme#password: "+strings.ReplaceAll(want, "HOST", host) {
			t.Errorf("%s: %v", address, err)
		}
	}
	sources := &secret.Sources{Vault: &secret.Vault{Address: secured.URL, CAFile: "none.pem"}}
	if _, err := sources.Read().Value(at("kv/acme#password")); said(err) != "vault:kv/acme#password: the file of authorities for our Vault (ca_file) can't be used" {
		t.Error(err)
	}
}
