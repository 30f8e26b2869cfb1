//go:build !race

package app_test

import (
	"bytes"
	"compress/gzip"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"encoding/xml"
	"fmt"
	"html"
	"maps"
	"net"
	"net/url"
	"slices"
	"strings"
	"testing"

	"github.com/loginwatch/loginwatch/internal/faulty"
	"github.com/loginwatch/loginwatch/internal/faulty/leak"
)

// tale is an answer that gives secrets back where the head of an answer can't.
type tale struct {
	name string
	tell func(*testing.T, hunted) (func(net.Conn), arrangement)
}

// in makes a tale of an answer to the login.
func in(name string, answer func(hunted) func(net.Conn)) tale {
	return tale{name, func(_ *testing.T, of hunted) (func(net.Conn), arrangement) { return answer(of), nil }}
}

// each writes something of every secret, in one order.
func (of hunted) each(what func(s string) string) string {
	var b strings.Builder
	for _, name := range slices.Sorted(maps.Keys(of)) {
		b.WriteString(what(of[name]))
	}
	return b.String()
}

func quoted(s string) string {
	text, _ := json.Marshal(s)
	return string(text)
}

// gossip are answers with secrets, and pieces of them, in every place and encoding.
func gossip() []tale {
	return slices.Concat(gossipInBodies(), gossipInHeads(), gossipInCertificates())
}

func gossipInBodies() []tale {
	members := func(of hunted, name func(string) string) func(net.Conn) {
		return faulty.JSON("200 OK", `{"code":"OK","token":`+quoted(of["token"])+`,"user":7`+of.each(func(s string) string {
			return "," + quoted(name(s)) + `:{` + quoted("a-"+name(s)) + `:1}`
		})+`}`)
	}
	encoded := func(s string) string { return base64.StdEncoding.EncodeToString([]byte(s)) }
	return []tale{
		in("as documented, with a token", func(of hunted) func(net.Conn) { return members(of, func(s string) string { return encoded(s)[:1] }) }),
		in("names", func(of hunted) func(net.Conn) { return members(of, func(s string) string { return s }) }),
		in("names in base64", func(of hunted) func(net.Conn) { return members(of, encoded) }),
		in("names in base64, beside more", func(of hunted) func(net.Conn) { return members(of, func(s string) string { return encoded("a" + s) }) }),
		in("names in hex", func(of hunted) func(net.Conn) {
			return members(of, func(s string) string { return hex.EncodeToString([]byte(s)) })
		}),
		in("names, percent-encoded", func(of hunted) func(net.Conn) { return members(of, url.QueryEscape) }),
		in("names, all of them percent-encoded", func(of hunted) func(net.Conn) {
			return members(of, func(s string) string { return leak.Written(s)["percent"] })
		}),
		in("names in HTML", func(of hunted) func(net.Conn) { return members(of, html.EscapeString) }),
		in("names in another case", func(of hunted) func(net.Conn) { return members(of, strings.ToUpper) }),
		in("a beginning", func(of hunted) func(net.Conn) { return members(of, func(s string) string { return s[:leak.Piece] }) }),
		in("an end", func(of hunted) func(net.Conn) {
			return members(of, func(s string) string { return s[len(s)-leak.Piece:] })
		}),
		in("a middle", func(of hunted) func(net.Conn) {
			return members(of, func(s string) string { return s[3 : 3+leak.Piece+2] })
		}),
		in("a middle in base64", func(of hunted) func(net.Conn) {
			return members(of, func(s string) string { return encoded(s[3 : 3+leak.Piece+2]) })
		}),
		in("a middle in hex", func(of hunted) func(net.Conn) {
			return members(of, func(s string) string { return hex.EncodeToString([]byte(s[3 : 3+leak.Piece])) })
		}),
		in("values", func(of hunted) func(net.Conn) {
			return faulty.JSON("200 OK", `{"code":`+quoted(of["password"])+`,"token":`+quoted(of["user"])+`,"user":`+quoted(of["api_key"])+of.each(func(s string) string { return `,"m-` + hex.EncodeToString([]byte(s[:2])) + `":[` + quoted(s) + `]` })+`}`)
		}),
		in("a refusal", func(of hunted) func(net.Conn) {
			return faulty.JSON("401 Unauthorized", `{"code":"WRONG_PASSWORD","message":`+quoted(of.each(func(s string) string { return s + " is wrong " }))+`}`)
		}),
		in("no JSON", func(of hunted) func(net.Conn) {
			return faulty.JSON("200 OK", `{"code":`+of.each(func(s string) string { return s }))
		}),
		in("a page of an error", func(of hunted) func(net.Conn) {
			return faulty.HTML("500 Internal Server Error", "<title>"+of.each(html.EscapeString)+"</title><pre>"+of.each(quoted)+"</pre>", "")
		}),
		in("a gateway's page", func(of hunted) func(net.Conn) { return faulty.HTML("502 Bad Gateway", of.each(html.EscapeString), "") }),
		{"XML", func(t *testing.T, of hunted) (func(net.Conn), arrangement) {
			var b bytes.Buffer
			_ = xml.EscapeText(&b, []byte(of.each(func(s string) string { return s })))
			return faulty.HTTP("200 OK", "application/xml", "<login><n"+of["user"]+" a"+of["api_key"]+`="1">`+b.String()+"</n"+of["user"]+"></login>", ""), inXML
		}},
		in("compressed", func(of hunted) func(net.Conn) {
			var b bytes.Buffer
			w := gzip.NewWriter(&b)
			_, _ = fmt.Fprint(w, `{"code":"OK","token":`+quoted(of["token"])+`,`+quoted(of["user"])+`:`+quoted(of["password"])+`}`)
			_ = w.Close()
			return faulty.HTTP("200 OK", "application/json", b.String(), "Content-Encoding: gzip\r\n")
		}),
		in("large", func(of hunted) func(net.Conn) {
			return faulty.JSON("200 OK", `{`+quoted(of["user"])+`:"`+strings.Repeat(of["api_key"], 20<<10)+`"}`)
		}),
		in("in no HTTP at all", func(of hunted) func(net.Conn) {
			return faulty.Says(of.each(func(s string) string { return s + " " + encoded(s) }) + "\r\n")
		}),
	}
}

