package guard

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"
)

// answer is the body of an ordinary login: nested members, a JWT, a few
// scalars; n is about its size in bytes.
func answer(n int) []byte {
	const frame = `{"authResponse":{"userName":"demo","JWT":"%s","expirationTime":1684921563,"qrToken":"",` +
		`"ip":"192.0.2.7","type":"ADMIN","lastLoginTime":"2026-11-21 10:14:02","otpEnabled":false},"userRoles":"ADMIN,USER"}`
	return fmt.Appendf(nil, frame, strings.Repeat("eyJhbGciOiJIUzI1NiJ9", max(n-len(frame), 0)/20))
}

// repeated is a hostile body: head, n times item, tail. The item may use one %d
// for its number.
func repeated(head, item, tail string, n int) []byte {
	b := []byte(head)
	for i := range n {
		if i > 0 {
			b = append(b, ',')
		}
		if strings.Contains(item, "%d") {
			b = fmt.Appendf(b, item, i)
		} else {
			b = append(b, item...)
		}
	}
	return append(b, tail...)
}

func indented(body []byte) []byte {
	var v any
	if err := json.Unmarshal(body, &v); err != nil {
		panic(err)
	}
	out, err := json.MarshalIndent(v, "", "    ")
	if err != nil {
		panic(err)
	}
	return out
}

type sample struct {
	name string
	body []byte
}

// samples are ordinary bodies, and hostile ones as large as the limits let them be.
func samples() []sample {
	return []sample{
		{"login-1KB", answer(1024)},
		{"login-indented", indented(answer(1024))},
		{"login-400B", answer(400)},
		{"many-names", repeated("{", `"member%d":1`, "}", 4_900)},
		{"many-objects", repeated("[", `{"a":1,"b":[true,null],"c":"x"}`, "]", 1_100)},
		{"many-numbers", repeated("[", "-1.5e-300", "]", 9_990)},
		{"long-escapes", repeated(`["`, `\ud83d\ude00\u00e9`, `"]`, 13_000)},
		{"beyond-ascii", repeated(`["`, "žluťoučký kůň", `"]`, 12_000)},
	}
}

func TestSamplesAreTaken(t *testing.T) {
	for _, c := range samples() {
		if r := Check(c.body, Defaults()); r != nil {
			t.Errorf("%s: %v", c.name, r)
		}
	}
}

// BenchmarkGuard gives the cost per KB of the samples.
func BenchmarkGuard(b *testing.B) {
	for _, c := range samples() {
		b.Run(c.name, func(b *testing.B) {
			b.SetBytes(int64(len(c.body)))
			b.ReportAllocs()
			for b.Loop() {
				_ = Check(c.body, Defaults())
			}
			perKB := float64(b.Elapsed().Nanoseconds()) / float64(b.N) / float64(len(c.body)) * 1024
			b.ReportMetric(perKB, "ns/KB")
		})
	}
}
