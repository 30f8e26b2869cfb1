//go:build !race

package main

import (
	"encoding/base64"
	"encoding/json"
	"fmt"
	"io/fs"
	"maps"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/loginwatch/loginwatch/internal/faulty/leak"
)

// What the descriptions below hold: a user, what is secret, and what an answer says of
// somebody. The rest of the password is written in another way in each format.
var inDescriptions = map[string]string{
	"user": "qzuser-7Kd93@qz-mail.test", "password": `Hx7"<>&%+/\=?# éQm29Zt`, "key": "mR4tYw8PzQ2sVb6N", "token": "Ln5Gx2Wq8Bd4Jf7Hc3Tk", "session": "Vz3Rk9Xp5Cm1Dg7Sj",
	"person": "Quendolyn Zwyx", "number": "+499876504321", "claim": "Bq8Wd5Zk2Nf", "refresh": "Yt6Ue3Io9Pa1Sd4Fg",
}

func inJSON(text string) string {
	data, _ := json.Marshal(text)
	return strings.Trim(string(data), `"`)
}

// descriptions hold all of it, in each format.
func descriptions() map[string]string {
	sent := `{"email":"` + inDescriptions["user"] + `","password":"` + inJSON(inDescriptions["password"]) + `","note":"of ` + base64.StdEncoding.EncodeToString([]byte(inDescriptions["key"]+inDescriptions["user"])) + `"}`
	part := func(text string) string { return base64.RawURLEncoding.EncodeToString([]byte(text)) }
	jwt := part(`{"alg":"RS256"}`) + "." + part(`{"sub":"`+inDescriptions["claim"]+`","email":"`+inDescriptions["user"]+`","exp":1800000000}`) + "." + part(inDescriptions["claim"]+inDescriptions["claim"])
	given := `{"access_token":"` + jwt + `","refresh_token":"` + inDescriptions["refresh"] + `","id":"` + inDescriptions["session"] + `","you":{"name":"` + inDescriptions["person"] + `","phone":"` + inDescriptions["number"] +
		`"},"echo":"` + inJSON(inDescriptions["password"]) + `","link":"https://x.test/?u=` + url.QueryEscape(inDescriptions["user"]) + `&k=` + inDescriptions["key"] + `"}`
	cookie := "sid=" + inDescriptions["session"]
	me := `{"hello":"` + inDescriptions["person"] + `","mail":"` + inDescriptions["user"] + `","tok":"` + inDescriptions["token"] + `"}`
	entry := func(method, path, headers, body, answer string) string {
		post := ""
		if body != "" {
			post = `,"postData":{"mimeType":"application/json","text":` + quotedJSON(body) + `}`
		}
		return `{"startedDateTime":"2026-01-31T12:00:00Z","time":1,"_resourceType":"fetch","request":{"method":"` + method + `","url":"https://api.acme.test` + path + `","httpVersion":"HTTP/2","headers":[` + headers + `],"queryString":[],"cookies":[],"headersSize":-1,"bodySize":-1` + post +
			`},"response":{"status":200,"statusText":"","httpVersion":"HTTP/2","headers":[{"name":"content-type","value":"application/json"},{"name":"set-cookie","value":"` + cookie + `; Secure"}],"cookies":[],"content":{"size":1,"mimeType":"application/json","text":` + quotedJSON(answer) +
			`},"redirectURL":"","headersSize":-1,"bodySize":-1},"cache":{},"timings":{"send":0,"wait":0,"receive":0}}`
	}
	shown := func(body, answer string) string {
		return `{"requestBody":{"content":{"application/json":{"example":` + body + `}}},"responses":{"200":{"description":"of ` + inDescriptions["person"] + `","content":{"application/json":{"example":` + answer + `}}}}}`
	}
	return map[string]string{
		"curl": "curl -i 'https://api.acme.test/t/" + inDescriptions["session"] + "/login?k=" + inDescriptions["key"] + "' -H 'Content-Type: application/json' -H 'X-Api-Key: " + inDescriptions["key"] + "' -b '" + cookie + "' -d '" + sent +
			"'\nHTTP/2 200\ncontent-type: application/json\nset-cookie: " + cookie + "; Secure\n\n" + given + "\ncurl -i https://api.acme.test/me/" + inDescriptions["session"] + " -H 'Authorization: Bearer " + jwt + "'\nHTTP/2 200\ncontent-type: application/json\n\n" + me + "\n",
		"har": `{"log":{"version":"1.2","creator":{"name":"WebInspector","version":"537.36"},"entries":[` +
			entry("POST", "/login?k="+inDescriptions["key"], `{"name":"x-api-key","value":"`+inDescriptions["key"]+`"},{"name":"cookie","value":"`+cookie+`"}`, sent, given) + "," +
			entry("GET", "/me", `{"name":"authorization","value":"Bearer `+jwt+`"}`, "", me) + `]}}`,
		"openapi": `{"openapi":"3.0.3","info":{"title":"A","version":"1"},"servers":[{"url":"https://api.acme.test"}],"paths":{"/login":{"post":` + shown(sent, given) + `},"/me":{"get":` + shown("{}", me) + `}}}`,
		"postman": `{"info":{"name":"A","schema":"https://schema.getpostman.com/json/collection/v2.1.0/collection.json"},"variable":[{"key":"pw","value":` + quotedJSON(inDescriptions["password"]) + `},{"key":"user","value":"` + inDescriptions["user"] + `"}],"item":[{"name":"login","request":{"method":"POST","url":"https://api.acme.test/login?k=` +
			inDescriptions["key"] + `","header":[{"key":"X-Api-Key","value":"` + inDescriptions["key"] + `"}],"body":{"mode":"raw","raw":` + quotedJSON(sent) + `}},"response":[{"name":"ok","code":200,"header":[{"key":"Content-Type","value":"application/json"}],"body":` + quotedJSON(given) + `}]}]}`,
		"bruno": "meta {\n  name: login\n  type: http\n}\n\npost {\n  url: https://api.acme.test/login?k=" + inDescriptions["key"] + "\n  body: json\n  auth: basic\n}\n\nauth:basic {\n  username: " + inDescriptions["user"] + "\n  password: " + inDescriptions["token"] +
			"\n}\n\nheaders {\n  X-Api-Key: " + inDescriptions["key"] + "\n}\n\nbody:json {\n  " + sent + "\n}\n",
	}
}

