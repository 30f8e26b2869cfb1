package app_test

import (
	"context"
	"fmt"
	"maps"
	"net"
	"slices"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/loginwatch/loginwatch"
	"github.com/loginwatch/loginwatch/internal/advice"
	"github.com/loginwatch/loginwatch/internal/sim"
)

// fault is one way in which a login goes wrong, and what is right to say of it: the
// sentence follows from verdict, reason and signs, as internal/advice has it.
type fault struct {
	scenario
	tells []string // in its detail, its findings or its wait
}

// arrangement alters the job and gives the run's context.
type arrangement = func(*testing.T, *vendor, *loginwatch.Job) context.Context

func wrong(name string, answer func(net.Conn), arrange arrangement, w wanted, tells ...string) fault {
	return fault{scenario{name, answer, arrange, w}, tells}
}

// is what is wanted of a fault; the login was sent once.
func is(v loginwatch.Verdict, r loginwatch.Reason, whose advice.Blame, signs ...loginwatch.Sign) wanted {
	return wanted{v, r, signs, whose, nil, 1}
}

// unsentIs is what is wanted where no login could be sent.
func unsentIs(v loginwatch.Verdict, r loginwatch.Reason, whose advice.Blame) wanted {
	return wanted{v, r, nil, whose, nil, 0}
}

// fine is a login that is as documented, however it came.
var fine = is(loginwatch.OK, "", advice.Nobody)

// both does one arrangement after the other.
func both(first, second arrangement) arrangement {
	return func(t *testing.T, v *vendor, j *loginwatch.Job) context.Context {
		first(t, v, j)
		return second(t, v, j)
	}
}

// matrix has every fault by its group.
func matrix(t *testing.T) []fault {
	p := newPKI(t)
	return slices.Concat(namesAndConnections(), handshakes(p), proxies(p), framing(p), timing(), encodings(), statuses(), bodies(), tokens(), cookies(), xmls())
}

// TestCountsFaultMatrix drives the daemon's engine through every fault over real sockets:
// each has its one right verdict, reason and sentence, and the vendor sees one login,
// or none where none could be sent.
func TestCountsFaultMatrix(t *testing.T) {
	all := matrix(t)
	var driven atomic.Int32
	names, groups := map[string]bool{}, map[string]int{}
	t.Run("faults", func(t *testing.T) {
		for _, f := range all {
			if names[f.name] {
				t.Errorf("%s stands there twice", f.name)
			}
			group, _, _ := strings.Cut(f.name, "/")
			names[f.name], groups[group] = true, groups[group]+1
			t.Run(f.name, func(t *testing.T) {
				t.Parallel()
				f.drive(t)
				driven.Add(1)
			})
		}
	})
	if n := int(driven.Load()); n != len(all) || n < 60 {
		t.Errorf("%d faults of %d were driven", n, len(all))
	}
	var counts []string
	for _, group := range slices.Sorted(maps.Keys(groups)) {
		counts = append(counts, fmt.Sprintf("%s %d", group, groups[group]))
	}
	t.Logf("faults driven through the engine: %d, of them %s", driven.Load(), strings.Join(counts, ", "))
}

func (f *fault) drive(t *testing.T) {
	run := f.meet(t)
	said := run.Detail + "\n"
	for _, s := range run.Steps {
		for _, finding := range s.Findings {
			said += fmt.Sprintln(finding.Class, finding.Kind, finding.Pointer, finding.Got)
		}
		if s.RetryAfter > 0 {
			said += "waits " + s.RetryAfter.String() + "\n"
		}
	}
	for _, words := range f.tells {
		if !strings.Contains(said, words) {
			t.Errorf("does not tell %q:\n%s", words, said)
		}
	}
	if len(f.tells) == 0 && said != "\n" {
		t.Errorf("tells, and no row holds it to that:\n%s", said)
	}
}

// A fault that the simulator can rehearse has the matrix's name.
func TestSimulatedFaultsAreOfTheMatrix(t *testing.T) {
	var named []string
	for _, f := range matrix(t) {
		group, name, _ := strings.Cut(f.name, "/")
		if !slices.Contains([]string{"name", "tls", "proxy", "cookie", "xml"}, group) { // which name things of their own
			named = append(named, name)
		}
	}
	for _, f := range sim.Faults() {
		if !slices.Contains(named, string(f.Name)) {
			t.Errorf("the simulator has the fault %s, and the matrix has none of that name", f.Name)
		}
	}
}