func gossipInHeads() []tale {
	// A head has lines: what can't stand in one is left out.
	line := func(s string) string { return strings.NewReplacer("é", "", `"`, "").Replace(s) }
	head := func(status, more string) func(net.Conn) {
		return faulty.Says("HTTP/1.1 " + status + "\r\nConnection: close\r\n" + more + "\r\n" + success)
	}
	return []tale{
		in("the reason phrase", func(of hunted) func(net.Conn) {
			return head("400 "+of.each(line), "Content-Type: application/json\r\n")
		}),
		in("a type", func(of hunted) func(net.Conn) {
			return head("200 OK", "Content-Type: application/"+of["user"]+"; charset="+of["api_key"]+"; boundary="+of["tenant"]+"\r\n")
		}),
		in("a coding", func(of hunted) func(net.Conn) {
			return head("200 OK", "Content-Type: application/json\r\nContent-Encoding: "+of["user"]+"\r\n")
		}),
		in("a transfer coding", func(of hunted) func(net.Conn) {
			return head("200 OK", "Content-Type: application/json\r\nTransfer-Encoding: "+of["user"]+"\r\n")
		}),
		in("a length", func(of hunted) func(net.Conn) { return head("200 OK", "Content-Length: "+of["user"]+"\r\n") }),
		in("a wait", func(of hunted) func(net.Conn) {
			return head("429 Too Many Requests", "Retry-After: "+of["user"]+"\r\n")
		}),
		in("a challenge", func(of hunted) func(net.Conn) {
			return head("401 Unauthorized", `WWW-Authenticate: Basic realm="`+of.each(line)+"\"\r\n")
		}),
		in("a redirect", func(of hunted) func(net.Conn) {
			return head("302 Found", "Location: https://"+of["user"]+"@"+of["tenant"]+".example:1/"+of["api_key"]+"?p="+url.QueryEscape(of["password"])+"#"+of["token"]+"\r\n")
		}),
		in("a redirect to nowhere", func(of hunted) func(net.Conn) {
			return head("302 Found", "Location: "+of["user"]+"://%zz"+line(of["password"])+"\r\n")
		}),
		in("a date", func(of hunted) func(net.Conn) {
			return head("200 OK", "Content-Type: application/json\r\nDate: "+of["user"]+"\r\nExpires: "+of["api_key"]+"\r\n")
		}),
		in("a line that is none", func(of hunted) func(net.Conn) { return head("200 OK", of["user"]+"\r\n"+line(of["password"])+"\r\n") }),
		in("a status that is none", func(of hunted) func(net.Conn) { return head(of["user"], "") }),
		in("chunks", func(of hunted) func(net.Conn) {
			return faulty.Says("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nTrailer: X-" + of["user"] + "\r\n\r\n2;" + of["api_key"] + "\r\n{}\r\n0\r\nX-" + of["user"] + ": " + of["tenant"] + "\r\n\r\n")
		}),
		in("a chunk that is none", func(of hunted) func(net.Conn) {
			return faulty.Says("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n" + of["user"] + "\r\n")
		}),
		in("another version", func(of hunted) func(net.Conn) { return faulty.Says("HTTP/9." + of["user"] + " 200 OK\r\n\r\n") }),
		{"a proxy that talks", func(_ *testing.T, of hunted) (func(net.Conn), arrangement) {
			return refusesTunnels("502 " + of["user"] + " " + line(of["password"])), byProxy("https://api.vendor.example")
		}},
	}
}

