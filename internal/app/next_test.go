package app_test

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/loginwatch/loginwatch"
	"github.com/loginwatch/loginwatch/internal/app"
	"github.com/loginwatch/loginwatch/internal/store"
)

// nextAt is a configuration of two targets of one account, whose next password comes from
// a file that is not there yet.
func nextAt(v *passwords) string {
	return fmt.Sprintf(`
targets:
  one: {vendor: example, base_url: %[1]q, secrets: {password: file:password}, next_secrets: {password: file:next}, credential: robot}
  another: {vendor: example, base_url: "%[1]s/", secrets: {password: file:password, session: env:LOGINWATCH_TEST_NONE}, next_secrets: {password: file:next}, credential: robot}
`, v.URL)
}

// restarts has slots run with a restart or a reload after each.
func (r *replicas) restarts(t *testing.T, n int) {
	t.Helper()
	for i := range n {
		r.slots(t, 1)
		r.start(t, i%2)
		r.reload(t, (i+1)%2)
	}
}

// stands gives how the next secret of the only credential stands.
func (r *replicas) stands(t *testing.T) loginwatch.NextStanding {
	t.Helper()
	states, err := r.ledger[0].Credentials(t.Context(), r.now)
	if err != nil || len(states) != 1 {
		t.Fatalf("%+v, %v", states, err)
	}
	return states[0].Next.Standing
}

// A next password is tried by one login, whichever of two replicas makes it and however
// often they begin again; what comes of it is told, and the vendor is never sent two
// logins for one slot.
func TestNextSecret(t *testing.T) {
	const slots = 40 // of each of two jobs
	for name, tt := range map[string]struct {
		takes bool
		down  bool
		tried int // logins with the next one
		want  loginwatch.NextStanding
		log   string
	}{
		"accepted":    {takes: true, tried: 2 * slots, want: loginwatch.NextTakenOver, log: `level=INFO msg="the next secret has taken over" credential=example/robot`},
		"refused":     {tried: 1, want: loginwatch.NextRefused, log: `level=WARN msg="the next secret has not taken over" credential=example/robot detail="the next secret was refused`},
		"unavailable": {down: true, tried: 4, want: loginwatch.NextWaiting, log: `msg="the next secret is tried again"`}, // at 0, 15, 45 and 105 of 200 minutes
	} {
		t.Run(name, func(t *testing.T) {
			v := newPasswords(t)
			v.take("old", true)
			r := newReplicas(t, nextAt(v))
			r.write(t, "password", "old")
			r.restarts(t, 2)
			if v.logins("") != 0 || v.logins("old") != 4 || r.stands(t) != "" {
				t.Fatalf("%d logins before it comes, %q", v.logins("old"), r.stands(t))
			}
			v.take("new", tt.takes)
			v.down["new"] = tt.down // before anything is sent to it
			r.write(t, "next", "new")
			r.restarts(t, 10)
			r.slots(t, slots-10)
			if got := v.logins("new"); got != tt.tried || r.stands(t) != tt.want {
				t.Errorf("%d logins with it, want %d; it stands at %q", got, tt.tried, r.stands(t))
			}
			if total := v.logins("old") + v.logins("new"); total != r.ran || total != 2*(slots+2) {
				t.Errorf("%d logins in %d slots of %d", total, r.ran, 2*(slots+2))
			}
			log := r.log.String()
			if !strings.Contains(log, tt.log) || strings.Contains(log, "=old") || strings.Contains(log, "=new") {
				t.Errorf("the log lacks %q:\n%s", tt.log, log)
			}
		})
	}
}

// Once the operator has moved what took over, nothing is to come any more; a refused one
// makes room for another value.
func TestNextSecretIsMoved(t *testing.T) {
	v := newPasswords(t)
	v.take("old", true)
	r := newReplicas(t, nextAt(v))
	r.write(t, "password", "old")
	r.write(t, "next", "wrong")
	r.slots(t, 2)
	v.take("new", true)
	r.write(t, "next", "new")
	r.slots(t, 2)
	v.take("old", false)
	r.write(t, "password", "new")
	r.slots(t, 1)
	r.write(t, "next", "")
	r.slots(t, 2)
	if v.logins("wrong") != 1 || v.logins("old") != 3 || v.logins("new") != 10 || r.stands(t) != "" {
		t.Errorf("%v, it stands at %q", v.sent, r.stands(t))
	}
}

// verify uses what has taken over where it shares the store, and tries nothing itself.
func TestVerifyUsesWhatHasTakenOver(t *testing.T) {
	v := newPasswords(t)
	v.take("old", true)
	v.take("new", true)
	r := newReplicas(t, nextAt(v))
	r.write(t, "password", "old")
	r.write(t, "next", "new")
	verify := func(joined *store.Ledger) {
		t.Helper()
		job := r.jobs[0][0]
		verification := app.NewVerification(app.VerificationOptions{Probes: []*loginwatch.Probe{job.Probe}, Timeout: time.Minute, Store: joined})
		if runs := verification.Run(t.Context(), job.Probe.Contract.Cases, job.Probe.Contract, job.Target); len(runs) != 1 || runs[0].Run.Verdict != loginwatch.OK {
			t.Fatalf("%+v", runs[0].Run)
		}
		if err := verification.Leave(); err != nil {
			t.Error(err)
		}
	}
	verify(r.ledger[1])
	if v.logins("old") != 1 || v.logins("new") != 0 {
		t.Errorf("%v: want the current one, and no try", v.sent)
	}
	r.slots(t, 1)
	for range 3 { // what it does takes nothing from the one after it
		verify(r.ledger[1])
	}
	verify(nil)
	if stands := r.stands(t); stands != loginwatch.NextTakenOver {
		t.Errorf("it stands at %q", stands)
	}
	if v.logins("new") != 2+3 || v.logins("old") != 1+1 {
		t.Errorf("%v: want the next one where the store is shared, and the current one elsewhere", v.sent)
	}
}

// A try whose process dies between the claim and the answer may have been refused: one
// more is made, and no third.
func TestNextSecretIsLost(t *testing.T) {
	v := newPasswords(t)
	v.take("old", true)
	r := newReplicas(t, nextAt(v))
	r.write(t, "password", "old")
	r.write(t, "next", "new")
	for i := range r.engine {
		r.engine[i].Executor.Ledger = dying{r.ledger[i]}
	}
	r.slots(t, 20)
	if v.logins("new") != 2 || r.stands(t) != loginwatch.NextRefused {
		t.Errorf("%v, it stands at %q", v.sent, r.stands(t))
	}
}

// dying is the ledger of processes that are killed while they try a next secret.
type dying struct{ *store.Ledger }

// Settle implements [loginwatch.Ledger].
func (d dying) Settle(ctx context.Context, a loginwatch.Ticket, s loginwatch.Settlement) (loginwatch.CredentialState, error) {
	if a.Next {
		return loginwatch.CredentialState{}, nil
	}
	return d.Ledger.Settle(ctx, a, s)
}
