package report

import (
	"time"

	"github.com/loginwatch/loginwatch"
)

// The types of HAR 1.2 (Software is hard, "HAR 1.2 Spec"), as far as they are filled;
// names that begin with an underscore are ours, as it allows. No value of an exchange is
// among it: what stands in its place says what it was.
type (
	har struct {
		Log harLog `json:"log"`
	}
	harLog struct {
		Version string     `json:"version"`
		Creator harCreator `json:"creator"`
		Entries []harEntry `json:"entries"`
		Comment string     `json:"comment"`
		Run     harRun     `json:"_run"`
	}
	harCreator struct {
		Name    string `json:"name"`
		Version string `json:"version"`
	}
	harRun struct {
		jsonEntry

		Fault  string `json:"fault"`
		Detail string `json:"detail,omitempty"`
	}
	harEntry struct {
		Started  time.Time   `json:"startedDateTime"`
		Time     float64     `json:"time"` // milliseconds, as all times
		Request  harRequest  `json:"request"`
		Response harResponse `json:"response"`
		Cache    struct{}    `json:"cache"`
		Timings  harTimings  `json:"timings"`
		Server   string      `json:"serverIPAddress,omitempty"`

		Case         string               `json:"_case"`
		Role         loginwatch.Role      `json:"_role"`
		Operation    string               `json:"_operation"`
		Verdict      loginwatch.Verdict   `json:"_verdict"`
		Reason       loginwatch.Reason    `json:"_reason"`
		Outcome      string               `json:"_outcome"`
		Findings     []loginwatch.Finding `json:"_findings"`
		Remote       string               `json:"_remote,omitempty"`
		Resolved     []string             `json:"_resolved,omitempty"`
		Tried        []string             `json:"_tried,omitempty"`
		Proxy        string               `json:"_proxy,omitempty"`
		TLS          string               `json:"_tls,omitempty"`
		Certificates []jsonCertificate    `json:"_certificates,omitempty"`
	}
	harRequest struct {
		Method      string    `json:"method"`
		URL         string    `json:"url"`
		HTTPVersion string    `json:"httpVersion"`
		Cookies     []harPair `json:"cookies"`
		Headers     []harPair `json:"headers"`
		Query       []harPair `json:"queryString"`
		Body        *harBody  `json:"postData,omitempty"`
		HeadersSize int       `json:"headersSize"`
		BodySize    int       `json:"bodySize"`
	}
	harResponse struct {
		Status      int        `json:"status"`
		StatusText  string     `json:"statusText"`
		HTTPVersion string     `json:"httpVersion"`
		Cookies     []harPair  `json:"cookies"`
		Headers     []harPair  `json:"headers"`
		Content     harContent `json:"content"`
		RedirectURL string     `json:"redirectURL"`
		HeadersSize int        `json:"headersSize"`
		BodySize    int        `json:"bodySize"`
	}
	harPair struct {
		Name       string   `json:"name"`
		Value      string   `json:"value"`
		Secure     bool     `json:"secure,omitempty"`
		HTTPOnly   bool     `json:"httpOnly,omitempty"`
		Attributes []string `json:"_attributes,omitempty"` // of a cookie, as far as HAR has no place for them without a value
	}
	harBody struct {
		MediaType string `json:"mimeType"`
		Text      string `json:"text"`
	}
	harContent struct {
		Size      int    `json:"size"`
		MediaType string `json:"mimeType"`
		Text      string `json:"text,omitempty"`
	}
	harTimings struct {
		Blocked float64 `json:"blocked"`
		DNS     float64 `json:"dns"`
		Connect float64 `json:"connect"`
		Send    float64 `json:"send"`
		Wait    float64 `json:"wait"`
		Receive float64 `json:"receive"`
		SSL     float64 `json:"ssl"`
	}
)
