package draft

import (
	"encoding/json"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/loginwatch/loginwatch"
	"github.com/loginwatch/loginwatch/internal/importer"
	"github.com/loginwatch/loginwatch/internal/tree"
)

// tokenOf is what a contract says of a token.
type tokenOf struct {
	outcome  *outcome
	at       string
	form     loginwatch.TokenForm
	lifetime *lifetime
}

type lifetime struct {
	at, unit       string
	until, written string
	documented     int64 // seconds
}

// token finds the token of a login, or of a call that gives another one.
func (m *maker) token(op *operation) {
	i := slices.IndexFunc(op.outcomes, func(o *outcome) bool { return slices.Contains(o.when, loginwatch.WhenValid) })
	if i < 0 || op.role == loginwatch.RoleSetup || op.role == loginwatch.RoleCleanup {
		return
	}
	o := op.outcomes[i]
	at, shown := m.tokenPlace(op, o)
	if at == "" {
		if op.role == loginwatch.RoleSubject {
			m.remark(op.at, "no token was recognised in the answer to %s: if it has one, say so under token of that operation in the contract", op.call)
		}
		return
	}
	if op.role != loginwatch.RoleSubject && tokenRank(lastName(at)) < 0 {
		return
	}
	if doc, isObject := o.doc.(map[string]any); isObject && loginwatch.Place(at).InDocument() && strings.ContainsAny(shown, " \t\r\n") {
		set(doc, at, m.invented.replace("Aq1Zx2Sw3Ed4Cv5Fr6Tg7"+at, "")) // words, in the place of a token
	}
	op.token = &tokenOf{outcome: o, at: at, form: loginwatch.TokenOpaque}
	header, claims, _, isToken := openJWT(shown)
	if alg, _ := header["alg"].(string); isToken && alg != "" && !strings.EqualFold(alg, "none") {
		op.token.form = loginwatch.TokenJWT
		o.asOf = validAt(claims)
	} else {
		claims = nil
	}
	if m.fallback < noLifetime {
		op.token.lifetime = m.lifetime(op, o, at, claims)
	}
}

// tokenPlace is where an outcome has its token: what a later call sends comes first.
func (m *maker) tokenPlace(op *operation, o *outcome) (at, shown string) {
	type found struct {
		at, text string
		rank     int
	}
	var all []found
	add := func(at, text, name string) {
		r := tokenRank(name)
		used := slices.ContainsFunc(op.captures, func(c capture) bool { return strings.EqualFold(c.at, at) })
		switch {
		case r < 0 && isJWT(text):
			r = len(tokenNames)
		case r < 0 && used && looksSecret(text) && !hasPart(name, []string{"csrf", "xsrf"}):
			r = len(tokenNames) + 1
		case r < 0:
			return
		}
		if used && importer.Name(name) != "refresh_token" {
			r -= 100
		}
		all = append(all, found{at, text, r})
	}
	for at, v := range scalars(o.doc) {
		text, isText := v.(string)
		if name := lastName(at); isText && strings.EqualFold(name, "id") && strings.Count(at, "/") == 1 && random(rawText(o, at)) && !uuid.MatchString(rawText(o, at)) {
			add(at, text, "sid") // nothing else is as long, and no number of anything
		} else if isText && text != "" {
			add(at, text, name)
		}
	}
	for _, h := range o.headers {
		if h.secret {
			add("header:"+h.name, h.example, strings.TrimPrefix(importer.Name(h.name), "x_"))
		}
	}
	for _, c := range o.cookies {
		name := c.name
		if sessionCookie(name) && tokenRank(name) < 0 && !hasPart(name, []string{"csrf", "xsrf"}) {
			name = "sid"
		}
		add("cookie:"+c.name, c.example, name)
	}
	if len(all) == 0 {
		return "", ""
	}
	best := slices.MinFunc(all, func(a, b found) int {
		if a.rank != b.rank {
			return a.rank - b.rank
		}
		return strings.Count(a.at, "/") - strings.Count(b.at, "/")
	})
	if loginwatch.Place(best.at).InDocument() && !m.shows(o, best.at) {
		return "", ""
	}
	return best.at, best.text
}

// rawText is what stands in the description where an outcome has something else.
func rawText(o *outcome, at string) string {
	v, _ := tree.Lookup(o.raw, at)
	text, _ := v.(string)
	return text
}

