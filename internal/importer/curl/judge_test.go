package curl

import (
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"mime"
	"mime/multipart"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/loginwatch/loginwatch"
	"github.com/loginwatch/loginwatch/internal/importer"
	"github.com/loginwatch/loginwatch/internal/importer/request"
)

// asked is a request as a server got it.
type asked struct {
	Scheme, Method, Host, Target string
	Headers                      http.Header
	Body                         string
}

// wrapper is what the lines run as curl: the real one, which reaches loopback alone,
// whatever host, proxy or certificate a line names. Each --next begins new options.
const wrapper = `#!/bin/bash
curl=%q
http=%q
https=%q
ours() { all+=(--connect-to ":443:$https" --connect-to "::$http" --proxy '' --noproxy '*' -k --http1.1 --max-time 20 --retry 0); }
all=(-q)
for argument in "$@"; do
	case $argument in
	--next | -:) ours ;;
	esac
	all+=("$argument")
done
ours
exec "$curl" "${all[@]}"
`

// TestCurlAgrees runs each line of the corpus for bash by the real bash and curl. What
// is read of a line must be what a server got.
func TestCurlAgrees(t *testing.T) {
	var mu sync.Mutex
	var got []asked
	record := func(scheme string) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			body, err := io.ReadAll(r.Body)
			if err != nil {
				t.Error(err)
			}
			mu.Lock()
			got = append(got, asked{scheme, r.Method, r.Host, r.RequestURI, r.Header, string(body)})
			mu.Unlock()
			w.Header().Set("Connection", "close")
			if _, err := w.Write([]byte("{}")); err != nil {
				t.Error(err)
			}
		})
	}
	plain, secure := httptest.NewServer(record("http")), httptest.NewTLSServer(record("https"))
	defer plain.Close()
	defer secure.Close()
	folder := t.TempDir()
	real, err := exec.LookPath("curl")
	if err != nil {
		t.Fatal("curl is missing; make setup installs it: ", err)
	}
	script := fmt.Sprintf(wrapper, real, address(plain.Listener), address(secure.Listener))
	if err := os.WriteFile(filepath.Join(folder, "curl"), []byte(script), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(folder, "jq"), []byte("#!/bin/bash\ncat >/dev/null\necho from-jq\n"), 0o755); err != nil {
		t.Fatal(err)
	}
	for _, f := range corpus(t, "testdata/bash.txtar").Files {
		if strings.HasSuffix(f.Name, ".want") {
			continue
		}
		t.Run(f.Name, func(t *testing.T) {
			mu.Lock()
			got = nil
			mu.Unlock()
			values := valuesOf(string(f.Data))
			run := exec.CommandContext(t.Context(), "bash", "-c", string(f.Data))
			run.Dir = t.TempDir()
			run.Env = []string{"PATH=" + folder + ":/usr/bin:/bin", "LC_ALL=C.UTF-8"}
			for name, value := range values {
				run.Env = append(run.Env, name+"="+value)
			}
			out, err := run.CombinedOutput()
			mu.Lock()
			defer mu.Unlock()
			recording, wrong := Read(f.Data)
			if wrong != nil {
				t.Fatal(wrong)
			}
			if len(got) != len(recording.Exchanges) {
				t.Fatalf("%d requests came, %d are read: %v\n%s", len(got), len(recording.Exchanges), err, out)
			}
			known := map[string]string{"api_key": "{{api_key}}"} // of Postman, which curl does not know
			for name, value := range values {
				known[importer.Name(name)] = value
			}
			for _, v := range recording.Variables {
				known[v.Name] = v.Value
			}
			for i, e := range recording.Exchanges {
				agree(t, got[i], e.Request, known)
				for _, kept := range e.Kept {
					known[kept.Variable] = "from-jq"
				}
			}
		})
	}
}

func address(l net.Listener) string { return l.Addr().String() }

var variable = regexp.MustCompile(`\$\{?([A-Z_]+)`)

// valuesOf gives each variable of a line a value.
func valuesOf(line string) map[string]string {
	values := map[string]string{}
	for _, found := range variable.FindAllStringSubmatch(line, -1) {
		values[found[1]] = "value-of-" + found[1]
		if strings.HasPrefix(found[1], "BASE") {
			values[found[1]] = "https://base.example.com/v1"
		}
	}
	return values
}