// TestNewLeaks: no piece of what a description holds stands in a file or on the
// terminal, plain or encoded, also where the description is cut off or broken.
func TestNewLeaks(t *testing.T) {
	hay := leak.New(inDescriptions)
	if len(descriptions()) != len(formats()) {
		t.Error("a format has no description here")
	}
	drafted := 0
	for kind, text := range descriptions() {
		broken := map[string]string{"whole": text, "as another": strings.ReplaceAll(text, "password", "motto"), "without quotation marks": strings.ReplaceAll(text, `"`, "'")}
		if kind == "openapi" {
			for at, compared := range ourComparisons() { // each by itself, as one that is refused takes the others with it
				broken["with our own members, compared at "+at] = withOurMembers(t, text, false, map[string]any{at: compared})
			}
			broken["with our own members, joined"] = withOurMembers(t, text, true, ourComparisons())
		}
		for i := range 12 {
			broken[fmt.Sprintf("cut at %d twelfths", i)] = text[:len(text)*i/12]
		}
		for how, input := range broken {
			into := filepath.Join(t.TempDir(), "mypack")
			var told output
			code := run(t.Context(), []string{"new", "acme", "-", "--format", kind, "--into", into}, environment{stdin: strings.NewReader(input), stdout: &told, stderr: &told})
			all := told.String()
			if code == exitOK {
				drafted++
				run(t.Context(), []string{"vet", "--pack", into}, environment{stdout: &told, stderr: &told})
				all = told.String() + contents(t, into)
			} else if how == "whole" {
				t.Errorf("%s is refused: %s", kind, all)
			}
			if found := hay.Find([]byte(all)); len(found) > 0 {
				t.Errorf("%s, %s (code %d): %v\n%s", kind, how, code, found[0], all)
			}
		}
	}
	if drafted < len(formats()) {
		t.Errorf("only %d drafts", drafted)
	}
}

