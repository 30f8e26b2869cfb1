package sim

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"
	"sync/atomic"

	"github.com/loginwatch/loginwatch"
	"github.com/loginwatch/loginwatch/internal/route"
)

// vendor is one contract, prepared for answering.
type vendor struct {
	contract    *loginwatch.Contract
	secret      map[string]bool   // names of the contract's secrets
	credentials map[string]string // by name of the secret
	signers     map[*loginwatch.Token]*signer
	operations  []*operation
	handedOut   *handedOut
	ended       sync.Map // credentials that operations have taken or revoked
	fault       atomic.Pointer[Fault]
}

// operation is one endpoint with everything that answering needs.
type operation struct {
	*loginwatch.Operation
	path     pathPattern
	ways     [][]route.Mark // what requests are known by where operations share a method and path
	headers  []headerRule
	query    []paramRule
	forms    []form          // the documented ways to say the right thing
	password map[string]bool // secrets whose mismatch alone is a wrong password
	answers  map[*loginwatch.Outcome]*answer
	window   *window // nil without a documented limit
	open     bool    // who asks needs no credential

	headersAlone bool // no other part of a request carries one
}

func newVendor(c *loginwatch.Contract, override map[string]string, random *randomness) (*vendor, error) {
	v := &vendor{contract: c, secret: make(map[string]bool, len(c.Secrets)), handedOut: &handedOut{values: map[digest]given{}}}
	for _, s := range c.Secrets {
		v.secret[s.Name] = true
	}
	v.fault.Store(&Fault{})
	var errs []error
	var err error
	if v.credentials, err = credentials(c, override); err != nil {
		errs = append(errs, err)
	}
	if v.signers, err = newSigners(c, v.credentials); err != nil {
		errs = append(errs, err)
	}
	who := account(c, v.credentials)
	for _, o := range c.Operations {
		op, err := newOperation(c, o, v.signers, who, random)
		if err != nil {
			errs = append(errs, fmt.Errorf("operation %q: %w", o.ID, err))
			continue
		}
		v.operations = append(v.operations, op)
	}
	return v, errors.Join(errs...)
}

// credentials are the demo values with the operator's over them. A secret with
// neither is missing here: nothing but a value that the simulator itself handed
// out is then right.
func credentials(c *loginwatch.Contract, override map[string]string) (map[string]string, error) {
	values := make(map[string]string, len(c.Secrets))
	known := make(map[string]bool, len(c.Secrets))
	for _, secret := range c.Secrets {
		known[secret.Name] = true
		if secret.Demo != "" {
			values[secret.Name] = secret.Demo
		}
	}
	var errs []error
	for _, name := range slices.Sorted(maps.Keys(override)) {
		switch {
		case !known[name]:
			errs = append(errs, fmt.Errorf("the contract has no secret %q", name))
		case override[name] == "":
			errs = append(errs, fmt.Errorf("secret %q is empty", name))
		default:
			values[name] = override[name]
		}
	}
	return values, errors.Join(errs...)
}

func newOperation(c *loginwatch.Contract, o *loginwatch.Operation, signers map[*loginwatch.Token]*signer, who map[string]string, random *randomness) (*operation, error) {
	op := &operation{Operation: o, answers: make(map[*loginwatch.Outcome]*answer, len(o.Outcomes))}
	var errs []error
	var cases []*loginwatch.Case
	for _, k := range c.Cases {
		if k.Operation == o {
			cases = append(cases, k)
		}
	}
	op.forms = newForms(c, o.Request.Headers, cases)
	op.password = passwordLike(c, cases, op.forms)
	op.headersAlone = !slices.ContainsFunc(cases, func(k *loginwatch.Case) bool {
		r := k.Request()
		elsewhere := loginwatch.CaseRequest{Path: r.Path, Query: r.Query, Body: r.Body}
		return k.SuccessDue() && len(secretNames(c, c.Closure(elsewhere.Names(true)))) > 0
	})
	op.headers = newHeaderRules(c, op.impliedType(o.Request.Headers), cases)
	op.query = newParamRules(o.Request.Query)
	op.open = slices.ContainsFunc(cases, (*loginwatch.Case).SuccessDue) && !slices.ContainsFunc(cases, (*loginwatch.Case).SendsCredential)
	op.path, op.ways = newPathPattern(o.Request.Path), route.Ways(c, o)
	if o.Limit != nil {
		op.window = &window{limit: o.Limit.Requests, per: o.Limit.Per}
	}
	for _, x := range o.Outcomes {
		if len(x.When) == 0 {
			continue // nothing makes the simulator send it
		}
		if op.open {
			who = nil // whoever asks is nobody yet
		}
		a, err := newAnswer(c, o, x, signers, who, random)
		if err != nil {
			errs = append(errs, fmt.Errorf("outcome %q: %w", x.ID, err))
			continue
		}
		op.answers[x] = a
	}
	return op, errors.Join(errs...)
}

// end makes a value dead for good. Of credentials there are few enough to remember
// each.
func (v *vendor) end(value string) {
	v.handedOut.end(value)
	for _, credential := range v.credentials {
		if credential == value {
			v.ended.Store(value, true)
		}
	}
}

// dead tells whether a value is known to have been taken or revoked.
func (v *vendor) dead(value string) bool {
	_, ended := v.ended.Load(value)
	return ended || v.handedOut.endedOne(value)
}

// nearest is the operation that documents what a wrong path gives and shares
// most leading segments with path; nil when none documents it.
func (v *vendor) nearest(path string) *operation {
	var best *operation
	most := -1
	for _, o := range v.operations {
		if o.OutcomeFor(loginwatch.WhenWrongPath) == nil {
			continue
		}
		if n := sharedSegments(o.Request.Path, path); n > most {
			best, most = o, n
		}
	}
	return best
}

func sharedSegments(a, b string) int {
	as, bs := strings.Split(a, "/"), strings.Split(b, "/")
	n := 0
	for n < len(as) && n < len(bs) && as[n] == bs[n] {
		n++
	}
	return n
}
