//go:build postgres

package main

import (
	"bytes"
	"encoding/base64"
	"encoding/hex"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/loginwatch/loginwatch/internal/app"
	"github.com/loginwatch/loginwatch/internal/config"
	"github.com/loginwatch/loginwatch/internal/store/pgtest"
)

// Two daemons share the slots of five logins. One is killed in their middle: the other
// one runs all that come due from then on, and no slot is run twice.
func TestPostgreSQLFleet(t *testing.T) {
	pair := pgtest.StartWithStandby(t)
	database := pair.Database()
	t.Setenv("LOGINWATCH_STORE_KEY", strings.Repeat("5a", 32))
	simulator, err := url.Parse(simulatorProcess(t, "--fault", "signzy-ezkra=slow:300ms", "signzy-ezkra"))
	if err != nil {
		t.Fatal(err)
	}
	var logins atomic.Int64
	forward := httputil.NewSingleHostReverseProxy(&url.URL{Scheme: "http", Host: simulator.Host})
	vendor := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		logins.Add(1)
		forward.ServeHTTP(w, r)
	}))
	t.Cleanup(vendor.Close)

	dir := t.TempDir()
	start := func(instance string) *process {
		file := filepath.Join(dir, instance+".yaml")
		if err := os.WriteFile(file, []byte(fleetFile(t, instance, pair.URL(database), vendor.URL+simulator.Path)), 0o600); err != nil {
			t.Fatal(err)
		}
		p := startProcess(t, file)
		p.says(`msg=watching`)
		go func() {
			for p.lines.Scan() { // or it would wait for us
			}
		}()
		return p
	}
	settled := func(instance string) (n int) {
		pair.Value(database, `SELECT count(*) FROM loginwatch.slot WHERE instance = $1 AND settled IS NOT NULL`, &n, instance)
		return n
	}
	a := start("a")
	eventually(t, "one runs slots", func() bool { return settled("a") > 5 })
	b := start("b")
	joined := time.Now()
	eventually(t, "they have met", func() bool { return time.Since(joined) > 4*time.Second })
	met := 0 // that more than one daemon has run, once they have met
	pair.Value(database, `SELECT count(*) FROM (SELECT job FROM loginwatch.slot WHERE planned > $1 AND settled IS NOT NULL GROUP BY job HAVING count(DISTINCT instance) > 1)
		AS shared`, &met, joined.Add(2*time.Second).UnixNano())
	if met > 0 {
		t.Errorf("%d logins are run now by the one and now by the other", met)
	}
	ofB, total := settled("b"), settled("a")+settled("b")
	a.signal(syscall.SIGKILL)
	killed := time.Now()
	_ = a.cmd.Wait() // it was killed
	const watched = 5 * time.Second
	eventually(t, "time passes", func() bool { return time.Since(killed) > watched+2*time.Second })
	jobs, slots := 0, 0
	for into, query := range map[*int]string{
		&jobs:  `SELECT count(DISTINCT job) FROM loginwatch.slot WHERE planned > $1 AND planned <= $2`,
		&slots: `SELECT count(*) FROM loginwatch.slot WHERE planned > $1 AND planned <= $2 AND instance = 'b'`,
	} {
		pair.Value(database, query, into, killed.UnixNano(), killed.Add(watched).UnixNano())
	}
	if jobs != 5 || slots != 5*int(watched.Seconds()) {
		t.Errorf("%d of 25 slots of %d logins were taken by the other daemon", slots, jobs)
	}
	a = start("a") // and is one of two again, but the other one goes first
	b.endsWell()
	before := settled("a")
	eventually(t, "it runs slots again", func() bool { return settled("a") > before })
	a.endsWell()
	var granted, unsettled, longest int
	for into, query := range map[*int]string{
		&granted:   `SELECT count(*) FROM loginwatch.slot WHERE reason = ''`,
		&unsettled: `SELECT count(*) FROM loginwatch.slot WHERE ticket IS NOT NULL`,
		&longest:   `SELECT coalesce(max(settled - planned) / 1000000, 0)::int FROM loginwatch.slot WHERE settled IS NOT NULL`,
	} {
		pair.Value(database, query, into)
	}
	if all, ofB := pair.Slots(database, ""), pair.Slots(database, "b"); !all.Add() || ofB.Open > 0 || ofB.Untold > 0 {
		t.Errorf("of all %+v; of the one that was never killed %+v", all, ofB)
	}
	told := len(regexp.MustCompile(`"run": ?"[a-z2-7]{26}"`).FindAllString(says(t, "history", "--store", pair.URL(database), "--limit", "0", "--since", "1h", "--format", "json"), -1))
	if executed, killed := pair.Slots(database, ""), pair.Slots(database, "a"); told != executed.Executed-killed.Untold || killed.Untold > 10 {
		t.Errorf("the history tells of %d runs of %d; %d of the one that was killed are not in it", told, executed.Executed, killed.Untold)
	}
	n := int(logins.Load())
	if n > granted || n < granted-unsettled {
		t.Errorf("the vendor saw %d logins for %d slots, %d of them without an end", n, granted, unsettled)
	}
	dumpedWithoutSecrets(t, pair.Dump(database))
	t.Logf("two daemons, one killed: %d slots granted, %d without an end, the vendor saw %d logins; the latest was over %d ms after it was due; beside each other they ran %d and %d",
		granted, unsettled, n, longest, total-ofB, ofB)
}

