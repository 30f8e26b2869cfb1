package compute

import (
	"testing"
	"time"
)

// What others have to know of a function they ask for, and know no names.
func TestProperties(t *testing.T) {
	for _, tt := range []struct {
		call  Call
		drawn bool
		step  time.Duration
	}{
		{Call{Function: "random"}, true, 0},
		{Call{Function: "totp", Of: []string{"${seed}"}}, false, 30 * time.Second},
		{Call{Function: "totp", Of: []string{"${seed}"}, Options: map[string]string{"period": "60"}}, false, time.Minute},
		{Call{Function: "totp"}, false, 0}, // no call that there can be
		{Call{Function: "now"}, false, 0},
		{Call{Function: "none"}, false, 0},
	} {
		if drawn, step := Drawn(tt.call.Function), Step(tt.call); drawn != tt.drawn || step != tt.step {
			t.Errorf("%+v: drawn %t, step %s", tt.call, drawn, step)
		}
	}
}
