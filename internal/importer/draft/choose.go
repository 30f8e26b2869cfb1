package draft

import (
	"cmp"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"

	"github.com/loginwatch/loginwatch"
	"github.com/loginwatch/loginwatch/internal/importer"
)

// call is one operation of the description: exchanges of one method, path and kind.
type call struct {
	exchanges []*importer.Exchange // the one whose request is documented comes first
	method    string
	path      string // without values of a query
	role      loginwatch.Role
	named     []bool // which segments of the path name somebody
	more      int    // exchanges that nobody looks at
	admitted  int    // how surely the best of its answers let somebody in, from 1; 0 while nobody has looked
}

// String gives the call as a list may show it.
func (c *call) String() string {
	segments := strings.Split(shownPath(c.path), "/")
	for i, names := range c.named {
		if names {
			segments[i] = "…"
		}
	}
	method := c.method
	if !slices.Contains(methods, method) {
		method = "another method"
	}
	return method + " " + strings.Join(segments, "/")
}

// methods are those that a contract has.
var methods = []string{
	http.MethodGet, http.MethodHead, http.MethodPost, http.MethodPut, http.MethodPatch, http.MethodDelete, http.MethodOptions,
}

// spoken tells whether a contract has the methods of all calls.
func spoken(chosen []*call) error {
	for _, c := range chosen {
		if !slices.Contains(methods, c.method) {
			return &importer.Error{At: c.first().At, Err: errors.New("the method of the request is none of " + strings.Join(methods, ", "))}
		}
	}
	return nil
}

func (c *call) first() *importer.Exchange { return c.exchanges[0] }

// mostAlike is how many exchanges of one call are looked at: a page that polls has
// thousands, and the first ones say how it is answered.
const mostAlike = 50

// calls groups the exchanges of a description.
func calls(rec *importer.Recording) []*call {
	var all []*call
	byKey := map[string]*call{}
	for i := range rec.Exchanges {
		e := &rec.Exchanges[i]
		c := &call{exchanges: []*importer.Exchange{e}, method: strings.ToUpper(e.Request.Method)}
		_, c.path = splitURL(e.Request.URL)
		key := c.method + " " + hostOf(e.Request.URL) + " " + c.path + " " + kindOf(e.Request) + " " + e.Operation
		before := byKey[key]
		if before == nil {
			byKey[key], all = c, append(all, c)
			continue
		}
		better := admission(e) > admission(before.first())
		if len(before.exchanges) == mostAlike {
			before.more++
			if better {
				before.exchanges[0] = e
			}
			continue
		}
		before.exchanges = append(before.exchanges, e)
		if better {
			n := len(before.exchanges)
			before.exchanges[0], before.exchanges[n-1] = e, before.exchanges[0]
		}
	}
	return all
}

// kindOf is what tells calls of one path apart: a constant that says what is wanted.
func kindOf(r importer.Request) string {
	kind := ""
	for name, value := range fieldsOf(r) {
		switch importer.Name(name) {
		case "grant_type", "action", "operation_name", "method", "soapaction":
			if len(value.Names) == 0 {
				kind += name + "=" + strings.Join(value.Texts, "") + ";"
			}
		}
	}
	return kind
}

// succeeds tells whether a status says that a login went well: a page's form leads on.
func succeeds(status int) bool {
	return status >= 200 && status < 400 && status != http.StatusNotModified
}

// choose finds the login, what it needs before it and what uses it after it. Left are
// the others.
func choose(rec *importer.Recording, wanted []string) (chosen, left []*call, err error) {
	all := calls(rec)
	if len(all) == 0 {
		return nil, nil, errors.New("no call in it")
	}
	if len(wanted) > 0 {
		if chosen, err = named(all, wanted); err != nil {
			return nil, nil, err
		}
	} else if isOurs(all) {
		chosen = inRoles(all, slices.Clone(all))
	} else if chosen = found(all); chosen == nil {
		return nil, nil, fmt.Errorf("no login found: no call sends a password, a grant_type, Basic credentials or a secret of a client; choose with --call \"METHOD /path\" among:\n%s",
			listed(all))
	}
	left = slices.DeleteFunc(all, func(c *call) bool { return slices.Contains(chosen, c) })
	return chosen, left, nil
}

func listed(all []*call) string {
	const most = 40
	var lines []string
	for _, c := range all {
		if line := "  " + c.String(); !slices.Contains(lines, line) {
			lines = append(lines, line)
		}
	}
	if n := len(lines); n > most {
		lines = append(lines[:most], fmt.Sprintf("  and %d more", n-most))
	}
	return strings.Join(lines, "\n")
}

