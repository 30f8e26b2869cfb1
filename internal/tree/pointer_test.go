package tree

import (
	"encoding/json"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

// The document of RFC 6901, 5, with its pointers, and what is none.
func TestLookup(t *testing.T) {
	var doc any
	text := `{"foo": ["bar", "baz"], "": 0, "a/b": 1, "c%d": 2, "e^f": 3, "g|h": 4, "i\\j": 5, "k\"l": 6, " ": 7, "m~n": 8, "x": {"y": null}}`
	if err := json.Unmarshal([]byte(text), &doc); err != nil {
		t.Fatal(err)
	}
	for pointer, want := range map[string]any{
		"/foo/0": "bar", "/": 0.0, "/a~1b": 1.0, "/c%d": 2.0, "/e^f": 3.0, "/g|h": 4.0, `/i\j`: 5.0, `/k"l`: 6.0, "/ ": 7.0, "/m~0n": 8.0, "/x/y": nil,
	} {
		if got, found := Lookup(doc, pointer); !found || got != want {
			t.Errorf("%q: %v, %t", pointer, got, found)
		}
	}
	for _, pointer := range []string{"foo", "/foo/", "/foo/2", "/foo/-1", "/foo/00", "/foo/+1", "/foo/0/x", "/a/b", "/x/y/z", "/m~n~", "//"} {
		if got, found := Lookup(doc, pointer); found {
			t.Errorf("%q finds %v", pointer, got)
		}
	}
}

// A pointer that is joined of tokens leads there, and splits into them.
func TestPointersLeadWhereTheyWereJoined(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		tokens := rapid.SliceOfN(rapid.StringMatching(`[a/~01é ]{0,4}`), 1, 5).Draw(t, "tokens")
		var doc any = "here"
		pointer := ""
		for i := len(tokens) - 1; i >= 0; i-- {
			doc = map[string]any{tokens[i]: doc}
		}
		for _, token := range tokens {
			pointer = JoinPointer(pointer, token)
		}
		if got, found := Lookup(doc, pointer); !found || got != "here" {
			t.Errorf("%q: %v, %t", pointer, got, found)
		}
		if got, ok := SplitPointer(pointer); !ok || strings.Join(got, "\x00") != strings.Join(tokens, "\x00") {
			t.Errorf("%q splits into %q", pointer, got)
		}
	})
}