// ourComparisons compare with what is secret.
func ourComparisons() map[string]any {
	it := inDescriptions
	prefix := func(text string) any { return map[string]any{"prefix": text} }
	return map[string]any{
		"/access_token": prefix("ey"), "/refresh_token": it["refresh"], "/id": it["session"], "/you/name": it["person"], "/you/phone": prefix(it["number"]), "/echo": it["password"],
		"/tok": it["token"], "/hello": it["person"], "header:X-Api-Key": it["key"], "header:WWW-Authenticate": prefix(it["token"]), "header:Location": prefix("/" + it["session"]),
	}
}

// withOurMembers has what is secret in each member that our own export adds to OpenAPI, of
// one operation or of two that are joined.
func withOurMembers(t *testing.T, text string, joined bool, where map[string]any) string {
	type object = map[string]any
	var document object
	if err := json.Unmarshal([]byte(text), &document); err != nil {
		t.Fatal(err)
	}
	it := inDescriptions
	for _, item := range document["paths"].(object) {
		for _, operation := range item.(object) {
			o := operation.(object)
			responses := o["responses"].(object)
			success := responses["200"].(object)
			media := success["content"].(object)["application/json"].(object)
			example := func(name, means string, value any, more object) object {
				e := object{"x-loginwatch-outcome": name, "x-loginwatch-means": means, "x-loginwatch-when": []string{"valid", it["key"]}, "value": value}
				if joined {
					e["x-loginwatch-operation"] = "enter"
				}
				maps.Copy(e, more)
				return e
			}
			value := media["example"]
			delete(media, "example")
			media["examples"] = object{"a": example(it["session"], "ok", value, object{"x-loginwatch-where": where})}
			success["headers"] = object{"X-Api-Key": object{"example": it["key"]}, "WWW-Authenticate": object{"example": it["token"]}, "Location": object{"example": "/" + it["session"]}}
			answer := func(kind string, example object) object {
				return object{"description": "", "headers": success["headers"], "content": object{kind: object{"examples": object{"a": example}}}}
			}
			responses["401"] = answer("application/json", example(it["key"], "rejected", value, object{"x-loginwatch-where": where}))
			responses["403"] = answer("text/html", example("told", "rejected", it["person"], object{"x-loginwatch-contains": it["person"]}))
			responses["409"] = answer("text/html", example("echoed", "rejected", it["refresh"], object{"x-loginwatch-contains": it["refresh"]}))
			one := object{"body": object{"email": it["user"], "password": it["password"], "note": it["key"]}, "outcomes": object{it["key"]: []int{200}}}
			o["x-loginwatch-operations"] = object{it["session"]: one}
			if joined {
				maps.Copy(one, object{
					"path": "/login/" + it["session"], "query": object{"k": it["key"]}, "headers": object{"X-Api-Key": it["key"], "Authorization": "Bearer " + it["token"]},
					"cookies": []string{it["session"]}, "content": "application/json",
				})
				o["x-loginwatch-operations"] = object{"enter": one, it["session"]: one}
			}
		}
	}
	data, err := json.Marshal(document)
	if err != nil {
		t.Fatal(err)
	}
	return string(data)
}

// contents is all that stands in a folder, names included.
func contents(t *testing.T, dir string) string {
	t.Helper()
	var b strings.Builder
	err := fs.WalkDir(os.DirFS(dir), ".", func(name string, e fs.DirEntry, err error) error {
		if err != nil || e.IsDir() {
			return err
		}
		data, err := fs.ReadFile(os.DirFS(dir), name)
		fmt.Fprintf(&b, "== %s\n%s\n", name, data)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return b.String()
}
