package flow

import (
	"cmp"
	"context"
	"crypto/rand"
	"crypto/sha256"
	"errors"
	"fmt"
	"log/slog"
	"maps"
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

	mu     sync.Mutex
	late   map[loginwatch.RotatingSecret]string   // values that could not be kept when they came
	unsent map[loginwatch.RotatingSecret][]string // by whom it may be kept that they were sent, and they were not
}

// patience is how long what is kept may take to be read or written.
const patience = 10 * time.Second

// NewRotation makes one over what is kept; the log is told what could not be.
func NewRotation(kept loginwatch.Rotations, logger *slog.Logger) *Rotation {
	return &Rotation{kept: kept, logger: logger, late: map[loginwatch.RotatingSecret]string{}, unsent: map[loginwatch.RotatingSecret][]string{}}
}

// Of gives a target's secrets with those that rotate as they are by now; the source
// itself where none does.
func (r *Rotation) Of(c *loginwatch.Contract, source loginwatch.SecretSource) loginwatch.SecretSource {
	names := spendable(c)
	if _, already := source.(*rotatingSource); already || len(names) == 0 {
		return source
	}
	return &rotatingSource{source, &rotates{rotation: r, vendor: c.Vendor, names: names, last: map[string]string{}, by: map[string]string{}}}
}

// Used tells whether a configured value of a secret was sent, so that only what is
// kept is good; next tells whether there is that.
func (r *Rotation) Used(vendor, name, configured string) (used, next bool, err error) {
	k, err := r.change(rotating(vendor, name, configured), func(*loginwatch.Rotated) {})
	if err != nil {
		return false, false, err
	}
	return k.Spent || k.Value != "", !k.Spent && k.Value != "", nil
}

func rotating(vendor, name, configured string) loginwatch.RotatingSecret {
	return loginwatch.RotatingSecret{Vendor: vendor, Name: name, Configured: sha256.Sum256([]byte(configured))}
}

// change changes what is kept of a secret, and gives what that is then. What could not
// be kept before is applied first, unless it has been; what is kept as sent by one who
// has not is taken back, and of nobody else.
func (r *Rotation) change(of loginwatch.RotatingSecret, how func(*loginwatch.Rotated)) (now loginwatch.Rotated, err error) {
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	late, unsent := r.waiting(of)
	err = r.kept.Rotate(ctx, of, func(k *loginwatch.Rotated) {
		if late != "" && k.Value != late {
			*k = loginwatch.Rotated{Value: late}
		}
		if k.Spent && k.By != "" && slices.Contains(unsent, k.By) {
			k.Spent, k.By = false, ""
		}
		how(k)
		now = *k
	})
	if err != nil {
		return now, fmt.Errorf("%w: %w", ErrStore, err)
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	if late != "" && r.late[of] == late {
		delete(r.late, of)
	}
	left := slices.DeleteFunc(slices.Clone(r.unsent[of]), func(by string) bool { return slices.Contains(unsent, by) })
	if r.unsent[of] = left; len(left) == 0 {
		delete(r.unsent, of)
	}
	return now, nil
}

// waiting gives what of a secret could not be kept yet.
func (r *Rotation) waiting(of loginwatch.RotatingSecret) (late string, unsent []string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.late[of], r.unsent[of]
}

// notSent takes note that a value was not sent, though it may be kept that it was.
func (r *Rotation) notSent(of loginwatch.RotatingSecret, by string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.unsent[of] = append(slices.Clone(r.unsent[of]), by)
}

// KeepLate keeps what could not be kept when it came; the error tells what still can't.
func (r *Rotation) KeepLate() error {
	r.mu.Lock()
	waiting := slices.AppendSeq(slices.Collect(maps.Keys(r.late)), maps.Keys(r.unsent))
	r.mu.Unlock()
	var failed error
	for _, of := range waiting {
		_, err := r.change(of, func(*loginwatch.Rotated) {})
		failed = errors.Join(failed, err)
	}
	return failed
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
		if !slices.Contains(names, name) && (costs(source, name) || given(source, name)) {
			names = append(names, name)
		}
	}
	return names
}

func given(source loginwatch.SecretSource, name string) bool {
	v, found, err := source.Secret(name)
	return err == nil && found && v != ""
}

type rotatingSource struct {
	loginwatch.SecretSource
	*rotates // of all readings
}

type rotates struct {
	rotation *Rotation
	vendor   string
	names    []string

	mu   sync.Mutex
	last map[string]string // by name: the configured value when it could be read last
	by   map[string]string // by name: who has spent it last
}

