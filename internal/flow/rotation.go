package flow

import (
	"cmp"
	"crypto/sha256"
	"errors"
	"slices"
	"sync"

	"github.com/loginwatch/loginwatch"
)

// Rotation keeps what vendors give in the place of a secret that they take once,
// such as a rotating refresh token: for the runs of one process, across reloads.
// Each value is used at most once. It is safe for concurrent use.
type Rotation struct {
	mu    sync.Mutex
	known map[rotating]rotated
}

// rotating names a secret of a target.
type rotating struct{ vendor, target, name string }

// rotated is what became of it. A new value in the configuration begins anew.
type rotated struct {
	configured [sha256.Size]byte // digest of the value that it began with
	value      string            // the one to use next; "" before the first came
	spent      bool
}

// NewRotation makes one that keeps nothing yet.
func NewRotation() *Rotation { return &Rotation{known: map[rotating]rotated{}} }

// Of gives a target's secrets with those that rotate as they are by now; the source
// itself where none does.
func (r *Rotation) Of(c *loginwatch.Contract, target string, source loginwatch.SecretSource) loginwatch.SecretSource {
	names := spendable(c)
	if _, already := source.(*rotatingSource); already || len(names) == 0 {
		return source
	}
	return &rotatingSource{SecretSource: source, rotation: r, vendor: c.Vendor, target: target, names: names}
}

// Used tells whether a configured value of a secret was sent, so that only what is
// kept here is good.
func (r *Rotation) Used(vendor, target, name, configured string) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	k, known := r.known[rotating{vendor, target, name}]
	return known && k.configured == sha256.Sum256([]byte(configured)) && (k.spent || k.value != "")
}

// spendable gives the secrets of a contract that an operation takes once.
func spendable(c *loginwatch.Contract) []string {
	var names []string
	for _, op := range c.Operations {
		names = append(names, op.Spends...)
	}
	return names
}

// Rotates tells which configured secrets of a target are replaced by their vendor,
// so that what is configured may be of no use after a restart.
func Rotates(c *loginwatch.Contract, source loginwatch.SecretSource) []string {
	var names []string
	for _, name := range spendable(c) {
		if v, found, err := source.Secret(name); err == nil && found && v != "" && !slices.Contains(names, name) {
			names = append(names, name)
		}
	}
	return names
}

type rotatingSource struct {
	loginwatch.SecretSource
	rotation       *Rotation
	vendor, target string
	names          []string
}

// ErrSpent says that the one value that there is was used.
var ErrSpent = errors.New("it can be used once, was used, and no answer gave the next one: configure a new one")

// Secret implements [loginwatch.SecretSource].
func (s *rotatingSource) Secret(name string) (string, bool, error) {
	v, found, err := s.SecretSource.Secret(name)
	if !slices.Contains(s.names, name) || err != nil {
		return v, found, err
	}
	s.rotation.mu.Lock()
	defer s.rotation.mu.Unlock()
	k, known := s.rotation.known[s.key(name)]
	switch {
	case !known || k.configured != sha256.Sum256([]byte(v)):
		return v, found, nil
	case k.spent:
		return "", false, ErrSpent
	case k.value == "":
		return v, found, nil
	}
	return k.value, true, nil
}

func (s *rotatingSource) key(name string) rotating { return rotating{s.vendor, s.target, name} }

// Keep implements [loginwatch.SecretKeeper] for what rotates; of anything else
// nothing is kept.
func (s *rotatingSource) Keep(name, value string) {
	s.change(name, func(k *rotated, _ string) { k.value, k.spent = value, false })
}

// Spend implements [loginwatch.SecretSpender].
func (s *rotatingSource) Spend(name, value string) (err error) {
	s.change(name, func(k *rotated, configured string) {
		switch {
		case value != cmp.Or(k.value, configured): // this run was given it by another step
		case k.spent:
			err = ErrSpent // by a run at the same time
		default:
			k.spent = true
		}
	})
	return err
}

// Unspend implements [loginwatch.SecretSpender].
func (s *rotatingSource) Unspend(name string) {
	s.change(name, func(k *rotated, _ string) { k.spent = false })
}

// change changes what is known of a secret that rotates; how is also given the
// value that is configured.
func (s *rotatingSource) change(name string, how func(k *rotated, configured string)) {
	v, _, err := s.SecretSource.Secret(name)
	if !slices.Contains(s.names, name) || err != nil {
		return
	}
	s.rotation.mu.Lock()
	defer s.rotation.mu.Unlock()
	k := s.rotation.known[s.key(name)]
	if configured := sha256.Sum256([]byte(v)); k.configured != configured {
		k = rotated{configured: configured}
	}
	how(&k, v)
	s.rotation.known[s.key(name)] = k
}

// Oddity implements [loginwatch.SecretInspector].
func (s *rotatingSource) Oddity(name string) string {
	if inspector, ok := s.SecretSource.(loginwatch.SecretInspector); ok {
		return inspector.Oddity(name)
	}
	return ""
}
