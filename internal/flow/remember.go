package flow

import (
	"sync"

	"github.com/loginwatch/loginwatch"
)

// Remember makes a source that also gives what steps have captured, so that a
// sequence of runs fetches it once. What is configured comes first.
func Remember(source loginwatch.SecretSource) loginwatch.SecretKeeper {
	return &keeper{source, &remembered{of: map[string]string{}}}
}

type keeper struct {
	loginwatch.SecretSource
	kept *remembered // of all readings
}

type remembered struct {
	mu sync.Mutex
	of map[string]string
}

// Read implements [loginwatch.SecretReader], as far as what is around it does.
func (k *keeper) Read() loginwatch.SecretSource { return &keeper{reading(k.SecretSource), k.kept} }

// Costs implements [loginwatch.SecretReader].
func (k *keeper) Costs(name string) bool { return costs(k.SecretSource, name) }

// Secret implements [loginwatch.SecretSource].
func (k *keeper) Secret(name string) (string, bool, error) {
	if v, found, err := k.SecretSource.Secret(name); found || err != nil {
		return v, found, err
	}
	k.kept.mu.Lock()
	defer k.kept.mu.Unlock()
	v, found := k.kept.of[name]
	return v, found, nil
}

// Oddity implements [loginwatch.SecretInspector]; what a step captured was
// looked at when it came.
func (k *keeper) Oddity(name string) string {
	if inspector, ok := k.SecretSource.(loginwatch.SecretInspector); ok {
		return inspector.Oddity(name)
	}
	return ""
}

func (r *remembered) keep(name, value string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.of[name] = value
}

// Keep implements [loginwatch.SecretKeeper].
func (k *keeper) Keep(name, value string) {
	k.kept.keep(name, value)
	if inner, ok := k.SecretSource.(loginwatch.SecretKeeper); ok {
		inner.Keep(name, value)
	}
}

// Spend implements [loginwatch.SecretSpender], as far as what is around it does.
func (k *keeper) Spend(name, value string) error {
	if inner, ok := k.SecretSource.(loginwatch.SecretSpender); ok {
		return inner.Spend(name, value)
	}
	return nil
}

// Unspend implements [loginwatch.SecretSpender].
func (k *keeper) Unspend(name string) {
	if inner, ok := k.SecretSource.(loginwatch.SecretSpender); ok {
		inner.Unspend(name)
	}
}

// configured implements [beginner], as far as what is around it does.
func (k *keeper) configured(name string) string { return begunWith(k.SecretSource, name) }
