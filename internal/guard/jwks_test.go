package guard

import (
	"fmt"
	"strings"
	"testing"
)

// However a JWKS is made, reading it costs little and says little: as many keys as
// there are bounds for, and no more of what is wrong than a few lines for each.
func TestHostileJWKS(t *testing.T) {
	zeros := strings.Repeat("A", 200_000)
	for name, body := range map[string]string{
		"many keys":         `{"keys":[` + strings.Repeat(`{"kty":"RSA","n":"AQ","e":"AQ"},`, 1200) + `{}]}`,
		"many of nothing":   `{"keys":[` + strings.Repeat(`{},`, 6000) + `{}]}`,
		"many numbers":      `{"keys":[` + strings.Repeat(`0,`, 9000) + `0]}`,
		"deep":              `{"keys":` + strings.Repeat(`[`, 30) + strings.Repeat(`]`, 30) + `}`,
		"a huge modulus":    `{"keys":[{"kty":"RSA","e":"AQAB","n":"` + zeros + `"}]}`,
		"a huge exponent":   `{"keys":[{"kty":"RSA","n":"AQAB","e":"` + zeros + `"}]}`,
		"a huge coordinate": `{"keys":[{"kty":"EC","crv":"P-256","x":"` + zeros + `","y":"AQ"}]}`,
		"a huge name":       `{"keys":[{"kty":"EC","kid":"` + zeros + `"}]}`,
		"a huge type":       `{"keys":[{"kty":"` + zeros + `"}]}`,
		"many operations":   `{"keys":[{"kty":"RSA","n":"AQ","e":"AQ","key_ops":[` + strings.Repeat(`"a",`, 9000) + `0]}]}`,
		"all members":       `{"keys":[` + strings.Repeat(`{"kty":0,"kid":0,"use":0,"alg":0,"crv":0,"key_ops":0,"d":0,"p":0,"q":0,"dp":0,"dq":0,"qi":0,"oth":0,"k":0},`, 40) + `0]}`,
	} {
		doc, refusal := Decode([]byte(body), Defaults())
		if refusal != nil {
			t.Fatalf("%s: %v", name, refusal)
		}
		keys, faults := JWKS(doc)
		if len(keys) > jwksKeys || len(faults) == 0 || len(faults) > 1+14*jwksKeys {
			t.Errorf("%s: %d keys, %d faults", name, len(keys), len(faults))
		}
		if said := fmt.Sprint(faults); strings.Contains(said, "AAAA") || len(said) > 64<<10 {
			t.Errorf("%s: says %d characters", name, len(said))
		}
		if n := testing.AllocsPerRun(3, func() { JWKS(doc) }); n > 10_000 {
			t.Errorf("%s: %.0f allocations", name, n)
		}
	}
}
