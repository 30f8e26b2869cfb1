// Package secret reads secrets from where references say that they are, when they are
// used: variables, files, the service manager's credentials, commands of the operator's,
// Vault and files of sops. It asks each place once for a run, gives up on one that hangs, and tries
// nothing again. It keeps no value longer than the run that asked, but for the token that
// Vault gave us, writes none, and no error of it holds one.
package secret

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"strings"
	"time"
)

// maxBytes is the size of the largest secret, in bytes: a key or a token is far
// smaller, and what is no secret must not fill the memory.
const maxBytes = 64 << 10

// DefaultPatience is how long the secrets of a run may take where the operator says
// nothing.
const DefaultPatience = 10 * time.Second

// Sources are what references may need beside themselves. They are safe for concurrent
// use; nil ones have no commands.
type Sources struct {
	// Patience is how long reading all secrets of a run may take together. What needs no
	// more than a look at this machine's files is not timed.
	Patience time.Duration
	Commands map[string]*Command // by name
	Vault    *Vault
	AgeKey   *Reference // of our age keys; nil for where sops itself finds them
}

// Reading reads the secrets of one run: each place is asked once, so that they go
// together, and all of them within the patience of the sources. It is for one goroutine.
type Reading struct {
	sources *Sources
	until   time.Time // zero while nothing was asked that costs
	read    map[Reference]result
	at      map[string]document // by path in Vault
	files   map[string]decrypted
}

// decrypted is what is in a file of sops.
type decrypted struct {
	texts map[string]string
	err   error
}

type result struct {
	value string
	err   error
}

// Read begins to read secrets of a run.
func (s *Sources) Read() *Reading {
	return &Reading{sources: s, read: map[Reference]result{}, at: map[string]document{}, files: map[string]decrypted{}}
}

// Value gives a secret; "" where it is missing, which one that is white space alone is
// as well. The error says which place could not be read, and satisfies
// [fs.ErrNotExist] where the place has none.
func (r *Reading) Value(ref Reference) (string, error) {
	if of, already := r.read[ref]; already {
		return of.value, of.err
	}
	var of result
	of.value, of.err = r.text(ref)
	of.value = valueOf(of.value)
	r.read[ref] = of
	return of.value, of.err
}

// needed gives a value without which another one can't be read.
func (r *Reading) needed(what string, ref Reference) (string, error) {
	value, err := r.Value(ref)
	if err == nil && value == "" {
		err = fmt.Errorf("it is missing or empty (%s)", ref)
	}
	if err != nil {
		return "", fmt.Errorf("%s: %v", what, err) //nolint:errorlint // that this one is missing does not mean that the other one is
	}
	return value, nil
}

func (r *Reading) text(ref Reference) (string, error) {
	switch ref.Kind {
	case File:
		return readFile("secret file "+ref.From, ref.From, maxBytes)
	case Systemd:
		return readCredential(ref)
	case Exec:
		text, err := r.within(ref, r.sources.command(ref.From).run)
		return text, of(ref, err)
	case InVault:
		text, err := r.inVault(ref)
		return text, of(ref, err)
	case SOPS:
		return r.inSOPS(ref)
	}
	return fromEnvironment(ref), nil
}

// of says which reference an error is of. What is read once for several says why, and never
// for which of them it was read.
func of(ref Reference, err error) error {
	if err == nil {
		return nil
	}
	return fmt.Errorf("%s: %w", ref, err)
}

// within reads what costs, as long as there is time.
func (r *Reading) within(ref Reference, read func(context.Context, Reference) (string, error)) (string, error) {
	patience := r.sources.patience()
	if r.until.IsZero() {
		r.until = time.Now().Add(patience)
	}
	ctx, cancel := context.WithDeadline(context.Background(), r.until)
	defer cancel()
	if ctx.Err() != nil {
		return "", fmt.Errorf("not asked, since the %v for all secrets of a run were over", patience)
	}
	text, err := read(ctx, ref)
	if err != nil {
		return "", err // whatever was printed before it failed
	}
	return text, nil
}

// inVault gives a secret of Vault's; what stands at its path is read once for a run.
func (r *Reading) inVault(ref Reference) (string, error) {
	d, already := r.at[ref.From]
	if !already {
		_, d.err = r.within(ref, func(ctx context.Context, ref Reference) (_ string, err error) {
			d.values, err = r.sources.vault().document(ctx, r, ref.From)
			return "", err
		})
		r.at[ref.From] = d
	}
	if d.err != nil {
		return "", d.err
	}
	return textOf(d.values, ref.Key)
}

func (s *Sources) vault() *Vault {
	if s == nil {
		return nil
	}
	return s.Vault
}

func (s *Sources) patience() time.Duration {
	if s == nil || s.Patience == 0 {
		return DefaultPatience
	}
	return s.Patience
}

func (s *Sources) command(name string) *Command {
	if s == nil {
		return nil
	}
	return s.Commands[name]
}

// valueOf is the one rule for every origin: one line break at the end is no part
// of the secret, since editors and shells put it there; nothing else is altered.
func valueOf(text string) string {
	if strings.TrimSpace(strings.TrimPrefix(text, "\ufeff")) == "" {
		return ""
	}
	if before, ended := strings.CutSuffix(text, "\n"); ended {
		return strings.TrimSuffix(before, "\r")
	}
	return text
}

// withoutPath takes the path out of an error of os, for whoever says it already.
func withoutPath(err error) error {
	if at := (*fs.PathError)(nil); errors.As(err, &at) {
		return at.Err
	}
	return err
}