// agree holds what is read of a request against what came.
func agree(t *testing.T, came asked, read importer.Request, known map[string]string) {
	t.Helper()
	text := func(tmpl loginwatch.Template) string {
		var b strings.Builder
		for i, s := range tmpl.Texts {
			if i > 0 {
				b.WriteString(known[tmpl.Names[i-1]])
			}
			b.WriteString(s)
		}
		return b.String()
	}
	pairs := func(fields []importer.Field) (all []string) {
		for _, f := range fields {
			all = append(all, f.Name+"="+text(f.Value))
		}
		return all
	}
	same(t, "method", came.Method, read.Method)
	target, query, _ := strings.Cut(came.Target, "?")
	same(t, "query", decodedPairs(t, query), pairs(read.Query))
	if came.Host == "other.example.com" { // which a remark says
		came.Host = strings.Split(text(read.URL), "/")[2]
	}
	same(t, "address", came.Scheme+"://"+came.Host+target, text(read.URL))
	headers := came.Headers.Clone()
	sent := func(name string) string {
		value := strings.Join(headers[http.CanonicalHeaderKey(name)], ", ")
		if name == "Cookie" { // curl leaves out the space that RFC 6265, section 4.2.1, asks for
			value = strings.ReplaceAll(strings.ReplaceAll(value, "; ", ";"), ";", "; ")
		}
		headers.Del(name)
		return value
	}
	length := sent("Content-Length")
	contentType := sent("Content-Type")
	for _, h := range read.Headers {
		if strings.EqualFold(h.Name, "content-type") {
			same(t, "content type", contentType, text(h.Value))
			contentType = ""
		}
	}
	if read.Body != nil {
		agreeBody(t, came.Body, contentType, *read.Body, text, pairs)
	} else if came.Body != "" || length != "" && length != "0" {
		t.Errorf("a body came, of %s bytes", length)
	}
	if read.Basic != nil {
		r := http.Request{Header: http.Header{"Authorization": {sent("Authorization")}}}
		user, password, _ := r.BasicAuth()
		same(t, "user", user, text(read.Basic.User))
		same(t, "password", password, text(read.Basic.Password))
	}
	for _, h := range read.Headers {
		if name := strings.ToLower(h.Name); name != "host" && name != "content-type" {
			same(t, h.Name, sent(h.Name), text(h.Value))
		}
	}
	for name, value := range headers {
		f := importer.Request{Headers: []importer.Field{{Name: name, Value: importer.Plain(value[0])}}}
		if left := tidied(f); left == 0 {
			t.Errorf("%s came and is not read", name)
		}
	}
}

func agreeBody(t *testing.T, came, contentType string, read importer.Body, text func(loginwatch.Template) string, pairs func([]importer.Field) []string) {
	t.Helper()
	kind, parameters, err := mime.ParseMediaType(cmp.Or(contentType, "none/none"))
	if err != nil {
		t.Error(err)
	}
	switch {
	case kind == "multipart/form-data":
		same(t, "content type", kind, read.ContentType)
		var all []string
		for r := multipart.NewReader(strings.NewReader(came), parameters["boundary"]); ; {
			part, err := r.NextPart()
			if errors.Is(err, io.EOF) {
				break
			}
			if err != nil {
				t.Fatal(err)
			}
			value, err := io.ReadAll(part)
			if err != nil {
				t.Fatal(err)
			}
			all = append(all, part.FormName()+"="+string(value))
		}
		same(t, "form", all, pairs(read.Fields))
		return
	case read.Fields != nil:
		same(t, "form", decodedPairs(t, came), pairs(read.Fields))
	default:
		same(t, "body", came, text(read.Text))
	}
	same(t, "content type", contentType, read.ContentType)
}

// decodedPairs reads a query or a form as the standard library does, in its order.
func decodedPairs(t *testing.T, query string) (all []string) {
	t.Helper()
	for _, pair := range strings.Split(query, "&") {
		name, value, _ := strings.Cut(pair, "=")
		name, err := url.QueryUnescape(name)
		if err != nil {
			t.Error(err)
		}
		if value, err = url.QueryUnescape(value); err != nil {
			t.Error(err)
		}
		if pair != "" {
			all = append(all, name+"="+value)
		}
	}
	return all
}

func same(t *testing.T, what string, came, read any) {
	t.Helper()
	a, err := json.Marshal(came)
	b, err2 := json.Marshal(read)
	if err != nil || err2 != nil || !slices.Equal(a, b) {
		t.Errorf("%s: %s came, %s is read", what, a, b)
	}
}

// tidied gives how many headers of a request are left out.
func tidied(r importer.Request) int { return request.Tidy(&r) }
