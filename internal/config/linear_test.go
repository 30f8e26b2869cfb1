package config

import (
	"fmt"
	"strings"
	"syscall"
	"testing"
	"time"
)

// manyTargets is a file of n targets.
func manyTargets(n int, target, probes string) []byte {
	var b strings.Builder
	b.WriteString("targets:\n")
	for i := range n {
		b.WriteString(strings.ReplaceAll(target, "N", fmt.Sprint(i)))
	}
	b.WriteString(probes)
	return []byte(b.String())
}

// In whatever way people write ten thousand targets, a file of 16 n costs as much
// as 16 files of n do, and not as 256.
func TestReadingIsLinear(t *testing.T) {
	list := func(n int) string {
		var names []string
		for i := range n {
			names = append(names, fmt.Sprint("bolt-", i))
		}
		return "probes:\n  bolt-login/login: {targets: [" + strings.Join(names, ", ") + "]}\n"
	}
	none := func(int) string { return "" }
	for name, shape := range map[string]struct {
		target string
		probes func(int) string
	}{
		"secrets of their own": {"  bolt-N: {vendor: bolt-login, documented: production, secrets: {token: env:BOLT_N}}\n", none},
		"one secret for all":   {"  bolt-N: {vendor: bolt-login, documented: production, secrets: {token: env:BOLT}}\n", none},
		"one user, passwords of their own": {"  acme-N: {vendor: acme-login, base_url: https://acme.example.com, " +
			"secrets: {user: env:USER, password: env:PASSWORD_N, public_key: env:KEY}}\n", none},
		"targets that are named":  {"  bolt-N: {vendor: bolt-login, documented: production, secrets: {token: env:BOLT_N}}\n", list},
		"a mistake in every line": {"  bolt-N: {vendor: bolt-login, documented: production, secret: {token: env:BOLT_N}}\n", none},
	} {
		t.Run(name, func(t *testing.T) {
			contracts, probes := catalog()
			of := func(n int) *Config {
				c, _ := Parse("loginwatch.yaml", manyTargets(n, shape.target, shape.probes(n)))
				return c
			}
			const n, times = 200, 16
			small, large := of(n), of(times*n)
			timesSmall := leastCPU(t, func() {
				for range times {
					_, _ = small.Assign(contracts, probes, Options{})
				}
			})
			if one := leastCPU(t, func() { _, _ = large.Assign(contracts, probes, Options{}) }); one > 5*timesSmall {
				t.Errorf("%d targets cost %s, %d times %d targets %s", times*n, one, times, n, timesSmall)
			}
		})
	}
}

// leastCPU is the least processor time of several tries: what others do on the
// machine counts for nothing.
func leastCPU(t *testing.T, do func()) time.Duration {
	t.Helper()
	used := func() time.Duration {
		var u syscall.Rusage
		if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
			t.Fatal(err)
		}
		return time.Duration(u.Utime.Nano() + u.Stime.Nano())
	}
	least := time.Duration(1<<63 - 1)
	for range 3 {
		before := used()
		do()
		least = min(least, used()-before)
	}
	return least
}