// dumpedWithoutSecrets holds a dump of the fleet's database against what it must not have.
func dumpedWithoutSecrets(t *testing.T, dump string) {
	t.Helper()
	if !strings.Contains(dump, "signzy-ezkra") {
		t.Errorf("the dump has nothing:\n%.1000s", dump)
	}
	for _, secret := range []string{"password@123", strings.Repeat("5a", 32)} { // the login's, and the store's key
		for _, form := range []string{secret, hex.EncodeToString([]byte(secret)), base64.StdEncoding.EncodeToString([]byte(secret)), url.QueryEscape(secret)} {
			if strings.Contains(dump, form) {
				t.Errorf("a dump of the database holds %q", form)
			}
		}
	}
}

// says gives what a command prints that ends well.
func says(t *testing.T, args ...string) string {
	t.Helper()
	var out, complaints bytes.Buffer
	if code := run(t.Context(), args, environment{stdout: &out, stderr: &complaints}); code != 0 {
		t.Fatalf("%q ends with %d: %s", args, code, &complaints)
	}
	return out.String()
}

func eventually(t *testing.T, what string, is func() bool) {
	t.Helper()
	for begun := time.Now(); !is(); time.Sleep(20 * time.Millisecond) {
		if time.Since(begun) > 30*time.Second {
			t.Fatalf("waited too long until %s", what)
		}
	}
}

// fleetFile is the configuration of one daemon of several.
func fleetFile(t *testing.T, instance, store, base string) string {
	t.Helper()
	files, problems := app.Files{}.Read()
	if len(problems) > 0 {
		t.Fatal(problems)
	}
	var secrets []string
	c := files.Catalog.Contract("signzy-ezkra")
	for _, s := range c.Secrets {
		t.Setenv(variable(c.Vendor, s.Name), s.Demo)
		secrets = append(secrets, s.Name+": "+config.FromEnvironment(c.Vendor).Origin(s.Name))
	}
	text := fmt.Sprintf("instance: %s\nstore: {url: %q, key: env:LOGINWATCH_STORE_KEY}\ntargets:\n", instance, store)
	for i := range 5 {
		text += fmt.Sprintf("  t%d: {vendor: %s, base_url: %q, secrets: {%s}}\n", i, c.Vendor, base, strings.Join(secrets, ", "))
	}
	return text + "probes:\n  signzy-ezkra/login: {schedule: \"@every 1s\", timeout: 5s}\n"
}
