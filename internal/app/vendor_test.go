package app_test

import (
	"net"
	"net/http"
	"net/url"
	"testing"
	"time"

	"github.com/loginwatch/loginwatch"
	"github.com/loginwatch/loginwatch/internal/faulty"
	"github.com/loginwatch/loginwatch/internal/schema"
)

const password = "S3CRET-password"

// The bodies of the contract below, and two that it does not have.
const (
	success = `{"code":"OK","token":"t0ken","user":7}`
	refused = `{"code":"WRONG_PASSWORD","message":"no"}`
	locked  = `{"code":"ACCOUNT_LOCKED","message":"no"}`
	invalid = `{"code":"BAD_REQUEST","message":"no"}`
	down    = `{"code":"BACKEND_DOWN","message":"no"}`
	unknown = `{"error":"no such path"}`
)

// secrets are those of a test.
type secrets map[string]string

func (s secrets) Secret(name string) (string, bool, error) {
	v, found := s[name]
	return v, found, nil
}

func (s secrets) Origin(name string) string { return "env:EXAMPLE_" + name }

// example is a login with one case and one probe, as small as it can be and
// still have an outcome of every meaning.
func example() (*loginwatch.Probe, error) {
	outcome := func(id string, status int, code, text string, means loginwatch.Verdict) (*loginwatch.Outcome, error) {
		compiled, err := schema.Compile("schemas/example/"+id+".schema.json", []byte(text))
		if err != nil {
			return nil, err
		}
		return &loginwatch.Outcome{
			ID: id, Statuses: []int{status}, Body: loginwatch.BodyJSON, ContentTypes: []string{"application/json"}, Means: means,
			Where: []loginwatch.Field{{At: "/code", Value: code}}, Schema: &loginwatch.SchemaRef{Name: id, Schema: compiled},
		}, nil
	}
	const (
		given = `{"type":"object","required":["code","token","user"],"properties":{"code":{"type":"string"},"token":{"type":"string"},"user":{"type":"integer"}}}`
		not   = `{"type":"object","required":["code","message"],"properties":{"code":{"type":"string"},"message":{"type":"string"}}}`
	)
	op := &loginwatch.Operation{ID: "login", Request: loginwatch.Request{Method: http.MethodPost, Path: "/login"}}
	for _, o := range []struct {
		id     string
		status int
		code   string
		schema string
		means  loginwatch.Verdict
	}{
		{"success", 200, "OK", given, loginwatch.OK}, {"wrong-password", 401, "WRONG_PASSWORD", not, loginwatch.Rejected},
		{"invalid", 200, "BAD_REQUEST", not, loginwatch.Drift}, {"down", 400, "BACKEND_DOWN", not, loginwatch.Unavailable},
	} {
		made, err := outcome(o.id, o.status, o.code, o.schema, o.means)
		if err != nil {
			return nil, err
		}
		op.Outcomes = append(op.Outcomes, made)
	}
	op.Token = &loginwatch.Token{Outcome: op.Outcomes[0], At: "/token", Form: loginwatch.TokenUnstated}
	k := &loginwatch.Case{
		ID: "valid-credentials", Operation: op, Body: map[string]any{"password": "${password}"}, Needs: []string{"password"},
		Expect: op.Outcomes[:1],
	}
	c := &loginwatch.Contract{
		Vendor: "example", Title: "Example", Secrets: []loginwatch.Secret{{Name: "password"}, {Name: "session"}},
		Operations: []*loginwatch.Operation{op}, Cases: []*loginwatch.Case{k},
	}
	return &loginwatch.Probe{
		Contract: c, Name: "login", Schedule: "@every 1h", Timeout: 10 * time.Second, Steps: []loginwatch.Step{{Case: k, Role: loginwatch.RoleSubject}},
	}, nil
}

// jobAt is the example's job at an address.
func jobAt(base string) (loginwatch.Job, error) {
	p, err := example()
	if err != nil {
		return loginwatch.Job{}, err
	}
	u, err := url.Parse(base)
	if err != nil {
		return loginwatch.Job{}, err
	}
	t := &loginwatch.Target{Name: "production", BaseURL: u, Secrets: secrets{"password": password}, Credential: "example/user"}
	return loginwatch.Job{Probe: p, Target: t}, nil
}

func job(t *testing.T, base string) loginwatch.Job {
	t.Helper()
	j, err := jobAt(base)
	if err != nil {
		t.Fatal(err)
	}
	return j
}

// vendor is a server that counts the password among what comes.
type vendor struct {
	*faulty.Server
	resolver *net.Resolver // of who logs in there; the system's when nil
}

func serve(t *testing.T, answer func(net.Conn)) *vendor {
	t.Helper()
	return &vendor{Server: faulty.Serve(t, password, answer)}
}
