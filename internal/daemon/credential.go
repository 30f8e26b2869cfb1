package daemon

import (
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/binary"
	"sync"

	"github.com/loginwatch/loginwatch"
	"github.com/loginwatch/loginwatch/internal/flow"
)

// credentials tells credentials apart by the values of their secrets. The key
// is made at first use and gone with the process, so that a digest says nothing
// outside it: nobody can try passwords against one.
type credentials struct {
	once sync.Once
	key  [32]byte
}

// of gives the credential that the plan's run sends, with the values that it
// sends.
func (c *credentials) of(plan *flow.Plan) loginwatch.Credential {
	credential := loginwatch.Credential{Name: plan.Credential}
	if plan.Credential == "" {
		return credential
	}
	var text []byte
	write := func(s string) { // the length in front: no two lists of texts read alike
		text = append(binary.BigEndian.AppendUint64(text, uint64(len(s))), s...)
	}
	write(plan.Probe.Contract.Vendor)
	known, values := false, plan.Values()
	for _, name := range secretsOf(plan.Job) {
		if value := values[name]; value != "" {
			write(name)
			write(value)
			known = true
		}
	}
	if known {
		c.once.Do(func() { _, _ = rand.Read(c.key[:]) }) // never fails: crypto/rand ends the process first
		sum := hmac.New(sha256.New, c.key[:])
		sum.Write(text)
		credential.Digest = string(sum.Sum(nil))
	}
	return credential
}

// secretsOf names the secrets that make the credential of a job's target.
func secretsOf(job loginwatch.Job) []string {
	if job.Target.CredentialSecrets != nil {
		return job.Target.CredentialSecrets
	}
	names := make([]string, len(job.Probe.Contract.Secrets))
	for i, s := range job.Probe.Contract.Secrets {
		names[i] = s.Name
	}
	return names
}