// gossipInCertificates has names of secrets in certificates that are trusted, and in some
// that are not.
func gossipInCertificates() []tale {
	named := func(of hunted, names ...string) func(*x509.Certificate) {
		return func(c *x509.Certificate) {
			c.Subject = pkix.Name{CommonName: of["user"], Organization: []string{of["password"]}}
			c.DNSNames, c.EmailAddresses = append(names, of["user"]+".example", strings.ToLower(of["tenant"])), []string{of["api_key"] + "@vendor.example"}
		}
	}
	var encoded []tale
	for name, how := range map[string]func(string) string{
		"base64": func(s string) string { return base64.StdEncoding.EncodeToString([]byte(s)) }, "base64 beside more": func(s string) string { return base64.RawURLEncoding.EncodeToString([]byte("ab" + s)) },
		"hex": func(s string) string { return "a" + hex.EncodeToString([]byte(s)) }, "escapes": url.QueryEscape, "HTML": html.EscapeString,
	} {
		encoded = append(encoded, tale{"a certificate's names in " + name, func(t *testing.T, of hunted) (func(net.Conn), arrangement) {
			p := newPKI(t)
			return p.root.Leaf(t, func(c *x509.Certificate) {
				c.Subject = pkix.Name{CommonName: how(of["user"]), Organization: []string{how(of["password"])}, Locality: []string{how(of["api_key"]), how(of["tenant"])}}
			}).Over(welcome), p.secure
		}})
	}
	return append(encoded, []tale{
		{"a certificate's names", func(t *testing.T, of hunted) (func(net.Conn), arrangement) {
			p := newPKI(t)
			return p.root.Leaf(t, named(of, "127.0.0.1")).Over(welcome), p.secure
		}},
		{"the names of another certificate", func(t *testing.T, of hunted) (func(net.Conn), arrangement) {
			p := newPKI(t)
			return p.root.Leaf(t, func(c *x509.Certificate) { named(of)(c); c.IPAddresses = nil }).Over(welcome), p.secure
		}},
		{"the names of a stranger's certificate", func(t *testing.T, of hunted) (func(net.Conn), arrangement) {
			p := newPKI(t)
			return faulty.NewAuthority(t).Leaf(t, named(of)).Over(welcome), p.secure
		}},
	}...)
}