// validAt is an instant at which a token was valid.
func validAt(claims map[string]any) time.Time {
	begin, end := claim(claims, "iat"), claim(claims, "exp")
	begin = max(begin, claim(claims, "nbf"))
	switch {
	case begin > 0:
		return time.Unix(begin, 0).UTC()
	case end > 0:
		return time.Unix(end-60, 0).UTC()
	}
	return time.Date(2026, 1, 31, 0, 0, 0, 0, time.UTC)
}

func claim(claims map[string]any, name string) int64 {
	n, _ := claims[name].(json.Number)
	f, err := n.Float64()
	if err != nil {
		return 0
	}
	return int64(f)
}

// lifetime reads how long an answer says that its token lives.
func (m *maker) lifetime(op *operation, o *outcome, at string, claims map[string]any) *lifetime {
	for _, c := range o.cookies {
		if at == "cookie:"+c.name && c.maxAge > 0 {
			return &lifetime{at: at, documented: int64(c.maxAge)}
		}
	}
	var until *lifetime
	for place, v := range scalars(o.doc) {
		if parent(place) != parent(at) && strings.Count(place, "/") > 1 || refreshes(place) != refreshes(at) {
			continue
		}
		name := strings.ReplaceAll(importer.Name(lastName(place)), "_", "")
		text, _ := tree.ScalarText(v)
		n, err := strconv.ParseInt(text, 10, 64)
		switch {
		case err == nil && n > 0 && n < 1_000_000_000 && slices.Contains([]string{"expiresin", "expirein", "accesstokenexpiresin", "tokenexpiresin", "ttl", "validfor", "maxage", "expires", "leaseduration"}, name):
			unit := "s"
			if n >= 10_000_000 {
				unit, n = "ms", n/1000
			}
			return &lifetime{at: place, unit: unit, documented: n}
		case strings.Contains(name, "expir") && until == nil:
			until = m.until(o, place, v)
		}
	}
	if until != nil {
		return until
	}
	if begin, end := claim(claims, "iat"), claim(claims, "exp"); begin > 0 && end > begin {
		return &lifetime{documented: end - begin}
	}
	return nil
}

func refreshes(place string) bool {
	return strings.Contains(strings.ToLower(lastName(place)), "refresh")
}

func parent(pointer string) string {
	if i := strings.LastIndexByte(pointer, '/'); i >= 0 {
		return pointer[:i]
	}
	return ""
}

// until reads an instant at which a token is over.
func (m *maker) until(o *outcome, place string, v any) *lifetime {
	var end time.Time
	written := loginwatch.InstantDateTime
	text, _ := tree.ScalarText(v)
	if t, ok := tree.DateTime(text); ok {
		end = t
	} else if n, err := strconv.ParseInt(text, 10, 64); err == nil && isTime(n) {
		written, end = loginwatch.InstantSeconds, time.Unix(n, 0)
		if n > 1_000_000_000*1000 {
			written, end = loginwatch.InstantMillis, time.UnixMilli(n)
		}
	} else {
		return nil
	}
	if o.asOf.IsZero() {
		o.asOf = end.UTC().Truncate(time.Second).Add(-time.Minute)
	}
	return &lifetime{until: place, written: string(written)}
}

// Answered gives an answer to the one call of those without any that is most like a
// login: false when there is none.
func Answered(rec *importer.Recording, a importer.Answer) bool {
	best, most := -1, -1
	for i := range rec.Exchanges {
		e := &rec.Exchanges[i]
		c := &call{exchanges: []*importer.Exchange{e}, method: strings.ToUpper(e.Request.Method)}
		_, c.path = splitURL(e.Request.URL)
		if like := likeness(c); len(e.Answers) == 0 && like > most {
			best, most = i, like
		}
	}
	if best < 0 {
		return false
	}
	rec.Exchanges[best].Answers = []importer.Answer{a}
	return true
}

// TokenPlace is where the successful answer of a recording's first call has a token; ""
// for none.
func TokenPlace(rec *importer.Recording) string {
	if len(rec.Exchanges) == 0 {
		return ""
	}
	return tokenAt(&rec.Exchanges[0])
}

func tokenAt(e *importer.Exchange) string {
	best, at := len(tokenNames), ""
	for _, v := range valuesOf(e) {
		r := tokenRank(strings.TrimPrefix(importer.Name(v.name), "x_"))
		if _, cookie := loginwatch.Place(v.at).Cookie(); r >= 0 && r < best && !cookie {
			best, at = r, v.at
		}
	}
	return at
}
