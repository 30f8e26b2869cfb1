package har

import (
	"bytes"
	"errors"
	"flag"
	"fmt"
	"os"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/loginwatch/loginwatch/internal/importer"
	"github.com/loginwatch/loginwatch/internal/importer/golden"
)

var update = flag.Bool("update", false, "write the golden files again")

const archives = "testdata/*.har"

func read(data []byte) (*importer.Recording, error) { return Read(bytes.NewReader(data)) }

func TestRead(t *testing.T) {
	golden.Hold(t, archives, 7, *update, read)
	golden.Hold(t, archives, 7, *update, func(data []byte) (*importer.Recording, error) {
		return read(append([]byte("\xef\xbb\xbf"), data...)) // behind a byte order mark
	})
}

// archive is one with these entries.
func archive(entries ...string) string {
	return `{"log":{"version":"1.2","entries":[` + strings.Join(entries, ",") + `]}}`
}

// call is an entry; what is in it may be replaced.
const call = `{"request":{"method":"POST","url":"https://api.example.com/login","headers":[],"postData":{"mimeType":"text/plain","text":"hunter2"}},` +
	`"response":{"status":200,"headers":[],"content":{"mimeType":"application/json","text":"{}"}}}`

// Each has the word hunter2 where a value would be, and no error may show it.
func TestRefused(t *testing.T) {
	for text, want := range map[string]string{
		"":                                     "it ends inside a value",
		"hunter2":                              "it can't be read as JSON at byte 1",
		`"hunter2"`:                            errNoArchive.Error(),
		`["hunter2"]`:                          errNoArchive.Error(),
		`{"openapi":"hunter2"}`:                errNoArchive.Error(),
		`{"log":"hunter2"}`:                    errNoArchive.Error(),
		`{"log":{"entries":{"hunter2":1}}}`:    errNoArchive.Error(),
		`{"log":{"entries":[]}}`:               errNoCall.Error(),
		`{"log":{"a":1,"a":2}}`:                "an object has a member twice, or too many of them",
		archive(call)[:200]:                    "entries[0]: it ends inside a value",
		archive(call, call[:40]):               "entries[1]: it ends inside a value",
		archive(call, `"hunter2"`):             "entries[1]: a member has another type than an HTTP archive gives it",
		archive(call, `{"request":"hunter2"}`): "entries[1]: a member has another type than an HTTP archive gives it",
		archive(call) + "hunter2":              "something follows the archive",
		archive(call, strings.Replace(call, `"url"`, `"method":"hunter2","url"`, 1)):   "entries[1]: a value can't be read: duplicate-key",
		archive(call, strings.Replace(call, "hunter2", "hunter2\xff", 1)):              "entries[1]: a value can't be read: encoding",
		archive(call, strings.Repeat("[", 300)+strings.Repeat("]", 300)):               "entries[1]: a value can't be read: too-deep",
		archive(call, strings.Repeat("[", 1<<20)):                                      "entries[1]: it can't be read as JSON at byte 10256",
		archive(call, strings.Replace(call, "200", "2e99999", 1)):                      "entries[1]: a value can't be read: number-out-of-range",
		archive(strings.Replace(call, "https://api.example.com", "ftp://hunter2", 1)):  errNoCall.Error(),
		archive(strings.Replace(call, "https://api.example.com", "https://%zz", 1)):    errNoCall.Error(),
		archive(strings.Replace(call, "https://api.example.com/login", "/hunter2", 1)): errNoCall.Error(),
		archive(strings.Replace(call, "/login", "/login?hunter2=%ff", 1)):              errNoCall.Error(),
		archive(strings.Replace(call, `"status":200`, `"status":0`, 1)):                errNoCall.Error(),
		"{\x00}": "it can't be read as JSON at byte 1",
	} {
		recording, err := Read(strings.NewReader(text))
		var place *importer.Error
		switch {
		case err == nil:
			t.Errorf("%.80q is read as:\n%s", text, golden.Text(recording))
		case !errors.As(err, &place) || err.Error() != want:
			t.Errorf("%.80q:\n got %v\nwant %s", text, err, want)
		}
	}
}

// Bodies that are no text, or too long, are left out, and the rest is taken.
func TestLeftOut(t *testing.T) {
	long := strings.Repeat("a", 1<<20)
	for text, want := range map[string]string{
		strings.Replace(call, `"text":"{}"`, `"text":"`+long+`"`, 1):                      "the body of an answer is longer than loginwatch reads: it is left out",
		strings.Replace(call, `"text":"{}"`, `"text":"?","encoding":"base64"`, 1):         "the body of an answer is no base64, as the archive says: it is left out",
		strings.Replace(call, `"status":200`, `"status":304`, 1):                          cachedRemark,
		strings.Replace(call, `"text":"{}"`, `"size":5`, 1):                               "the bodies of some answers are not in the archive",
		strings.Replace(call, `"text":"hunter2"`, `"text":"/w==","encoding":"base64"`, 1): "the body of a request is no text: it is left out",
	} {
		recording, err := Read(strings.NewReader(archive(text)))
		if err != nil || len(recording.Exchanges) != 1 || recording.Remarks[0].Text != want || want == cachedRemark && len(recording.Exchanges[0].Answers) > 0 {
			t.Errorf("%.60q: %v, %+v", text, err, recording)
		}
	}
}

func FuzzRead(f *testing.F) {
	f.Add([]byte(archive(call)))
	golden.Fuzz(f, []string{archives}, read, func(t *testing.T, recording *importer.Recording) {
		for i, e := range recording.Exchanges {
			if len(e.Answers) > 1 || !utf8.ValidString(fmt.Sprint(e.Request)) {
				t.Errorf("%d: %+v", i, e)
			}
		}
	})
}

// An archive of our own history is read too, though it has names in the place of values.
func TestOwnArchive(t *testing.T) {
	data, err := os.ReadFile("../../report/testdata/history/answered.har")
	if err != nil {
		t.Fatal(err)
	}
	recording, err := Read(bytes.NewReader(data))
	if err != nil || len(recording.Exchanges) != 1 {
		t.Fatalf("%v, %+v", err, recording)
	}
	q := recording.Exchanges[0].Request
	if got := q.Method + " " + strings.Join(q.URL.Texts, ""); got != "POST https://api.alpha.example/login" {
		t.Error(got)
	}
}
