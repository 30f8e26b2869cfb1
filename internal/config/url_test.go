package config

import "testing"

// TestBaseURL; what is refused is in testdata/bad/addresses.txtar.
func TestBaseURL(t *testing.T) {
	tests := []struct {
		text     string
		insecure bool
		want     string // "" when refused
	}{
		{"https://api.example.com", false, "https://api.example.com"},
		{"https://api.example.com/", false, "https://api.example.com"},
		{"https://api.example.com:8443/base/%2F/", false, "https://api.example.com:8443/base/%2F"},
		{"http://localhost:8080", false, "http://localhost:8080"},
		{"http://sim.localhost", false, "http://sim.localhost"},
		{"http://127.8.9.10/x", false, "http://127.8.9.10/x"},
		{"http://[::1]:80", false, "http://[::1]:80"},
		{"http://10.0.0.1", true, "http://10.0.0.1"},
		{"http://10.0.0.1", false, ""},
		{"http://localhost.example.com", false, ""},
		{"http://127.0.0.1.example.com", false, ""},
		{"https://api.example.com:0", false, ""},
		{"https:api.example.com", false, ""},
		{"https://:443", false, ""},
		{"https://api.example.com/\n", false, ""},
		{"", false, ""},
	}
	for _, test := range tests {
		got, err := BaseURL(test.text, test.insecure)
		switch {
		case test.want == "" && err == nil:
			t.Errorf("%q was taken as %v", test.text, got)
		case test.want != "" && (err != nil || got.String() != test.want):
			t.Errorf("%q: got %v, %v, want %s", test.text, got, err, test.want)
		}
	}
}
