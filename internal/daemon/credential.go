package daemon

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"hash"
	"maps"
	"slices"
	"sync"

	"github.com/loginwatch/loginwatch"
	"github.com/loginwatch/loginwatch/internal/flow"
)

// credentials tells credentials apart by the values of their secrets. Without the
// ledger's key a digest says nothing: nobody can try passwords against one.
type credentials struct {
	mu   sync.Mutex
	hmac hash.Hash
	text []byte // what is hashed; blank between two calls
}

// of gives the credential that the plan's run sends: the same one for all that log in
// to the vendor as the same account.
func (c *credentials) of(plan *flow.Plan, key []byte) loginwatch.Credential {
	credential := loginwatch.Credential{Name: plan.Credential}
	if plan.Credential == "" {
		return credential
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.write(plan.Probe.Contract.Vendor)
	without := len(c.text)
	values := plan.Account()
	for _, name := range slices.Sorted(maps.Keys(values)) {
		c.secret(name, values[name])
	}
	if len(c.text) > without {
		credential.Digest = c.digest(key)
	}
	clear(c.text)
	c.text = c.text[:0]
	return credential
}

// account gives the digest of the values of some secrets, by which accounts are told
// apart where a limit is that of each.
func (c *credentials) account(plan *flow.Plan, names []string, key []byte) string {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.write(plan.Probe.Contract.Vendor)
	for _, name := range names {
		c.secret("", plan.Configured(name)) // the value alone: a seed may have two names
	}
	digest := c.digest(key)
	clear(c.text)
	c.text = c.text[:0]
	return digest
}

func (c *credentials) secret(name, value string) {
	if value != "" {
		c.write(name)
		c.write(value)
	}
}

// write puts the length in front, so that no two lists of texts read alike.
func (c *credentials) write(s string) {
	c.text = append(binary.BigEndian.AppendUint64(c.text, uint64(len(s))), s...)
}

func (c *credentials) digest(key []byte) string {
	if c.hmac == nil {
		c.hmac = hmac.New(sha256.New, key)
	}
	c.hmac.Reset()
	c.hmac.Write(c.text)
	var sum [sha256.Size]byte
	return hex.EncodeToString(c.hmac.Sum(sum[:0]))
}
