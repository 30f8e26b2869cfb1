package draft

import (
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/loginwatch/loginwatch"
	"github.com/loginwatch/loginwatch/internal/importer"
)

// operation is one of the contract in the making.
type operation struct {
	id   string
	role loginwatch.Role
	call *call
	at   importer.Place

	method, path string
	headers      []pair
	query        []pair
	cookies      []string
	format       loginwatch.BodyFormat
	body         any // with ${name}; nil for none
	schema       map[string]any

	outcomes []*outcome
	token    *tokenOf
	captures []capture
	values   []value // of its successful answers
}

type pair struct{ name, value string }

// capture is a value that later calls send.
type capture struct{ name, at string }

// outcome is one documented answer.
type outcome struct {
	id          string
	status      int
	also        []int  // statuses of an answer that nobody has seen
	contentType string // "" for the default of the body
	otherTypes  []string
	body        string // "" for JSON, and for a status without a body
	headers     []answerHeader
	cookies     []answerCookie
	where       []loginwatch.Field
	schema      map[string]any
	doc         any // the example
	raw         any // what it was made of
	asOf        time.Time
	means       loginwatch.Verdict
	when        []loginwatch.Condition
	cite        string
	described   bool
	contains    string
	from        importer.Answer
}

type answerHeader struct {
	name, example string
	secret        bool
}

type answerCookie struct {
	name, example    string
	secure, httpOnly bool
	sameSite         string
	optional         bool
	maxAge           int
}

// shown is the path in the description's words, where nothing stands for a part of it; else "".
func (op *operation) shown() string {
	if op.path != op.call.path {
		return ""
	}
	return op.path
}

func newOperation(c *call) *operation {
	e := c.first()
	return &operation{role: c.role, call: c, at: e.At, method: c.method, values: valuesOf(e)}
}

// identify gives operations, their outcomes and schemas names that say what they are.
func (m *maker) identify() {
	taken := map[string]bool{}
	for _, op := range m.ops {
		if name := op.call.first().Operation; m.isName(name) && !taken[name] {
			op.id = name
			taken[name] = true
		}
	}
	for _, op := range m.ops {
		if op.id == "" && op.role == loginwatch.RoleSubject && !taken["login"] {
			op.id = "login"
			taken[op.id] = true
		}
	}
	for _, op := range m.ops {
		if op.id != "" {
			continue
		}
		name := nameOfCall(op)
		if op.role == loginwatch.RoleCleanup && ends(op.call) && !taken["logout"] {
			name = "logout"
		}
		op.id = unique(name, taken, "-")
	}
	for _, op := range m.ops {
		names := map[string]bool{}
		for _, o := range op.outcomes {
			o.id = unique(o.id, names, "-")
		}
	}
}

// nameOfCall is the last word of its path that is no value.
func nameOfCall(op *operation) string {
	segments := strings.Split(op.path, "/")
	slices.Reverse(segments)
	for _, s := range segments {
		plain, err := url.PathUnescape(s)
		if name := slugOf(plain); err == nil && name != "" && !strings.Contains(s, "$") && !looksSecret(plain) {
			return name
		}
	}
	return "call"
}

// slugOf makes a name of small letters, digits and hyphens.
func slugOf(text string) string {
	const longest = 30
	slug := strings.ReplaceAll(importer.Name(text), "_", "-")
	return strings.Trim(slug[:min(len(slug), longest)], "-")
}

// unique gives a name that is not taken, and takes it.
func unique(name string, taken map[string]bool, by string) string {
	free := name
	for n := 2; taken[free]; n++ {
		free = name + by + itoa(n)
	}
	taken[free] = true
	return free
}
