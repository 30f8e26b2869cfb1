package loginwatch

import (
	"slices"
	"testing"
)

func TestCaseRequest(t *testing.T) {
	op := &Operation{ID: "login", Request: Request{Method: "POST", Path: "/login", Query: []Param{{Name: "tenant", Value: "${tenant}"}}, Headers: []Header{
		{Name: "Content-Type", Value: "application/json"},
		{Name: "Authorization", Value: "${public_key}"},
		{Name: "X-Portal", Value: "${portal_id}", Optional: true},
	}}}
	body := map[string]any{"user": "${user}", "more": []any{map[string]any{"password": "${password}"}, 7}}
	tests := []struct {
		name    string
		of      Case
		headers []string
		names   []string // without those of optional headers
		all     []string
	}{
		{"the operation's", Case{Body: body},
			[]string{"Content-Type: application/json", "Authorization: ${public_key}", "X-Portal: ${portal_id}"},
			[]string{"password", "public_key", "tenant", "user"}, []string{"password", "portal_id", "public_key", "tenant", "user"}},
		{"left out", Case{WithoutHeaders: []string{"authorization", "x-portal"}},
			[]string{"Content-Type: application/json"},
			[]string{"tenant"}, []string{"tenant"}},
		{"a secret header replaced", Case{Headers: []Header{{Name: "authorization", Value: "wrong"}}},
			[]string{"Content-Type: application/json", "X-Portal: ${portal_id}", "authorization: wrong"},
			[]string{"tenant"}, []string{"portal_id", "tenant"}},
		{"replaced by another secret, twice", Case{Headers: []Header{{Name: "AUTHORIZATION", Value: "${first}"}, {Name: "Authorization", Value: "${second}"}}},
			[]string{"Content-Type: application/json", "X-Portal: ${portal_id}", "Authorization: ${second}"},
			[]string{"second", "tenant"}, []string{"portal_id", "second", "tenant"}},
		{"an optional header made required", Case{Headers: []Header{{Name: "X-Portal", Value: "${portal_id}"}}},
			[]string{"Content-Type: application/json", "Authorization: ${public_key}", "X-Portal: ${portal_id}"},
			[]string{"portal_id", "public_key", "tenant"}, []string{"portal_id", "public_key", "tenant"}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			tt.of.Operation = op
			r := tt.of.Request()
			var headers []string
			for _, h := range r.Headers {
				headers = append(headers, h.Name+": "+h.Value)
			}
			if !slices.Equal(headers, tt.headers) {
				t.Errorf("headers %q, want %q", headers, tt.headers)
			}
			for optional, want := range map[bool][]string{false: tt.names, true: tt.all} {
				got := r.Names(optional)
				slices.Sort(got)
				if !slices.Equal(got, want) {
					t.Errorf("names with optional %t: %q, want %q", optional, got, want)
				}
			}
		})
	}
}
