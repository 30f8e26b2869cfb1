package sim

import (
	"fmt"
	"net/http"
	"strconv"
	"time"

	"github.com/loginwatch/loginwatch"
	"github.com/loginwatch/loginwatch/internal/tree"
)

var sameSites = map[string]http.SameSite{
	"lax": http.SameSiteLaxMode, "strict": http.SameSiteStrictMode, "none": http.SameSiteNoneMode,
}

// headers writes the documented headers and cookies of an answer. A fault that
// drops a field drops one of them where the body has none.
func (a *answer) headers(r rendered, g *grant, fault Fault) http.Header {
	h := http.Header{}
	for _, n := range r.around {
		if fault.Name == FaultDropField && n.place == a.victim.dropped {
			continue
		}
		if name, isHeader := loginwatch.Place(n.place).Header(); isHeader {
			h.Set(name, n.value)
			continue
		}
		name, _ := loginwatch.Place(n.place).Cookie()
		c := a.outcome.Cookie(name)
		cookie := http.Cookie{
			Name: c.Name, Value: n.value, Path: "/", Secure: c.Secure, HttpOnly: c.HTTPOnly, SameSite: sameSites[c.SameSite],
		}
		if a.lives == n.place {
			cookie.MaxAge = int(g.lifetime / time.Second)
			if cookie.MaxAge <= 0 {
				cookie.Expires = g.issued.Add(g.lifetime - time.Hour)
				cookie.MaxAge = 0
			}
		}
		h.Add("Set-Cookie", cookie.String())
	}
	return h
}

// beside gives the headers and cookies of an outcome as leaves, whose pointers are
// their places.
func beside(x *loginwatch.Outcome) []leaf {
	var found []leaf
	for _, h := range x.Headers {
		found = append(found, leaf{pointer: loginwatch.HeaderPlace(h.Name).String(), value: h.Example, member: true})
	}
	for _, c := range x.Cookies {
		found = append(found, leaf{pointer: loginwatch.CookiePlace(c.Name).String(), value: c.Example, member: true})
	}
	return found
}

// readInstant reads an instant of an example; writeInstant writes one as JSON text.
func readInstant(v any, written loginwatch.Instant) (t time.Time, ok bool) {
	text, _ := v.(string)
	switch written {
	case loginwatch.InstantDateTime:
		return tree.DateTime(text)
	case loginwatch.InstantHTTPDate:
		t, err := http.ParseTime(text)
		return t, err == nil
	}
	n, err := strconv.ParseInt(fmt.Sprint(v), 10, 64)
	ok = err == nil
	if written == loginwatch.InstantMillis {
		return time.UnixMilli(n), ok
	}
	return time.Unix(n, 0), ok
}

func writeInstant(example any, written loginwatch.Instant, t time.Time) string {
	switch written {
	case loginwatch.InstantDateTime:
		if text, ok := instant(example, t); ok {
			return text
		}
		return quote(t.UTC().Format(time.RFC3339))
	case loginwatch.InstantHTTPDate:
		return quote(t.UTC().Format(http.TimeFormat))
	case loginwatch.InstantMillis:
		return like(example, strconv.FormatInt(t.UnixMilli(), 10))
	}
	return like(example, strconv.FormatInt(t.Unix(), 10))
}
