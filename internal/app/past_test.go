package app_test

import (
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"errors"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/loginwatch/loginwatch"
	"github.com/loginwatch/loginwatch/internal/app"
	people "github.com/loginwatch/loginwatch/internal/exporter/page"
	"github.com/loginwatch/loginwatch/internal/faulty"
	"github.com/loginwatch/loginwatch/internal/history"
	"github.com/loginwatch/loginwatch/internal/report"
	"github.com/loginwatch/loginwatch/internal/sla"
	"github.com/loginwatch/loginwatch/internal/store"
)

// echoes are answers that give the password back, wherever an answer can.
func echoes() []scenario {
	encoded := base64.StdEncoding.EncodeToString([]byte(password))
	return []scenario{
		{name: "in a member's name", answer: faulty.JSON("200 OK", `{"code":"OK","token":"t0ken","user":7,"`+password+`":1,"`+encoded+`":{}}`)},
		{name: "in values", answer: faulty.JSON("200 OK", `{"code":"`+password+`","token":"`+password+`","user":"`+encoded+`"}`)},
		{name: "in the reason phrase and a header", answer: faulty.Says("HTTP/1.1 500 " + password + "\r\nX-" + password + ": " + encoded + "\r\nContent-Length: 0\r\n\r\n")},
		{name: "in where it leads", answer: faulty.Says("HTTP/1.1 302 Found\r\nLocation: https://" + password + ".example/?p=" + url.QueryEscape(password) + "\r\nContent-Length: 0\r\n\r\n")},
		{name: "in a type", answer: faulty.Says("HTTP/1.1 200 OK\r\nContent-Type: text/" + password + "\r\nContent-Length: 2\r\n\r\n{}")},
		{name: "in pieces of names", answer: faulty.HTTP("200 OK", "application/json", `{"code":"OK","token":"t0ken","user":7,"x-`+password[:6]+`":1,"`+password[:7]+`":{"`+hex.EncodeToString([]byte(password))[:14]+`":2}}`, "X-"+password[:6]+": 1\r\n")},
		{name: "in cookies", answer: faulty.HTTP("200 OK", "application/json", success, "Set-Cookie: "+password+"="+password+"; Path=/"+password+"\r\nSet-Cookie: a-"+strings.ToLower(password[:6])+"-b="+encoded+"; Domain="+password+".example\r\n")},
		{name: "in an error page", answer: faulty.HTML("400 Bad Request", "<pre>POST /login\n\n{&quot;password&quot;: &quot;"+password+"&quot;}</pre>", "")},
		{name: "percent-encoded in names", answer: faulty.JSON("200 OK", `{"code":"OK","token":"t0ken","user":7,"%53%33%43RET-password":1,"`+url.QueryEscape(encoded)+`":{}}`)},
		{name: "turned", answer: faulty.JSON("200 OK", `{"code":"OK","token":"t0ken","user":7,"drowssap-TERC3S":1}`)},
		{name: "in no HTTP at all", answer: faulty.Says(password + " " + encoded + "\r\n")},
	}
}

