package pack

import (
	"slices"
	"testing"

	"github.com/loginwatch/loginwatch"
)

// A media type that says nothing of a format goes with the one that a contract
// names; one that says another goes with none but that.
func TestMediaTypesOfFormats(t *testing.T) {
	tests := []struct {
		media string
		takes []loginwatch.BodyFormat // when no format is named; only JSON is meant then
		named []loginwatch.BodyFormat
	}{
		{"application/json", []loginwatch.BodyFormat{loginwatch.BodyJSON}, []loginwatch.BodyFormat{loginwatch.BodyJSON}},
		{"application/problem+json", []loginwatch.BodyFormat{loginwatch.BodyJSON}, []loginwatch.BodyFormat{loginwatch.BodyJSON}},
		{"application/x-www-form-urlencoded", nil, []loginwatch.BodyFormat{loginwatch.BodyForm}},
		{"text/xml", nil, []loginwatch.BodyFormat{loginwatch.BodyXML}},
		{"application/soap+xml", nil, []loginwatch.BodyFormat{loginwatch.BodyXML}},
		{"multipart/form-data", nil, nil},
		{"application/x-amz-json-1.1", nil, []loginwatch.BodyFormat{loginwatch.BodyJSON, loginwatch.BodyForm, loginwatch.BodyText, loginwatch.BodyXML}},
		{"application/json-rpc", nil, []loginwatch.BodyFormat{loginwatch.BodyJSON, loginwatch.BodyForm, loginwatch.BodyText, loginwatch.BodyXML}},
		{"text/plain", nil, []loginwatch.BodyFormat{loginwatch.BodyJSON, loginwatch.BodyForm, loginwatch.BodyText, loginwatch.BodyXML}},
	}
	formats := []loginwatch.BodyFormat{loginwatch.BodyJSON, loginwatch.BodyForm, loginwatch.BodyText, loginwatch.BodyXML}
	for _, test := range tests {
		if got := fits(loginwatch.BodyJSON, test.media, false); got != slices.Contains(test.takes, loginwatch.BodyJSON) {
			t.Errorf("%s without a format: %v", test.media, got)
		}
		for _, f := range formats {
			if got := fits(f, test.media, true); got != slices.Contains(test.named, f) {
				t.Errorf("%s with body: %s: %v", test.media, f, got)
			}
		}
	}
}
