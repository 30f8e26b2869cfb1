//go:build pact

package pact_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/loginwatch/loginwatch/internal/pact"
)

// leftOutFile lists, in one place, the cases that are in no pact.
const leftOutFile = "testdata/left-out.txt"

// The pacts and the list of what Pact can't express cover every case together:
// none is in both, and none is in neither.
func TestCoverage(t *testing.T) {
	var list strings.Builder
	list.WriteString("# The cases that no pact holds, and why; `loginwatch verify` covers them. Written by make contracts.\n")
	for _, c := range catalog(t).Contracts {
		data, err := os.ReadFile(committed(c))
		if err != nil {
			t.Fatal(err)
		}
		var file struct {
			Interactions []struct{ Description string }
		}
		if err := json.Unmarshal(data, &file); err != nil {
			t.Fatal(err)
		}
		var got, want []string
		for _, i := range file.Interactions {
			got = append(got, i.Description)
		}
		for _, k := range c.Cases {
			if reason := pact.LeftOut(k, c); reason != "" {
				fmt.Fprintf(&list, "%s %s: %s\n", c.Vendor, k.ID, reason)
				continue
			}
			want = append(want, pact.Description(k))
		}
		slices.Sort(want)
		slices.Sort(got)
		if !slices.Equal(got, want) {
			t.Errorf("%s: the pact has %q, the contract's other cases are %q", c.Vendor, got, want)
		}
	}
	golden(t, leftOutFile, []byte(list.String()))
}

// golden compares with a file, or writes it. With further packs there is more
// to list than the file has.
func golden(t *testing.T, file string, got []byte) {
	t.Helper()
	if *packs != "" {
		return
	}
	if *update {
		if err := os.WriteFile(file, got, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(got, want) {
		t.Errorf("%s is out of date; make contracts writes it again", file)
	}
}

// No pact repeats a demo credential or a secret value of an example.
func TestPactsHoldNoSecret(t *testing.T) {
	for _, c := range catalog(t).Contracts {
		data, err := os.ReadFile(committed(c))
		if err != nil {
			t.Fatal(err)
		}
		var secrets []string
		for _, s := range c.Secrets {
			secrets = append(secrets, s.Demo)
		}
		for _, o := range c.Operations {
			for _, x := range o.Outcomes {
				if !x.Structured() {
					continue
				}
				var doc any
				if err := json.Unmarshal(x.Example.Body, &doc); err != nil {
					t.Fatal(err)
				}
				for _, pointer := range x.Schema.SecretFields() {
					secrets = append(secrets, textsAt(doc, pointer.String())...)
				}
			}
		}
		var file any
		if err := json.Unmarshal(data, &file); err != nil {
			t.Fatal(err)
		}
		for _, text := range texts(file) {
			for i, secret := range secrets {
				// Some demo credentials are words such as "username".
				if text == secret || len(secret) > 10 && strings.Contains(text, secret) {
					t.Errorf("%s: the pact holds secret %d of %d", c.Vendor, i, len(secrets))
				}
			}
		}
	}
}

// textsAt gives the strings at a pointer, where "*" is every index.
func textsAt(doc any, pointer string) []string {
	if pointer == "" {
		return texts(doc)
	}
	first, rest, _ := strings.Cut(pointer[1:], "/")
	if rest != "" {
		rest = "/" + rest
	}
	switch v := doc.(type) {
	case map[string]any:
		if inner, ok := v[first]; ok {
			return textsAt(inner, rest)
		}
	case []any:
		var all []string
		for _, item := range v {
			all = append(all, textsAt(item, rest)...)
		}
		return all
	}
	return nil
}
