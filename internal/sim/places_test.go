package sim

import (
	"fmt"
	"os"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/loginwatch/loginwatch"
	"github.com/loginwatch/loginwatch/internal/pack"
)

// places is the contract whose answers have their tokens everywhere.
func places(t *testing.T) *loginwatch.Contract {
	t.Helper()
	catalog, problems := pack.Load(pack.Options{}, pack.Source{FS: os.DirFS("../check/testdata/pack")})
	if len(problems) > 0 {
		t.Fatal(problems)
	}
	return catalog.Contract("places")
}

// What our own judge sees of each answer, with each fault: a verdict and the kinds
// of findings. What a fault can't break stays as it is: nobody can cut a body that
// is not there, and everything in a form is text.
func TestFaultsOfEveryPlace(t *testing.T) {
	const asDocumented, result = "ok", "/Envelope/Body/loginResponse/result/"
	c := places(t)
	got := map[string]map[FaultName]string{}
	for _, k := range c.Cases {
		got[k.ID] = map[FaultName]string{}
		for _, f := range append([]FaultInfo{{Name: "none"}}, Faults()...) {
			opts := Options{}
			if f.Name != "none" {
				opts.Faults = []string{string(f.Name)}
			}
			if f.Wire {
				continue
			}
			j := judge(t, newSim(t, opts, c), c, k, start)
			said := string(j.Verdict)
			for _, f := range j.Findings {
				said += " " + strings.TrimSpace(fmt.Sprintf("%s %s", f.Kind, f.Pointer))
			}
			if said != asDocumented {
				got[k.ID][f.Name] = said
			}
		}
	}
	always := map[FaultName]string{
		FaultOutage: "unavailable", FaultHTML502: "unavailable", FaultReject: "rejected", FaultRejectAll: "rejected", FaultRejectWall: "rejected", FaultThrottle: "throttled", FaultRedirect: "drift redirect",
		FaultPage: "drift status", FaultWall: "drift status",
	}
	want := map[string]map[FaultName]string{
		"header": {
			FaultDropField: "drift missing /token/issued_at", FaultWrongType: "drift type /token/issued_at", FaultExtraField: "ok extra /addedByTheSimulator",
			FaultShortLived: "drift token-lifetime /token/expires_at", FaultExpired: "drift token-expired /token/expires_at",
			FaultTrailingHTML: "drift not-json", FaultTruncated: "drift truncated", FaultWrongContentType: "drift content-type",
			FaultEmpty: "drift not-json", FaultLarge: "drift truncated", FaultBOM: "drift encoding", FaultDuplicateKey: "drift duplicate-key",
		},
		"redirect": {FaultDropField: "drift cookie cookie:sid token-missing cookie:sid"},
		"cookie": {
			FaultDropField:  "drift cookie cookie:AuthSession token-missing cookie:AuthSession",
			FaultShortLived: "drift token-lifetime cookie:AuthSession", FaultExpired: "drift cookie cookie:AuthSession token-missing cookie:AuthSession",
		},
		"text": {
			FaultTrailingHTML: "drift token-form text", FaultWrongContentType: "drift content-type", FaultPage: "drift content-type",
			FaultEmpty: "drift token-missing text", FaultLarge: "drift token-form text", FaultBOM: "drift token-form text",
		},
		"form": {
			FaultDropField: "drift missing /expires_in", FaultExtraField: "ok extra /addedByTheSimulator",
			FaultShortLived: "drift token-lifetime /expires_in", FaultExpired: "drift token-expired /expires_in",
			FaultTrailingHTML: "drift malformed", FaultTruncated: "drift missing /expires_in missing /token_type", FaultWrongContentType: "drift content-type",
			FaultEmpty: "drift malformed", FaultLarge: "drift truncated", FaultPage: "drift malformed content-type",
			FaultBOM: "drift missing /access_token token-missing /access_token extra /(withheld)", // the mark is part of the first name
		},
		"xml": {
			FaultDropField: "drift missing " + result + "seconds", FaultExtraField: "ok extra /Envelope/addedByTheSimulator",
			FaultShortLived: "drift token-lifetime " + result + "seconds", FaultExpired: "drift token-expired " + result + "seconds",
			FaultTrailingHTML: "drift malformed", FaultTruncated: "drift malformed", FaultWrongContentType: "drift content-type",
			FaultEmpty: "drift malformed", FaultLarge: "drift truncated", FaultPage: "drift malformed content-type", // before XML a mark may stand (XML 1.0, 4.3.3)
		},
		"called-otherwise": {
			FaultDropField: "drift missing /ends", FaultWrongType: "drift type /ends", FaultExtraField: "ok extra /addedByTheSimulator",
			FaultShortLived: "drift token-lifetime /ends", FaultExpired: "drift token-expired /ends", FaultReject: "rejected status",
			FaultRejectAll: "rejected status", FaultRejectWall: "rejected status",
			FaultTrailingHTML: "drift not-json", FaultTruncated: "drift truncated", FaultWrongContentType: "drift content-type",
			FaultEmpty: "drift not-json", FaultLarge: "drift truncated", FaultBOM: "drift encoding", FaultDuplicateKey: "drift duplicate-key",
			FaultPage: "drift not-json",
		},
	}
	for _, faults := range want {
		for name, said := range always {
			if faults[name] == "" {
				faults[name] = said
			}
		}
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
	for _, k := range c.Cases { // a fresh token every time
		s := newSim(t, Options{}, c)
		if a, b := judge(t, s, c, k, start), judge(t, s, c, k, start); !a.Token.Present || a.Token.Digest == b.Token.Digest {
			t.Errorf("%s: the token is absent, or came before", k.ID)
		}
	}
}
