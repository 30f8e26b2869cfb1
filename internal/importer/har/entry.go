package har

import (
	"mime"
	"net/http"
	"net/url"
	"path"
	"slices"
	"strings"

	"github.com/loginwatch/loginwatch/internal/importer"
	"github.com/loginwatch/loginwatch/internal/importer/request"
)

// entry has what is read of one, by the names of HAR 1.2; those that begin with an
// underscore are a browser's own.
type entry struct {
	ResourceType string `json:"_resourceType"`
	Request      struct {
		Method      string
		URL         string
		Headers     []pair
		Cookies     []pair
		QueryString []pair
		PostData    *posted
	}
	Response struct {
		Status      int
		Headers     []pair
		Cookies     []pair
		Content     content
		RedirectURL string
	}
}

type pair struct{ Name, Value string }

type posted struct {
	MimeType string
	Text     string
	Encoding string
	Params   []struct{ Name, Value, FileName string }
}

type content struct {
	Size     float64
	MimeType string
	Text     *string
	Encoding string
}

// What remarks say.
const (
	headersRemark = "headers that a browser adds by itself are left out, such as User-Agent, Accept-Language or Sec-Fetch-Mode"
	unsentRemark  = "requests that were blocked or broken off have no answer: they are left out"
	addressRemark = "requests to an address that can't be read are left out"
	cachedRemark  = "answers that say that nothing has changed are left out, as they are of a browser's cache: record without it"
	bodilessWords = "the bodies of some answers are not in the archive"
)

// entry takes an entry over, or leaves it out.
func (r *reader) entry(e *entry) {
	address, err := url.Parse(e.Request.URL)
	switch {
	case err == nil && address.Scheme != "http" && address.Scheme != "https", isPage(e, address):
		r.left++
		return
	case e.Response.Status == 0:
		r.remark(unsentRemark)
		return
	}
	x := importer.Exchange{At: r.at}
	q := &x.Request
	q.Method = strings.ToUpper(e.Request.Method)
	if err == nil {
		q.URL, q.Query, q.Basic, err = request.Address(importer.Plain(e.Request.URL))
	}
	if err != nil || q.Method == "" || address.Host == "" {
		r.remark(addressRemark)
		return
	}
	if address.Path == "" {
		q.URL = importer.Joined(q.URL, importer.Plain("/"))
	}
	contentType := r.headers(q, e)
	r.body(q, e.Request.PostData, contentType)
	if request.Tidy(q) > 0 {
		r.remark(headersRemark)
	}
	if e.Response.Status == http.StatusNotModified {
		r.remark(cachedRemark)
	} else {
		x.Answers = []importer.Answer{r.answer(e)}
	}
	r.out.Exchanges = append(r.out.Exchanges, x)
}

// What a browser loads for a page: by its own word (the types of the DevTools protocol),
// by the type of the answer, and by the end of the path where neither is told.
var (
	loaded = []string{"image", "stylesheet", "script", "font", "media", "manifest", "texttrack", "ping", "preflight", "websocket", "eventsource", "cspviolationreport", "prefetch"}
	called = []string{"xhr", "fetch"}
	ends   = []string{".js", ".mjs", ".css", ".map", ".png", ".jpg", ".jpeg", ".gif", ".svg", ".ico", ".webp", ".avif", ".woff", ".woff2", ".ttf", ".otf", ".mp4", ".webm", ".wasm", ".webmanifest"}
)

// isPage tells whether an entry is a page, or was loaded for one. A form that a page
// sends is a call; what is only looked at is none.
func isPage(e *entry, address *url.URL) bool {
	kind := strings.ToLower(e.ResourceType)
	switch {
	case strings.EqualFold(e.Request.Method, "OPTIONS") || slices.Contains(loaded, kind):
		return true
	case slices.Contains(called, kind):
		return false
	case !strings.EqualFold(e.Request.Method, "GET"):
		return false
	}
	media, _, err := mime.ParseMediaType(answerType(e))
	switch {
	case err != nil || media == "x-unknown":
		return address != nil && slices.Contains(ends, strings.ToLower(path.Ext(address.Path)))
	case strings.HasPrefix(media, "image/"), strings.HasPrefix(media, "font/"), strings.HasPrefix(media, "audio/"), strings.HasPrefix(media, "video/"),
		media == "text/css", strings.HasSuffix(media, "javascript"), media == "application/wasm", media == "application/manifest+json", strings.Contains(media, "font-"):
		return true
	}
	return media == "text/html" && e.Response.Status/100 == 2
}

func answerType(e *entry) string {
	for _, h := range e.Response.Headers {
		if strings.EqualFold(h.Name, "content-type") {
			return h.Value
		}
	}
	if e.Response.Content.MimeType == "x-unknown" { // as two browsers call what they don't know
		return ""
	}
	return e.Response.Content.MimeType
}

// headers takes the headers of a request, and gives the type of its body.
func (r *reader) headers(q *importer.Request, e *entry) (contentType string) {
	var cookies []string
	for _, h := range e.Request.Headers {
		switch strings.ToLower(h.Name) {
		case "content-type":
			contentType = h.Value
			if e.Request.PostData != nil {
				continue
			}
		case "cookie": // which HTTP/2 may part (RFC 9113, section 8.2.3)
			cookies = append(cookies, h.Value)
			continue
		case "authorization":
			r.private = true
		}
		q.Headers = append(q.Headers, importer.Field{Name: h.Name, Value: importer.Plain(h.Value)})
	}
	if len(cookies) == 0 {
		for _, c := range e.Request.Cookies {
			cookies = append(cookies, c.Name+"="+c.Value)
		}
	}
	if len(cookies) > 0 {
		r.private = true
		q.Headers = append(q.Headers, importer.Field{Name: "Cookie", Value: importer.Plain(strings.Join(cookies, "; "))})
	}
	return contentType
}
