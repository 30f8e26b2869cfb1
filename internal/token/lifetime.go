package token

import (
	"cmp"
	"encoding/json"
	"math"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/loginwatch/loginwatch"
	"github.com/loginwatch/loginwatch/internal/tree"
)

// bodyLifetime reads where the answer says how much time is left: a field of its
// body, a header or a cookie. A number and a string of digits are both read: which
// of them is right is the schema's to say.
func (r *reader) bodyLifetime() (d time.Duration, ok bool) {
	l := r.Token.Lifetime
	if l == nil || l.At == "" {
		return 0, false
	}
	if name, isCookie := l.At.Cookie(); isCookie {
		return r.cookieLifetime(name)
	}
	v, _ := r.Lookup(l.At)
	var n int64
	switch v := v.(type) {
	case json.Number:
		n, ok = integer(v)
	case string:
		n, ok = digits(v)
	}
	if !ok {
		return 0, false
	}
	// What no Duration holds (292 years) is as good as the longest.
	unit := cmp.Or(l.Unit, time.Second)
	if limit := int64(math.MaxInt64 / unit); n > limit || n < -limit {
		n = max(min(n, limit), -limit)
	}
	return time.Duration(n) * unit, true
}

// cookieLifetime is how long a cookie says that it lives: by Max-Age, or else by
// Expires (RFC 6265, 5.3). One that says nothing goes with the client, and is no
// lifetime; a missing cookie is another finding.
func (r *reader) cookieLifetime(name string) (d time.Duration, ok bool) {
	c := r.Cookie(name)
	switch {
	case c == nil:
		return 0, false
	case c.MaxAge > 0:
		return time.Duration(c.MaxAge) * time.Second, true
	case !c.Expires.IsZero():
		return r.left(c.Expires), true
	}
	class := loginwatch.Tolerated
	if r.Token.Lifetime.Fixed {
		class = loginwatch.Breaking
	}
	r.report(r.aboutLifetime(), difference{class, loginwatch.KindTokenLifetime, r.Token.Lifetime.At, "Max-Age or Expires", "neither, so it ends with the client"})
	return 0, false
}

// until is the instant at which the answer says that the token ends.
func (r *reader) until() (t time.Time, ok bool) {
	l := r.Token.Lifetime
	if l == nil || l.Until == "" {
		return time.Time{}, false
	}
	v, found := r.Lookup(l.Until)
	if !found || v == nil {
		return time.Time{}, false // for the schema or the headers to say
	}
	if t, ok = readInstant(v, l.Written); !ok {
		r.report(r.aboutLifetime(), difference{
			loginwatch.Breaking, loginwatch.KindTokenForm, l.Until, "an instant written as " + string(l.Written), "something else",
		})
	}
	return t, ok
}

// hasUntil tells whether there is something where the answer says that instant.
func (r *reader) hasUntil() bool {
	l := r.Token.Lifetime
	if l == nil || l.Until == "" {
		return false
	}
	v, found := r.Lookup(l.Until)
	return found && v != nil
}

// readInstant reads an instant in the documented form.
func readInstant(v any, written loginwatch.Instant) (t time.Time, ok bool) {
	text, _ := v.(string)
	switch written {
	case loginwatch.InstantDateTime:
		return tree.DateTime(text)
	case loginwatch.InstantHTTPDate:
		t, err := http.ParseTime(text)
		return t, err == nil
	}
	var n int64
	if number, isNumber := v.(json.Number); isNumber {
		n, ok = integer(number)
	} else {
		n, ok = digits(text)
	}
	if written == loginwatch.InstantMillis {
		if n < milliseconds { // seconds, where milliseconds are documented
			return time.Time{}, false
		}
		return time.UnixMilli(n), ok && n/1000 <= endOfTime
	}
	return time.Unix(n, 0), ok && n > 0 && n < milliseconds
}

// integer gives the value of a number without a fraction, however written:
// 3600, 3600.0 and 3.6e3 are one integer in JSON Schema.
func integer(v json.Number) (int64, bool) {
	if n, ok := digits(v.String()); ok {
		return n, true
	}
	f, err := v.Float64()
	if err != nil || f != math.Trunc(f) {
		return 0, false
	}
	return int64(max(min(f, math.MaxInt64/2), math.MinInt64/2)), true
}

// digits gives the value of a string of digits; the nearest int64 when none
// holds it.
func digits(text string) (int64, bool) {
	if bare := strings.TrimPrefix(text, "-"); bare == "" || strings.Trim(bare, "0123456789") != "" {
		return 0, false
	}
	n, _ := strconv.ParseInt(text, 10, 64) // the only error left is the range, and then n is the nearest
	return n, true
}

// lifetime judges whether the token still lives, whether the body and the
// token tell the same, and whether it is what the document promises.
func (r *reader) lifetime(body time.Duration, fromBody bool, c claims) {
	expired := r.expired(c)
	granted, at := body, r.Token.At
	end, dated := r.until()
	switch {
	case dated:
		at = r.Token.Lifetime.Until
		granted = r.left(end)
		if issued, ok := r.issued(); ok {
			granted = end.Sub(issued)
		}
		expired = r.over(end) || expired
		if !expired {
			r.agree(end.Sub(r.early), at, c)
		}
	case fromBody:
		at = r.Token.Lifetime.At
		expired = r.ended(body) || expired
		if !expired {
			r.agree(body, at, c)
		}
	case c.exp.IsZero():
		return
	case c.iat.IsZero():
		granted = r.left(c.exp)
	default:
		granted = c.exp.Sub(c.iat)
	}
	r.facts.Lifetime, r.facts.HasLifetime = granted, true
	if !expired {
		r.compare(granted, at)
	}
}

