package secret

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"

	"filippo.io/age"
	"filippo.io/age/armor"
)

// dataKey decrypts the key of all values with the first of the identities that can.
func (f *sopsFile) dataKey(identities string) ([]byte, error) {
	known, err := age.ParseIdentities(strings.NewReader(identities))
	if err != nil {
		return nil, errors.New("our age keys can't be read: there has to be one AGE-SECRET-KEY- on each line")
	}
	recipients, _ := f.meta["age"].([]any)
	if len(recipients) == 0 {
		if f.meta["key_groups"] != nil {
			return nil, errors.New("its key is divided among groups, which only sops itself can put together: exec: may run that")
		}
		return nil, errors.New("it is not encrypted for any age key: exec: may run sops for what else it is encrypted for")
	}
	for _, r := range recipients {
		recipient, _ := r.(map[string]any)
		sealed, _ := recipient["enc"].(string)
		opened, err := age.Decrypt(armor.NewReader(strings.NewReader(sealed)), known...)
		if err != nil {
			continue // it is for somebody else
		}
		if key, err := io.ReadAll(io.LimitReader(opened, maxBytes)); err == nil && len(key) == 32 {
			return key, nil
		}
	}
	return nil, errors.New("none of our age keys is one that it is encrypted for")
}

// ageKeys gives our age keys: those of the operator's file, or as sops itself finds them.
func (r *Reading) ageKeys() (string, error) {
	if r.sources != nil && r.sources.AgeKey != nil {
		return r.needed("our age key", *r.sources.AgeKey)
	}
	if keys := os.Getenv("SOPS_AGE_KEY"); keys != "" {
		return keys, nil
	}
	path := os.Getenv("SOPS_AGE_KEY_FILE")
	if path == "" {
		dir, err := os.UserConfigDir()
		if err != nil {
			return "", errors.New("there is no age key: set secret_sources.age_key, or SOPS_AGE_KEY_FILE")
		}
		path = filepath.Join(dir, "sops", "age", "keys.txt")
	}
	return r.needed("our age key", Reference{Kind: File, From: path})
}

// inSOPS gives a secret of a file of sops, which is read once for a run.
func (r *Reading) inSOPS(ref Reference) (string, error) {
	f, already := r.files[ref.From]
	if !already {
		f.texts, f.err = readSOPS(ref.From, r.ageKeys)
		r.files[ref.From] = f
	}
	if f.err != nil {
		return "", f.err
	}
	text, present := f.texts[ref.Key]
	switch {
	case !present:
		return "", absent(fmt.Sprintf("sops file %s: it has no encrypted text under %q", ref.From, ref.Key))
	case len(text) > maxBytes:
		return "", fmt.Errorf("%s: larger than %d KiB", ref, maxBytes>>10)
	}
	return text, nil
}
