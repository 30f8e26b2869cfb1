package sim

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"
)

// FaultName is one way to break an API on demand. The list is closed.
type FaultName string

// The faults; [Faults] says what each does.
const (
	FaultOutage           FaultName = "outage"
	FaultHTML502          FaultName = "html-502"
	FaultSlow             FaultName = "slow"
	FaultReset            FaultName = "reset"
	FaultSilent           FaultName = "silent"
	FaultHalfAnswer       FaultName = "half-answer"
	FaultNoHTTP           FaultName = "no-http"
	FaultPage             FaultName = "page"
	FaultWall             FaultName = "wall"
	FaultReject           FaultName = "reject"
	FaultRejectAll        FaultName = "reject-all"
	FaultRejectWall       FaultName = "reject-wall"
	FaultThrottle         FaultName = "throttle"
	FaultDropField        FaultName = "drop-field"
	FaultWrongType        FaultName = "wrong-type"
	FaultExtraField       FaultName = "extra-field"
	FaultShortLived       FaultName = "short-lived"
	FaultExpired          FaultName = "expired"
	FaultAlgNone          FaultName = "alg-none"
	FaultOtherKey         FaultName = "other-key"
	FaultRotatedKey       FaultName = "rotated-key"
	FaultTrailingHTML     FaultName = "trailing-html"
	FaultTruncated        FaultName = "truncated"
	FaultEmpty            FaultName = "empty"
	FaultLarge            FaultName = "large"
	FaultBOM              FaultName = "bom"
	FaultDuplicateKey     FaultName = "duplicate-key"
	FaultRedirect         FaultName = "redirect"
	FaultWrongContentType FaultName = "wrong-content-type"
)

// defaultDelay is above the latency that a login should have and below the time
// that a probe waits for one.
const defaultDelay = 3 * time.Second

// FaultInfo documents a fault, for people who choose one.
type FaultInfo struct {
	Name FaultName
	Does string
	Wire bool // it is the connection's: no answer shows it
}

// Faults lists every fault: first those that hit every request, then those of
// refusals, then those that change the answer to a valid one alone.
func Faults() []FaultInfo {
	return []FaultInfo{
		{Name: FaultOutage, Does: "every request gets 503 and a gateway's HTML page"},
		{Name: FaultHTML502, Does: "every request gets 502 and a gateway's HTML page"},
		{Name: FaultSlow, Wire: true, Does: "every answer is late: slow or slow:DURATION (default " + defaultDelay.String() + ")"},
		{Name: FaultReset, Wire: true, Does: "every connection is reset before an answer"},
		{Name: FaultSilent, Wire: true, Does: "no request is ever answered"},
		{Name: FaultHalfAnswer, Wire: true, Does: "every connection ends in the middle of the answer's body"},
		{Name: FaultNoHTTP, Wire: true, Does: "a mail server's greeting comes where HTTP is due"},
		{Name: FaultPage, Does: "every request gets 200 and an HTML page"},
		{Name: FaultWall, Does: "every request gets 403 and a bot wall's page"},
		{Name: FaultThrottle, Does: "every request gets the documented rate-limit answer, or 429, with Retry-After"},
		{Name: FaultRedirect, Does: "every request gets 302 to another host"},
		{Name: FaultReject, Does: "right credentials are refused like wrong ones"},
		{Name: FaultRejectAll, Does: "every request for a login is refused like wrong credentials, whatever it is"},
		{Name: FaultRejectWall, Does: "right credentials are refused like wrong ones, and other requests for a login get 403 and a bot wall's page"},
		{Name: FaultDropField, Does: "a success lacks its first required field but the token"},
		{Name: FaultWrongType, Does: "a success has its first required field in another JSON type"},
		{Name: FaultExtraField, Does: "a success has a field that the document does not name"},
		{Name: FaultShortLived, Does: "the token lives a tenth of the time (where the answer says how long)"},
		{Name: FaultExpired, Does: "the token has already expired (where the answer says how long)"},
		{Name: FaultAlgNone, Does: `the token is a JWT of algorithm "none", unsigned (where it is a JWT)`},
		{Name: FaultOtherKey, Does: "the token is signed with another key than it says (where its signature is documented)"},
		{Name: FaultRotatedKey, Does: "the token is signed with a key that is not announced (where its signature is documented)"},
		{Name: FaultTrailingHTML, Does: "HTML follows the JSON of a success"},
		{Name: FaultTruncated, Does: "the body of a success ends in its middle"},
		{Name: FaultEmpty, Does: "a success has no body, where one is due"},
		{Name: FaultLarge, Does: "300 KiB of line breaks follow the body of a success"},
		{Name: FaultBOM, Does: "a byte order mark stands before the body of a success"},
		{Name: FaultDuplicateKey, Does: "a member stands twice in the JSON of a success"},
		{Name: FaultWrongContentType, Does: "a success comes as text/plain, or as application/octet-stream where text is due"},
	}
}

// Fault is a fault in force. The zero value is none.
type Fault struct {
	Name  FaultName
	Delay time.Duration // of FaultSlow
}

// ParseFault reads "NAME" or "VENDOR=NAME", where the name of the slow fault may
// say how slow: "slow:5s". An empty vendor means all; the name "none" ends a
// fault.
func ParseFault(spec string) (vendor string, fault Fault, err error) {
	name := spec
	if v, n, found := strings.Cut(spec, "="); found {
		if vendor, name = v, n; vendor == "" {
			return "", Fault{}, fmt.Errorf("fault %q names no vendor before its =", spec)
		}
	}
	if name == "none" {
		return vendor, Fault{}, nil
	}
	name, delay, hasDelay := strings.Cut(name, ":")
	fault.Name = FaultName(name)
	if !known(fault.Name) {
		return "", Fault{}, fmt.Errorf("unknown fault %q: use one of %s", name, faultNames())
	}
	if fault.Name == FaultSlow {
		fault.Delay = defaultDelay
	}
	if !hasDelay {
		return vendor, fault, nil
	}
	if fault.Name != FaultSlow {
		return "", Fault{}, fmt.Errorf("fault %q takes no duration", name)
	}
	if fault.Delay, err = time.ParseDuration(delay); err != nil || fault.Delay <= 0 {
		return "", Fault{}, fmt.Errorf("fault %q needs a duration such as 5s after its colon", name)
	}
	return vendor, fault, nil
}

func known(name FaultName) bool {
	return slices.ContainsFunc(Faults(), func(f FaultInfo) bool { return f.Name == name })
}

func faultNames() string {
	var names []string
	for _, f := range Faults() {
		names = append(names, string(f.Name))
	}
	return strings.Join(names, ", ")
}

// SetFault breaks a vendor's API, or every vendor's when vendor is empty, from
// the next request on; the zero Fault mends it.
func (s *Simulator) SetFault(vendor string, fault Fault) error {
	if fault.Name != "" && !known(fault.Name) {
		return fmt.Errorf("unknown fault %q: use one of %s", fault.Name, faultNames())
	}
	if fault.Delay < 0 {
		return errors.New("a fault's delay can't be negative")
	}
	if vendor != "" {
		v := s.vendors[vendor]
		if v == nil {
			return fmt.Errorf("fault for %q, which is not simulated; simulated: %s", vendor, strings.Join(s.names, ", "))
		}
		v.fault.Store(&fault)
		return nil
	}
	for _, v := range s.vendors {
		v.fault.Store(&fault)
	}
	return nil
}