// Every run that there can be is in the store's file as it was, can be read there while
// the file is in use, and no form of a secret is in the file or in what is shown of it.
func TestEveryRunIsWrittenDown(t *testing.T) {
	for _, tt := range append(runs(), echoes()...) {
		t.Run(tt.name, func(t *testing.T) {
			v := serve(t, tt.answer)
			j := job(t, v.Base())
			ctx := t.Context()
			if tt.arrange != nil {
				ctx = tt.arrange(t, v, &j)
			}
			path := filepath.Join(t.TempDir(), "loginwatch.db")
			l, err := store.OpenSQLite(t.Context(), path, store.Budget{})
			if err != nil {
				t.Fatal(err)
			}
			w := newWatch(t, app.EngineOptions{Ledger: l}, j)
			w.slot(ctx, j)
			run := w.notes.runs[0]
			var known *history.Record
			for begun := time.Now(); known == nil && err == nil && time.Since(begun) < 20*time.Second; time.Sleep(time.Millisecond) {
				known, err = l.Past().Run(t.Context(), run.ID)
			}
			if err != nil || known == nil {
				t.Fatalf("%v, %v", known, err)
			}
			reading, err := store.Read(t.Context(), store.Place{URL: "sqlite:" + path})
			if err != nil {
				t.Fatal(err)
			}
			known, err = reading.Run(t.Context(), run.ID)
			if err != nil || known == nil {
				t.Fatalf("%v, %v", known, err)
			}
			if diff := cmp.Diff(kept(t, run), kept(t, known.Run)); diff != "" {
				t.Errorf("(-run +history):\n%s", diff)
			}
			var text strings.Builder
			for _, format := range []string{"text", "json"} {
				if err := report.WriteRecord(&text, format, known, report.Options{}); err != nil {
					t.Error(err)
				}
			}
			if err := report.WriteHAR(&text, known, ""); err != nil {
				t.Error(err)
			}
			if len(run.Steps) > 0 && history.Telling(run) && !report.HasEvidence(known.Run) {
				t.Error("its exchange is not kept")
			}
			handedOut(t, &text, path, reading, run)
			for _, name := range []string{path, path + "-wal"} {
				data, err := os.ReadFile(name)
				if err != nil {
					t.Fatal(err)
				}
				text.Write(data)
			}
			if err := reading.Close(); err != nil {
				t.Error(err)
			}
			if err := l.Close(); err != nil {
				t.Error(err)
			}
			data, _ := os.ReadFile(path)
			text.Write(data)
			for _, form := range forms(password) {
				if strings.Contains(strings.ToLower(text.String()), strings.ToLower(form)) {
					t.Errorf("the store, or what is shown of it, holds the password as %q", form)
				}
			}
		})
	}
}

// handedOut writes what leaves the house of a store: its export, a dossier of the month of a run, and a page for people.
func handedOut(t *testing.T, to *strings.Builder, path string, reading *store.Reading, run *loginwatch.Run) {
	t.Helper()
	begun := to.Len()
	lines := report.NewExport(to)
	err := store.ExportTo(t.Context(), store.Place{URL: "sqlite:" + path}, store.Export{}, time.Now(), func(store.Exported) error { return lines.Begin(report.Meta{}) }, lines)
	if err := errors.Join(err, lines.End()); err != nil {
		t.Error(err)
	}
	clause := sla.DefaultClause()
	clause.Bad, clause.Confirm = []loginwatch.Verdict{loginwatch.Drift, loginwatch.Rejected, loginwatch.Throttled, loginwatch.Unavailable}, 1
	dossier, err := sla.Make(t.Context(), reading, run.Vendor, "", run.Due.UTC().Format("2006-01"), clause, run.Due.AddDate(0, 0, 1))
	if err != nil {
		t.Fatal(err)
	}
	for _, format := range []string{"text", "json", "html"} {
		if err := dossier.Write(to, format); err != nil {
			t.Error(err)
		}
	}
	seen := &people.Seen{Now: run.Due}
	seen.Standings, err = reading.Standings(t.Context(), nil)
	page := people.Of(people.Input{Contract: &loginwatch.Contract{Vendor: run.Vendor}, Seen: seen})
	if err := errors.Join(err, page.Markdown(to), page.HTML(to)); err != nil {
		t.Error(err)
	}
	if told := to.String()[begun:]; !strings.Contains(told, run.ID) || !strings.Contains(told, "<td>"+string(run.Verdict)+" "+string(run.Reason)) && slices.Contains(clause.Bad, run.Verdict) {
		t.Errorf("the run is not in what is handed out:\n%s", told)
	}
}

// forms are ways to write a secret, and what tells half of it.
func forms(secret string) []string {
	quoted, _ := json.Marshal(secret)
	raw := base64.StdEncoding.EncodeToString([]byte(secret))
	return []string{secret, strings.Trim(string(quoted), `"`), raw, strings.TrimRight(raw, "="), base64.URLEncoding.EncodeToString([]byte(secret)), hex.EncodeToString([]byte(secret)), url.QueryEscape(secret), "%53%33%43RET", secret[:6], "drowssap", hex.EncodeToString([]byte(secret[:6])), base64.RawStdEncoding.EncodeToString([]byte(secret[:6]))}
}

// kept is a run as the history keeps it, with durations to the microsecond.
func kept(t *testing.T, r *loginwatch.Run) *loginwatch.Run {
	t.Helper()
	shared, own, err := history.Pack(r)
	if err != nil {
		t.Fatal(err)
	}
	record, err := history.Unpack(history.EntryOf(r), shared, own)
	if err != nil {
		t.Fatal(err)
	}
	return record.Run
}