// left is how long a token lives on: of the two clocks by the one that comes
// closer to what is documented, as nobody knows which is wrong.
func (r *reader) left(exp time.Time) time.Duration {
	long, short := exp.Sub(r.early), exp.Sub(r.late)
	l := r.Token.Lifetime
	if l == nil || l.Documented <= 0 || (long-l.Documented).Abs() <= (short-l.Documented).Abs() {
		return long
	}
	return short
}

// expired tells, and reports, whether the token's own claims say that it is no
// longer valid, or never was.
func (r *reader) expired(c claims) bool {
	documented, got := "exp in the future", ""
	switch {
	case c.exp.IsZero():
		return false
	case !c.iat.IsZero() && !c.exp.After(c.iat):
		documented, got = "exp after iat", "a lifetime of "+span(c.exp.Sub(c.iat))
	case !c.exp.After(r.early):
		got = "expired " + span(r.early.Sub(c.exp)) + " ago"
		r.facts.ByOurClock = r.alone
	default:
		return false
	}
	r.report(r.aboutLifetime(), difference{loginwatch.Breaking, loginwatch.KindTokenExpired, r.Token.At, documented, got})
	return true
}

// over tells, and reports, whether the instant at which the answer says that the
// token ends has passed.
func (r *reader) over(end time.Time) bool {
	if end.After(r.early) {
		return false
	}
	r.facts.ByOurClock = r.alone
	r.report(r.aboutLifetime(), difference{
		loginwatch.Breaking, loginwatch.KindTokenExpired, r.Token.Lifetime.Until, "an instant in the future", "expired " + span(r.early.Sub(end)) + " ago",
	})
	return true
}

// ended tells, and reports, whether the body's own fields say that the token
// is no longer valid.
func (r *reader) ended(body time.Duration) bool {
	l := r.Token.Lifetime
	if body <= 0 {
		r.facts.ByOurClock = false
		r.report(r.aboutLifetime(), difference{
			loginwatch.Breaking, loginwatch.KindTokenExpired, l.At, "a lifetime above 0", "a lifetime of " + span(body),
		})
		return true
	}
	issued, ok := r.issued()
	if !ok {
		return false
	}
	if ahead := issued.Sub(r.late); ahead > leeway {
		r.report(r.aboutToken(), difference{
			loginwatch.Tolerated, loginwatch.KindClockSkew, r.Token.Issued, "issued not in the future", span(ahead) + " ahead",
		})
	}
	end := issued.Add(body)
	if end.After(r.early) {
		return false
	}
	r.facts.ByOurClock = r.alone
	r.report(r.aboutLifetime(), difference{
		loginwatch.Breaking, loginwatch.KindTokenExpired, l.At,
		string(r.Token.Issued + " plus " + l.At + " in the future"), "expired " + span(r.early.Sub(end)) + " ago",
	})
	return true
}

// issued is when the answer says that the token was made. Whether it has the
// right form is for the schema to say.
func (r *reader) issued() (time.Time, bool) {
	if r.Token.Issued == "" {
		return time.Time{}, false
	}
	v, _ := r.Lookup(r.Token.Issued)
	text, _ := v.(string)
	return tree.DateTime(text)
}

// agree holds the body's lifetime against the token's own, both above 0. It
// may repeat the lifetime granted or the rest of it.
func (r *reader) agree(body time.Duration, at loginwatch.Place, c claims) {
	if c.exp.IsZero() {
		return
	}
	off := min((body - c.exp.Sub(r.early)).Abs(), (body - c.exp.Sub(r.late)).Abs())
	if !c.iat.IsZero() {
		off = min(off, (body - c.exp.Sub(c.iat)).Abs())
	}
	if off > leeway {
		r.report(r.aboutLifetime(), difference{
			loginwatch.Breaking, loginwatch.KindTokenMismatch, at,
			"the token's lifetime by exp", span(off) + " apart",
		})
	}
}

// compare holds the lifetime, which is above 0, against the documented one.
func (r *reader) compare(granted time.Duration, at loginwatch.Place) {
	l := r.Token.Lifetime
	if l == nil || l.Documented <= 0 || (granted-l.Documented).Abs() <= tolerance(l.Documented) {
		return
	}
	class := loginwatch.Tolerated
	if granted < l.Documented && l.Fixed {
		class = loginwatch.Breaking
	}
	r.report(r.aboutLifetime(), difference{
		class, loginwatch.KindTokenLifetime, at,
		"a lifetime of " + span(l.Documented), "a lifetime of " + span(granted),
	})
}

// tolerance is what transport, rounding and a vendor's own safety margin (3599
// for an hour) may take from a lifetime: 60 s or 1 %, whichever is more, but
// never more than a tenth, as 60 s would hide anything in a token that lives
// for a minute.
func tolerance(documented time.Duration) time.Duration {
	return max(min(leeway, documented/10), documented/100)
}

// span writes a duration in whole seconds.
func span(d time.Duration) string {
	return loginwatch.Span(d.Round(time.Second).Truncate(time.Second)) // Round leaves the longest duration as it is
}