// ErrStore says that the store, where it stands which value is the next one, can't be
// asked: nobody knows whether the secret is missing.
var ErrStore = errors.New("the store can't be asked which value is to be used now")

// ErrSpent says that the one value that there is was used.
var ErrSpent = errors.New("it can be used once, was used, and no answer gave the next one: configure a new one")

// ErrReplaced says that another run has used the value meanwhile.
var ErrReplaced = errors.New("it can be used once, and another run has just used it: the next run uses its successor")

// Read implements [loginwatch.SecretReader], as far as what is around it does.
func (s *rotatingSource) Read() loginwatch.SecretSource {
	return &rotatingSource{reading(s.SecretSource), s.rotates}
}

// Costs implements [loginwatch.SecretReader].
func (s *rotatingSource) Costs(name string) bool { return costs(s.SecretSource, name) }

// Secret implements [loginwatch.SecretSource].
func (s *rotatingSource) Secret(name string) (string, bool, error) {
	v, found, err := s.SecretSource.Secret(name)
	if !slices.Contains(s.names, name) || err != nil || v == "" {
		return v, found, err
	}
	k, err := s.rotation.change(rotating(s.vendor, name, v), func(*loginwatch.Rotated) {})
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

// Keep implements [loginwatch.SecretKeeper] for what rotates; of anything else
// nothing is kept. A value that can't be is good for this process alone until it can.
func (s *rotatingSource) Keep(name, value string) {
	configured := s.configured(name)
	if configured == "" {
		return
	}
	of := rotating(s.vendor, name, configured)
	_, err := s.rotation.change(of, func(k *loginwatch.Rotated) { *k = loginwatch.Rotated{Value: value} })
	if err == nil {
		return
	}
	s.rotation.mu.Lock()
	s.rotation.late[of] = value
	s.rotation.mu.Unlock()
	s.rotation.logger.Error("the vendor replaced a secret that it takes once, and the new one can't be kept: until it can, this process alone has it",
		"vendor", s.vendor, "secret", name, "error", err)
}

// Spend implements [loginwatch.SecretSpender]: it is kept that the value was sent
// before it is. The error is [ErrReplaced] for a value that is none to use any more.
func (s *rotatingSource) Spend(name, value string) error {
	configured := s.configured(name)
	if configured == "" {
		return ErrReplaced
	}
	of, by := rotating(s.vendor, name, configured), rand.Text()
	var spent error
	_, err := s.rotation.change(of, func(k *loginwatch.Rotated) {
		spent = nil
		switch {
		case value != cmp.Or(k.Value, configured):
			spent = ErrReplaced
		case k.Spent:
			spent = ErrSpent // by a run at the same time
		default:
			k.Spent, k.By = true, by
		}
	})
	switch {
	case err != nil: // it may be kept all the same
		s.rotation.notSent(of, by)
	case spent == nil:
		s.mu.Lock()
		s.by[name] = by
		s.mu.Unlock()
	}
	return cmp.Or(err, spent)
}

// Unspend implements [loginwatch.SecretSpender].
func (s *rotatingSource) Unspend(name string) {
	s.mu.Lock()
	by := s.by[name]
	s.mu.Unlock()
	of := rotating(s.vendor, name, s.configured(name))
	s.rotation.notSent(of, by)
	if _, err := s.rotation.change(of, func(*loginwatch.Rotated) {}); err != nil {
		s.rotation.logger.Error("it can't be kept yet that a secret that the vendor takes once was not sent after all: until it can, it counts as used",
			"vendor", s.vendor, "secret", name, "error", err)
	}
}

// beginner is a source of secrets that rotate: it knows what each began with.
type beginner interface{ configured(name string) string }

// begunWith gives the value that a secret of the source began with; "" of one that does
// not rotate.
func begunWith(source loginwatch.SecretSource, name string) string {
	if b, ok := source.(beginner); ok {
		return b.configured(name)
	}
	return ""
}

// configured gives the configured value of a secret that rotates, "" of any other one;
// the last one that was read where that fails in the middle of a run.
func (s *rotatingSource) configured(name string) string {
	if !slices.Contains(s.names, name) {
		return ""
	}
	v, _, err := s.SecretSource.Secret(name)
	s.mu.Lock()
	defer s.mu.Unlock()
	if err != nil {
		return s.last[name]
	}
	s.last[name] = v
	return v
}

// Oddity implements [loginwatch.SecretInspector].
func (s *rotatingSource) Oddity(name string) string {
	if inspector, ok := s.SecretSource.(loginwatch.SecretInspector); ok {
		return inspector.Oddity(name)
	}
	return ""
}
