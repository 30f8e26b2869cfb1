package flow

import (
	"cmp"
	"context"
	"crypto/sha256"
	"errors"
	"log/slog"
	"slices"
	"sync"
	"time"

	"github.com/loginwatch/loginwatch"
)

// Rotation gives secrets that a vendor takes once and replaces, such as a rotating
// refresh token, as they are by now. Each value is used at most once. It is safe for
// concurrent use.
type Rotation struct {
	kept   loginwatch.Rotations
	logger *slog.Logger

	mu   sync.Mutex
	late map[loginwatch.RotatingSecret]loginwatch.Rotated // what could not be kept when it came
}

// patience is how long what is kept may take to be read or written.
const patience = 10 * time.Second

// NewRotation makes one over what is kept; the log is told what could not be.
func NewRotation(kept loginwatch.Rotations, logger *slog.Logger) *Rotation {
	return &Rotation{kept: kept, logger: logger, late: map[loginwatch.RotatingSecret]loginwatch.Rotated{}}
}

// Of gives a target's secrets with those that rotate as they are by now; the source
// itself where none does.
func (r *Rotation) Of(c *loginwatch.Contract, target string, source loginwatch.SecretSource) loginwatch.SecretSource {
	names := spendable(c)
	if _, already := source.(*rotatingSource); already || len(names) == 0 {
		return source
	}
	return &rotatingSource{SecretSource: source, rotation: r, vendor: c.Vendor, target: target, names: names, last: map[string]string{}}
}

// Used tells whether a configured value of a secret was sent, so that only what is
// kept is good; next tells whether there is that.
func (r *Rotation) Used(vendor, target, name, configured string) (used, next bool) {
	k, err := r.change(loginwatch.RotatingSecret{Vendor: vendor, Target: target, Name: name}, configured, func(*loginwatch.Rotated) {})
	return err == nil && (k.Spent || k.Value != ""), !k.Spent && k.Value != ""
}

// change changes what is kept of a secret, and gives what that is then.
func (r *Rotation) change(of loginwatch.RotatingSecret, configured string, how func(*loginwatch.Rotated)) (now loginwatch.Rotated, err error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	digest := sha256.Sum256([]byte(configured))
	now.Configured = digest
	late, isLate := r.late[of]
	err = r.kept.Rotate(ctx, of, func(k *loginwatch.Rotated) {
		now = *k
		if isLate && late.Configured == digest {
			now = late
		}
		if now.Configured != digest {
			now = loginwatch.Rotated{Configured: digest}
		}
		how(&now)
		if now != (loginwatch.Rotated{Configured: digest}) {
			*k = now
		}
	})
	if err == nil {
		delete(r.late, of)
	}
	return now, err
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

	mu   sync.Mutex
	last map[string]string // by name: the configured value when it could be read last
}

// ErrSpent says that the one value that there is was used.
var ErrSpent = errors.New("it can be used once, was used, and no answer gave the next one: configure a new one")

// Secret implements [loginwatch.SecretSource].
func (s *rotatingSource) Secret(name string) (string, bool, error) {
	v, found, err := s.SecretSource.Secret(name)
	if !slices.Contains(s.names, name) || err != nil {
		return v, found, err
	}
	k, err := s.rotation.change(s.secret(name), v, func(*loginwatch.Rotated) {})
	switch {
	case err != nil:
		return "", false, err
	case k.Spent:
		return "", false, ErrSpent
	case k.Value != "":
		return k.Value, true, nil
	}
	return v, found, nil
}

func (s *rotatingSource) secret(name string) loginwatch.RotatingSecret {
	return loginwatch.RotatingSecret{Vendor: s.vendor, Target: s.target, Name: name}
}

// Keep implements [loginwatch.SecretKeeper] for what rotates; of anything else
// nothing is kept. A value that can't be is good for this process alone until it can.
func (s *rotatingSource) Keep(name, value string) {
	k, err := s.change(name, func(k *loginwatch.Rotated, _ string) { k.Value, k.Spent = value, false })
	if err == nil {
		return
	}
	s.rotation.mu.Lock()
	s.rotation.late[s.secret(name)] = loginwatch.Rotated{Configured: k.Configured, Value: value}
	s.rotation.mu.Unlock()
	s.rotation.logger.Error("the vendor replaced a secret that it takes once, and the new one can't be kept: until it can, this process alone has it",
		"vendor", s.vendor, "target", s.target, "secret", name, "error", err)
}

// Spend implements [loginwatch.SecretSpender]: it is kept that the value was sent
// before it is.
func (s *rotatingSource) Spend(name, value string) error {
	var spent error
	_, err := s.change(name, func(k *loginwatch.Rotated, configured string) {
		spent = nil
		switch {
		case value != cmp.Or(k.Value, configured): // this run was given it by another step
		case k.Spent:
			spent = ErrSpent // by a run at the same time
		default:
			k.Spent = true
		}
	})
	return cmp.Or(err, spent)
}

// Unspend implements [loginwatch.SecretSpender].
func (s *rotatingSource) Unspend(name string) {
	if _, err := s.change(name, func(k *loginwatch.Rotated, _ string) { k.Spent = false }); err != nil {
		s.rotation.logger.Error("it can't be kept that a secret that the vendor takes once was not sent after all: it counts as used, configure a new one",
			"vendor", s.vendor, "target", s.target, "secret", name, "error", err)
	}
}

// configured gives the configured value; the last one that was read where that fails in
// the middle of a run.
func (s *rotatingSource) configured(name string) string {
	v, _, err := s.SecretSource.Secret(name)
	s.mu.Lock()
	defer s.mu.Unlock()
	if err != nil {
		return s.last[name]
	}
	s.last[name] = v
	return v
}

// change changes what is kept of a secret that rotates; how is also given the value
// that is configured.
func (s *rotatingSource) change(name string, how func(k *loginwatch.Rotated, configured string)) (loginwatch.Rotated, error) {
	if !slices.Contains(s.names, name) {
		return loginwatch.Rotated{}, nil
	}
	v := s.configured(name)
	return s.rotation.change(s.secret(name), v, func(k *loginwatch.Rotated) { how(k, v) })
}

// Oddity implements [loginwatch.SecretInspector].
func (s *rotatingSource) Oddity(name string) string {
	if inspector, ok := s.SecretSource.(loginwatch.SecretInspector); ok {
		return inspector.Oddity(name)
	}
	return ""
}
