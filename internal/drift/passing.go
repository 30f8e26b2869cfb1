package drift

import "strings"

// passing tells whether a header or cookie is of the way and not of the login: caches,
// content networks and load balancers add and drop it as they like, for days or for one
// answer. Where the contract has it, it counts all the same.
func passing(place string) bool {
	if name, isHeader := strings.CutPrefix(place, "header:"); isHeader {
		name = strings.ToLower(name)
		if passingHeaders[name] {
			return true
		}
		for _, begins := range passingFamilies {
			if strings.HasPrefix(name, begins) {
				return true
			}
		}
		return false
	}
	name, isCookie := strings.CutPrefix(place, "cookie:")
	if !isCookie {
		return false
	}
	for _, begins := range passingCookies {
		if strings.HasPrefix(name, begins) {
			return true
		}
	}
	return false
}

// Of one connection, or of the writing of one message (RFC 9110, 7.6; RFC 9112, 6; RFC
// 9111, 5; RFC 9218, 5), of what it is worth in a cache, and what gateways say of themselves
// (RFC 9209, RFC 9211) and of its trace. "*" are the names that may hold a value.
var passingHeaders = map[string]bool{
	"connection": true, "keep-alive": true, "proxy-connection": true, "transfer-encoding": true, "trailer": true, "upgrade": true,
	"content-length": true, "content-encoding": true, "date": true, "age": true, "via": true, "vary": true, "warning": true,
	"etag": true, "last-modified": true, "alt-svc": true, "nel": true, "report-to": true, "reporting-endpoints": true,
	"server-timing": true, "x-served-by": true, "x-timer": true, "x-varnish": true, "x-azure-ref": true, "x-iinfo": true,
	"x-cdn": true, "x-edge-location": true, "x-backend": true, "x-backend-server": true, "x-runtime": true, "x-response-time": true, "*": true,
	"accept-ranges": true, "cache-status": true, "proxy-status": true, "priority": true, "speculation-rules": true, "x-hw": true, "x-msedge-ref": true,
	"x-guploader-uploadid": true, "fly-request-id": true, "x-amzn-trace-id": true, "x-cloud-trace-context": true, "traceparent": true, "tracestate": true,
}

var passingFamilies = []string{"x-cache", "cf-", "x-amz-cf-", "x-akamai-", "akamai-", "x-fastly-", "fastly-", "cdn-", "x-envoy-", "x-kong-", "x-proxy-", "x-nf-", "x-vercel-", "x-sucuri-", "x-upstream-", "surrogate-"}

// Cookies by which load balancers and bot walls know a client again.
var passingCookies = []string{
	"*", "AWSALB", "AWSELB", "__cf", "cf_", "_cf", "BIGipServer", "incap_ses_", "visid_incap_", "nlbi_", "ARRAffinity", "ApplicationGatewayAffinity",
	"SERVERID", "TS01", "datadome", "ak_bmsc", "bm_", "_abck", "aws-waf-token", "reese84", "GCLB", "GAESA", "citrix_ns_id", "NSC_",
}
