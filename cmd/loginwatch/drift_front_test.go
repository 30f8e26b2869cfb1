package main

import (
	"bytes"
	"compress/gzip"
	"math/rand/v2"
	"net/http"
	"strconv"
	"strings"
	"testing"
)

// front is what a content network, a cache or a load balancer adds to an answer.
var front = map[string]string{
	"Age": "7", "Via": "1.1 varnish", "Date": "Fri, 27 Nov 2026 02:25:10 GMT", "X-Cache": "HIT", "X-Cache-Hits": "3", "X-Cache-Status": "MISS", "Cache-Status": "edge; hit",
	"CF-Ray": "8f0a1b2c3d4e5f60-FRA", "CF-Cache-Status": "DYNAMIC", "CF-APO-Via": "origin", "X-Served-By": "cache-fra-1", "X-Timer": "S1.2,VS0", "X-Varnish": "123 456",
	"X-Amz-Cf-Id": "abcDEF012", "X-Amz-Cf-Pop": "FRA56-P1", "X-Amzn-Trace-Id": "Root=1-67", "X-Azure-Ref": "20261127T022510Z", "X-MSEdge-Ref": "Ref A", "X-Akamai-Transformed": "9",
	"Akamai-GRN": "0.1", "Akamai-Cache-Status": "Miss", "X-Fastly-Request-ID": "ab", "Fastly-Restarts": "1", "X-Vercel-Id": "fra1::x", "X-Vercel-Cache": "MISS", "X-NF-Request-ID": "01",
	"Fly-Request-Id": "01-fra", "X-Sucuri-ID": "11", "X-Sucuri-Cache": "MISS", "X-Iinfo": "1-2", "X-CDN": "Imperva", "X-Edge-Location": "fra", "X-HW": "1", "X-Proxy-Cache": "MISS",
	"Proxy-Status": "edge", "X-Envoy-Upstream-Service-Time": "3", "X-Kong-Upstream-Latency": "2", "X-Upstream-Cache-Status": "MISS", "X-Backend-Server": "web3", "X-Runtime": "0.1",
	"Server-Timing": "cdn-cache; desc=HIT", "Alt-Svc": `h3=":443"`, "NEL": "{}", "Report-To": "{}", "ETag": `W/"1"`, "Last-Modified": "Fri, 27 Nov 2026 02:25:10 GMT", "Vary": "Accept-Encoding",
	"Keep-Alive": "timeout=5", "Surrogate-Key": "a", "Surrogate-Control": "no-store", "CDN-Cache-Control": "no-store", "X-GUploader-UploadID": "x", "X-Cloud-Trace-Context": "1/2",
	"Accept-Ranges": "none", "Speculation-Rules": `"/cdn-cgi/speculation"`, "Priority": "u=1", "Connection": "keep-alive",
}

var frontCookies = []string{
	"AWSALB=abc; Path=/; Expires=Fri, 04 Dec 2026 02:25:10 GMT", "AWSALBCORS=abc; Path=/; SameSite=None; Secure", "AWSALBTG=abc; Path=/", "AWSELB=abc", "__cf_bm=abc; HttpOnly; Secure", "cf_clearance=abc", "__cflb=abc", "_cfuvid=abc",
	"SERVERID=web1", "BIGipServerpool=1.2.3", "incap_ses_1=abc", "visid_incap_1=abc", "nlbi_1=abc", "ARRAffinity=abc", "ARRAffinitySameSite=abc", "GCLB=abc", "ak_bmsc=abc", "bm_sz=abc", "_abck=abc", "datadome=abc", "TS01abc=abc",
}

// What stands in front of a vendor comes, goes and varies without its login being another
// one: nobody is told. What the vendor changes behind it is told.
func TestAnswersThroughContentNetworks(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 2))
	all := func() bool { return true }
	some := func() bool { return rng.IntN(2) == 0 }
	behind := func(with func() bool, write func(http.ResponseWriter, []byte)) func(http.ResponseWriter, []byte) {
		return func(w http.ResponseWriter, body []byte) {
			for name, value := range front {
				if with() {
					w.Header().Set(name, value)
				}
			}
			for _, c := range frontCookies {
				if with() {
					w.Header().Add("Set-Cookie", c)
				}
			}
			write(w, body)
		}
	}
	squeezed := func(w http.ResponseWriter, body []byte) {
		var b bytes.Buffer
		z := gzip.NewWriter(&b)
		_, _ = z.Write(body) // into memory
		_ = z.Close()
		w.Header().Set("Content-Encoding", "gzip")
		_, _ = w.Write(b.Bytes())
	}
	counted := func(w http.ResponseWriter, body []byte) {
		w.Header().Set("Content-Length", strconv.Itoa(len(body)))
		_, _ = w.Write(body)
	}
	chunked := func(w http.ResponseWriter, body []byte) {
		_, _ = w.Write(body[:4])
		w.(http.Flusher).Flush()
		_, _ = w.Write(body[4:])
	}
	for name, tt := range map[string]struct {
		before, after func(http.ResponseWriter, []byte)
		change        func(*acme)
		says          string // "" where nobody is told
	}{
		"one comes":             {nil, behind(all, counted), nil, ""},
		"one goes":              {behind(all, counted), nil, nil, ""},
		"one varies":            {behind(some, counted), behind(some, counted), nil, ""},
		"one comes and varies":  {nil, behind(some, chunked), nil, ""},
		"it is packed":          {counted, squeezed, nil, ""},
		"it is packed no more":  {squeezed, chunked, nil, ""},
		"in pieces":             {counted, chunked, nil, ""},
		"a header behind one":   {behind(some, squeezed), behind(some, squeezed), func(a *acme) { a.header["X-Region"] = []string{"eu"} }, "header:X-Region is new (string)"},
		"a header and one":      {nil, behind(all, squeezed), func(a *acme) { delete(a.header, "X-Session") }, "header:X-Session is gone (string)"},
		"a cookie behind one":   {behind(some, chunked), behind(some, chunked), func(a *acme) { a.header["Set-Cookie"] = []string{"session=abc; Secure"} }, "cookie:session is new (string)"},
		"a field behind one":    {behind(some, chunked), behind(some, counted), func(a *acme) { a.body["user"] = 7 }, "/user is of another type: number, not string"},
		"a field that was here": {squeezed, behind(all, squeezed), func(a *acme) { delete(a.body, "created") }, "/created is gone (string)"},
	} {
		t.Run(name, func(t *testing.T) {
			o := newOperator(t, "mypack", asWritten)
			o.vendor.front = tt.before
			o.watch(12)
			o.vendor.front = tt.after
			if tt.change != nil {
				tt.change(o.vendor)
			}
			o.watch(6)
			ids, text := o.listed()
			if tt.says == "" && len(ids) > 0 || tt.says != "" && (len(ids) != 1 || !strings.Contains(text, tt.says)) {
				t.Errorf("%d changes, want %q: %s", len(ids), tt.says, text)
			}
		})
	}
}
