package persist

import (
	"encoding/json"
	"testing"
	"time"
)

type inner struct {
	At   time.Time `json:"at,omitzero"`
	For  time.Duration
	More Members `json:",embed"`
}

type outer struct {
	inner
	Name string           `json:",omitempty"`
	By   map[int64]inner  `json:",omitempty"`
	List []inner          `json:"list"`
	Time map[int64]string // nil is null, as it always was
	One  *inner           `json:",omitempty"`
}

// What is known is written as encoding/json writes it, which wrote the stores of before,
// and each member that is not known goes with its object.
func TestKeepsMembers(t *testing.T) {
	for name, tt := range map[string]struct{ text, want string }{
		"nothing": {`{}`, `{"For":0,"list":null,"Time":null}`},
		"what is known": {
			`{"at":"2026-11-21T10:00:00.5Z","For":5,"Name":"<a>","By":{"12":{"For":1},"5":{"For":2}},"list":[],"Time":{},"One":{"For":3}}`,
			`{"at":"2026-11-21T10:00:00.5Z","For":5,"Name":"\u003ca\u003e","By":{"12":{"For":1},"5":{"For":2}},"list":[],"Time":{},"One":{"For":3}}`,
		},
		"members at each level": {
			`{"x":1.50,"For":5,"By":{"12":{"y":[null,{"z":"é"}],"For":1}},"list":[{"x":{}},{"For":1}],"Time":null,"One":{"For":3,"For2":"","b":true}}`,
			`{"For":5,"By":{"12":{"For":1,"y":[null,{"z":"é"}]}},"list":[{"For":0,"x":{}},{"For":1}],"Time":null,"One":{"For":3,"For2":"","b":true},"x":1.50}`,
		},
	} {
		var o outer
		if err := Decode([]byte(tt.text), &o); err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		if got, err := Encode(o); err != nil || string(got) != tt.want {
			t.Errorf("%s: got %s, %v, want %s", name, got, err, tt.want)
		}
	}
	type old struct {
		At   time.Time
		For  time.Duration
		Nil  []string
		By   map[int64]time.Time `json:",omitempty"`
		Zero time.Time           `json:",omitzero"`
		Text string
	}
	value := old{At: time.Date(2026, 11, 21, 10, 0, 0, 1, time.UTC), For: time.Hour, By: map[int64]time.Time{1 << 62: {}, 7: {}}, Text: "<\u2028>"}
	want, err := json.Marshal(value)
	if err != nil {
		t.Fatal(err)
	}
	if got, err := Encode(value); err != nil || string(got) != string(want) {
		t.Errorf("got %s, %v, want %s", got, err, want)
	}
	for _, text := range []string{``, `{`, `[]`, `{"For":"x"}`, `{}{}`} {
		if err := Decode([]byte(text), new(outer)); err == nil {
			t.Errorf("%q can be read", text)
		}
	}
}

func TestBoth(t *testing.T) {
	for _, tt := range []struct{ older, newer, want string }{
		{`{}`, `{}`, `{}`},
		{`{"a":1}`, `{}`, `{"a":1}`},
		{`{}`, `{"a":1}`, `{"a":1}`},
		{`{"a":1,"b":[1.50]}`, `{"a":{"c":2}}`, `{"a":{"c":2},"b":[1.50]}`},
	} {
		var older, newer struct {
			More Members `json:",embed"`
		}
		if Decode([]byte(tt.older), &older) != nil || Decode([]byte(tt.newer), &newer) != nil {
			t.Fatal(tt)
		}
		before := len(older.More)
		newer.More = Both(older.More, newer.More)
		if got, err := Encode(newer); err != nil || string(got) != tt.want {
			t.Errorf("%s, %s: got %s, %v, want %s", tt.older, tt.newer, got, err, tt.want)
		}
		if len(older.More) != before {
			t.Errorf("%s was changed", tt.older)
		}
	}
}