// named gives the calls that somebody chose. The subject among them is the most like
// a login.
func named(all []*call, wanted []string) (chosen []*call, err error) {
	for _, w := range wanted {
		method, path, _ := strings.Cut(strings.TrimSpace(w), " ")
		fits := func(c *call) bool {
			return strings.EqualFold(c.method, method) && (c.path == strings.TrimSpace(path) || shownPath(c.path) == strings.TrimSpace(path))
		}
		at := slices.IndexFunc(all, func(c *call) bool { return fits(c) && !slices.Contains(chosen, c) }) // said twice it is the next one, too
		if at < 0 {
			at = slices.IndexFunc(all, fits)
		}
		if at < 0 {
			return nil, fmt.Errorf("no call %q; there are:\n%s", w, listed(all))
		}
		for _, c := range all {
			joined := c.method == all[at].method && c.path == all[at].path && c.first().Operation != "" // as our own exports have them
			if (c == all[at] || joined) && !slices.Contains(chosen, c) {
				chosen = append(chosen, c)
			}
		}
	}
	if i := slices.IndexFunc(chosen, func(c *call) bool { return !sameHost(c, chosen[0]) }); i >= 0 {
		return nil, fmt.Errorf("%s goes to another address than %s: all calls of a login go below one base URL", chosen[i], chosen[0])
	}
	return inRoles(all, chosen), nil
}

// isOurs tells whether all calls are those of a contract that was exported: they make it
// again.
func isOurs(all []*call) bool {
	return !slices.ContainsFunc(all, func(c *call) bool { return c.first().Operation == "" || !sameHost(c, all[0]) })
}

// inRoles says what each of the chosen calls is for.
func inRoles(all, chosen []*call) []*call {
	slices.SortStableFunc(chosen, func(a, b *call) int { return cmp.Compare(slices.Index(all, a), slices.Index(all, b)) })
	subject := slices.MaxFunc(chosen, func(a, b *call) int { return cmp.Compare(likeness(a), likeness(b)) })
	role := loginwatch.RoleSetup
	for _, c := range chosen {
		switch {
		case c == subject:
			c.role, role = loginwatch.RoleSubject, loginwatch.RoleFollowUp
		case role == loginwatch.RoleFollowUp && ends(c):
			c.role = loginwatch.RoleCleanup
		default:
			c.role = role
		}
	}
	return inOrder(chosen)
}

func inOrder(chosen []*call) []*call {
	slices.SortStableFunc(chosen, func(a, b *call) int {
		return cmp.Compare(slices.Index(loginwatch.Roles, a.role), slices.Index(loginwatch.Roles, b.role))
	})
	return chosen
}

// found chooses by itself: nil when nothing is like a login.
func found(all []*call) []*call {
	at, best := -1, 0
	for i, c := range all {
		if like := likeness(c); like > best {
			at, best = i, like
		}
	}
	switch {
	case at < 0 && len(all) == 1:
		at = 0 // nobody gives one call for nothing
	case at < 0:
		return nil
	}
	login := all[at]
	login.role = loginwatch.RoleSubject
	chosen := before(slices.Concat(keepers(all[at+1:]), all[:at]), login)
	chosen = append(chosen, login)
	return inOrder(append(chosen, after(all[at+1:], all[:at], login)...))
}

// likeness tells how much a call is like a login: 0 for not at all.
func likeness(c *call) int {
	like := 0
	for name, value := range fieldsOf(c.first().Request) {
		like = max(like, likenesses[credentialOf(name, value)])
	}
	if c.first().Request.Basic != nil {
		like = max(like, likenessOfBasic)
	}
	gives := slices.ContainsFunc(c.exchanges, func(e *importer.Exchange) bool { return givesToken(e) || len(e.Kept) > 0 })
	if like == 0 && (c.method != http.MethodPost || !pathHas(c, "login", "signin", "sign-in", "logon", "authenticate")) {
		return 0
	}
	if pathHas(c, "login", "signin", "sign-in", "sign_in", "logon", "authenticate", "token", "session", "auth") {
		like += 20
	}
	if pathHas(c, "register", "signup", "sign-up", "sign_up", "reset", "forgot", "change", "refresh", "revoke", "introspect", "logout", "validate") {
		like -= 45
	}
	if gives {
		like += 15
	}
	return max(like, 1)
}

func pathHas(c *call, words ...string) bool {
	path := strings.ToLower(c.path)
	return slices.ContainsFunc(words, func(w string) bool { return strings.Contains(path, w) })
}

// ends tells whether a call is a logout: by its name or path, or as it deletes what a login made.
func ends(c *call) bool {
	switch strings.ReplaceAll(importer.Name(c.first().Name), "_", "") {
	case "logout", "signout", "logoff", "signoff":
		return true
	}
	path := strings.NewReplacer("-", "", "_", "", ".", "").Replace(strings.ToLower(c.path))
	has := func(words ...string) bool {
		return slices.ContainsFunc(words, func(w string) bool { return strings.Contains(path, w) })
	}
	return has("logout", "signout", "logoff", "signoff", "revoke", "endsession", "closesession", "destroysession", "session/end", "session/close", "session/destroy") ||
		c.method == http.MethodDelete && has("session", "token", "login", "logon", "signin")
}
