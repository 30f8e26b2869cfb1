package check_test

import (
	"maps"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/loginwatch/loginwatch"
	"github.com/loginwatch/loginwatch/internal/check"
)

// hostileBodies are as large as a body may be and made to be looked at for long.
func hostileBodies() map[string]string {
	fill := func(head, item, tail string, size int) string {
		return head + strings.Repeat(item, (size-len(head)-len(tail))/len(item)) + tail
	}
	const large, small = 255 << 10, 16<<10 - 8
	return map[string]string{
		"a page":                  fill("<html>", "maintenanc captch ", "", large),
		"no JSON":                 fill(`{"id":"`, `id":"`, "", large),
		"no text":                 fill(`{"id":"`, "\xff\"id\" : ", `"}`, large),
		"UTF-16":                  fill("\xff\xfe", "{\x00", "", large),
		"integers of a kind":      fill(`{"ttl":[`, "1.0,", "1]}", small),
		"integers of a kind more": fill(`{"ttl":[`, "1.00000000000000,", "1]}", large),
		"errors":                  fill(`{"error":{"statusCode":423,"name":"`, "x", `","message":"m"}}`, small),
	}
}

// BenchmarkJudge is the cost of one judgement, of a login and of what is made to
// be looked at for long.
func BenchmarkJudge(b *testing.B) {
	c := small(b).Contract("framework")
	bodies := hostileBodies()
	bodies["login"] = `{"id":"abcdef","ttl":1209600,"created":"2026-11-21T11:59:59.000Z","userId":"5e"}`
	for _, name := range slices.Sorted(maps.Keys(bodies)) {
		b.Run(strings.ReplaceAll(name, " ", "-"), func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				x := &loginwatch.Exchange{Status: 200, Finished: instant, Body: []byte(bodies[name]), Header: http.Header{"Content-Type": {"application/json"}}}
				check.Judge(check.Input{Contract: c, Case: c.Case("valid-credentials"), Exchange: x, Key: []byte("key")})
			}
		})
	}
}
