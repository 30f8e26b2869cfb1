package sim

import (
	"net/http"
	"slices"
	"testing"
	"time"

	"github.com/loginwatch/loginwatch"
	"github.com/loginwatch/loginwatch/internal/check"
)

// Our own judge finds nothing to object to in any success, at any time of day.
func TestSuccessesPassTheJudge(t *testing.T) {
	contracts := embedded(t)
	now := start
	s := newSim(t, Options{Now: func() time.Time { return now }}, contracts...)
	for _, c := range contracts {
		for _, k := range c.Cases {
			if !k.SuccessDue() {
				continue
			}
			seen := map[string]bool{}
			for i := range 50 {
				now = start.Add(time.Duration(i) * 7 * time.Hour)
				j := judge(t, s, c, k, now)
				if j.Verdict != loginwatch.OK || j.Outcome == "" {
					t.Fatalf("%s %s: %s %s %v", c.Vendor, k.ID, j.Verdict, j.Reason, j.Findings)
				}
				if k.Operation.Token != nil && (!j.Token.Present || seen[j.Token.Digest]) {
					t.Fatalf("%s %s: the token is absent or came before", c.Vendor, k.ID)
				}
				seen[j.Token.Digest] = true
			}
		}
	}
}

func judge(t testing.TB, s *Simulator, c *loginwatch.Contract, k *loginwatch.Case, now time.Time) loginwatch.Judgement {
	t.Helper()
	res := do(s.Handler(c.Vendor), newClient(s, c).request(t, k))
	return check.Judge(check.Input{
		Contract: c, Case: k, Key: []byte("key"),
		Exchange: &loginwatch.Exchange{
			Method: k.Operation.Request.Method, Status: res.StatusCode, Proto: "HTTP/1.1", Header: res.Header, Body: bodyOf(t, res),
			Started: now, Finished: now,
		},
	}).Judgement
}

// What each fault makes of a login, as our own judge sees it.
func TestFaultsAreSeenByTheJudge(t *testing.T) {
	contracts := embedded(t)
	want := map[FaultName][]loginwatch.Verdict{
		FaultOutage:           {loginwatch.Unavailable},
		FaultHTML502:          {loginwatch.Unavailable},
		FaultThrottle:         {loginwatch.Throttled},
		FaultRedirect:         {loginwatch.Drift},
		FaultReject:           {loginwatch.Rejected, loginwatch.Drift}, // drift where no refusal is documented
		FaultRejectAll:        {loginwatch.Rejected, loginwatch.Drift},
		FaultRejectWall:       {loginwatch.Rejected, loginwatch.Drift},
		FaultDropField:        {loginwatch.Drift},
		FaultWrongType:        {loginwatch.Drift},
		FaultExtraField:       {loginwatch.OK},
		FaultTrailingHTML:     {loginwatch.Drift},
		FaultTruncated:        {loginwatch.Drift},
		FaultWrongContentType: {loginwatch.Drift},
	}
	for _, c := range contracts {
		k := c.Case("valid-credentials")
		for name, verdicts := range want {
			s := newSim(t, Options{Faults: []string{string(name)}}, c)
			j := judge(t, s, c, k, start)
			if !slices.Contains(verdicts, j.Verdict) {
				t.Errorf("%s under %s: %s %s %v", c.Vendor, name, j.Verdict, j.Reason, j.Findings)
			}
			if name == FaultDropField && j.Refusal != loginwatch.RefusalNone {
				t.Errorf("%s: a login that lacks a field rests the credential: %v", c.Vendor, j.Findings)
			}
			if name == FaultExtraField && len(j.Findings) == 0 {
				t.Errorf("%s: the extra field is not seen", c.Vendor)
			}
		}
		for name, kind := range tokenFaults(k.Operation.Token) {
			s := newSim(t, Options{Faults: []string{string(name)}}, c)
			j := judge(t, s, c, k, start)
			seen := slices.ContainsFunc(j.Findings, func(f loginwatch.Finding) bool { return f.Kind == kind })
			if seen != (kind != "") || kind == "" && j.Verdict != loginwatch.OK {
				t.Errorf("%s under %s: %s %v, want a finding %q", c.Vendor, name, j.Verdict, j.Findings, kind)
			}
		}
	}
}

// tokenFaults says what each fault of a token has to show, from what the
// contract says of it; "" is nothing.
func tokenFaults(t *loginwatch.Token) map[FaultName]loginwatch.Kind {
	want := map[FaultName]loginwatch.Kind{FaultShortLived: "", FaultExpired: "", FaultAlgNone: ""}
	if t == nil {
		return want
	}
	jwt := t.Form == loginwatch.TokenJWT
	field := t.Lifetime != nil && t.Lifetime.At != ""
	if jwt {
		want[FaultAlgNone] = loginwatch.KindTokenAlgorithm
	}
	if jwt || field {
		want[FaultExpired] = loginwatch.KindTokenExpired
	}
	if (jwt || field) && t.Lifetime != nil && t.Lifetime.Documented > 0 {
		want[FaultShortLived] = loginwatch.KindTokenLifetime
	}
	return want
}

func BenchmarkNew(b *testing.B) {
	contracts := embedded(b)
	for b.Loop() {
		if _, err := New(contracts, Options{}); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkAnswer(b *testing.B) {
	for _, c := range embedded(b) {
		now := start
		s := newSim(b, Options{Now: func() time.Time { return now }}, c)
		request := newClient(s, c).request(b, c.Case("valid-credentials"))
		b.Run(c.Vendor, func(b *testing.B) {
			for b.Loop() {
				now = now.Add(time.Minute) // never limited
				if res := do(s, request); res.StatusCode != http.StatusOK {
					b.Fatal(res.StatusCode)
				}
			}
		})
	}
}
