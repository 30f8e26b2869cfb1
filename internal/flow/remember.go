package flow

import (
	"sync"

	"github.com/loginwatch/loginwatch"
)

// Remember makes a source that also gives what steps have captured, so that a
// sequence of runs fetches it once. What is configured comes first.
func Remember(source loginwatch.SecretSource) loginwatch.SecretKeeper {
	return &keeper{SecretSource: source, kept: map[string]string{}}
}

type keeper struct {
	loginwatch.SecretSource
	mu   sync.Mutex
	kept map[string]string
}

// Secret implements [loginwatch.SecretSource].
func (k *keeper) Secret(name string) (string, bool, error) {
	if v, found, err := k.SecretSource.Secret(name); found || err != nil {
		return v, found, err
	}
	k.mu.Lock()
	defer k.mu.Unlock()
	v, found := k.kept[name]
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

// Keep implements [loginwatch.SecretKeeper].
func (k *keeper) Keep(name, value string) {
	k.mu.Lock()
	defer k.mu.Unlock()
	k.kept[name] = value
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
