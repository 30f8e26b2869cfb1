package app_test

import (
	"bytes"
	"compress/gzip"
	"encoding/base64"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"
)

// The size of what is just read, and of what JSON is looked at for all outcomes.
const (
	whole = 256<<10 - 64
	small = 16<<10 - 64
)

// fill repeats a piece between two others up to a size.
func fill(size int, head, item, tail string) string {
	return head + strings.Repeat(item, max(size-len(head)-len(tail), 0)/len(item)) + tail
}

// numbered repeats a piece with a %d for its number.
func numbered(n int, head, item, between, tail string) string {
	var b strings.Builder
	b.WriteString(head)
	for i := range n {
		if i > 0 {
			b.WriteString(between)
		}
		fmt.Fprintf(&b, item, i)
	}
	return b.String() + tail
}

// hostiles lists every hostile answer.
func hostiles() []hostile {
	return slices.Concat(hostileJSON(), hostileTexts(), hostileValues(), hostileTokens(), hostileXML(), hostileForms(), hostileCookies(), hostileHeads(), hostileCodings(), hostileKeys())
}

func of(kind string, bodies map[string]string) []hostile {
	var all []hostile
	for name, body := range bodies {
		all = append(all, hostile{Name: kind + "/" + strings.ReplaceAll(name, " ", "-"), Kind: kind, Body: body})
	}
	return all
}

// hostileJSON is JSON, or nearly, of a shape that hurts.
func hostileJSON() []hostile {
	return of("json", map[string]string{
		"deep arrays":         strings.Repeat("[", whole),
		"deep objects":        fill(whole, "", `{"a":`, ""),
		"deep and closed":     strings.Repeat("[", whole/2) + strings.Repeat("]", whole/2),
		"as deep as allowed":  fill(whole, "[", strings.Repeat("[", 30)+strings.Repeat("]", 30)+",", "1]"),
		"empty arrays":        fill(whole, "[", "[],", "[]]"),
		"empty objects":       fill(59000, "[", "{},", "{}]"),
		"values to the limit": fill(39990, "[", "0,", "0]"),
		"values beyond":       fill(whole, "[", "0,", "0]"),
		"members":             numbered(9900, "{", `"member%d":1`, ",", "}"),
		"members of one kind": numbered(9900, `{"code":"OK",`, `"a%d":{}`, ",", "}"),
		"members with names":  numbered(800, "{", `"`+strings.Repeat("n", 300)+`%d":1`, ",", "}"),
		"a twin at the end":   numbered(9900, "{", `"member%d":1`, ",", `,"member0":1}`),
		"one long name":       fill(whole, `{"`, "n", `":1}`),
		"names of escapes":    fill(whole, `{"`, `\u006e`, `":1}`),
		"one long text":       fill(whole, `{"code":"`, "x", `"}`),
		"half a text":         fill(whole, `{"code":"`, "x", ``),
		"quotation marks":     fill(whole, ``, `"`, ``),
		"backslashes":         fill(whole, `{"code":"`, `\\`, `"}`),
		"zeros as escapes":    fill(whole, `{"code":"`, `\u0000`, `"}`),
		"half surrogates":     fill(whole, `{"code":"`, `\ud800`, `"}`),
		"surrogates":          fill(whole, `{"code":"`, `\ud83d\ude00`, `"}`),
		"white space":         fill(whole, "", " \t\r\n", ""),
		"white space first":   fill(whole, "", " \t\r\n", success),
		"white space within":  fill(whole, `{"code":`, " \t\r\n", `"OK"}`),
		"closing braces":      fill(whole, success, "}", ""),
		"two hundred of them": fill(whole, "", success, ""),
		"commas":              fill(whole, "[", ",", "]"),
		"colons":              fill(whole, "{", ":", "}"),
		"openings to try":     fill(whole, "warning ", "{", "}"),
		"openings with names": fill(whole, "warning ", `{"a":`, "1}"),
		"a warning before":    fill(whole, "", "Warning: no such {thing} in x.php\n", success),
	})
}

// hostileTexts are bodies that are no JSON at all.
func hostileTexts() []hostile {
	return slices.Concat(of("json", map[string]string{
		"nothing but zeros":   fill(whole, "", "\x00", ""),
		"bytes of no text":    fill(whole, `{"code":"`, "\xff", `"}`),
		"overlong characters": fill(whole, `{"code":"`, "\xc0\xaf", `"}`),
		"half characters":     fill(whole, `{"code":"`, "\xe2\x82", `"}`),
		"latin-1":             fill(whole, `{"code":"`, "\xe9", `"}`),
		"utf-16":              fill(whole, "\xff\xfe", "{\x00", ""),
		"utf-32":              fill(whole, "\xff\xfe\x00\x00", "{\x00\x00\x00", ""),
		"marks":               fill(whole, "", "\xef\xbb\xbf", success),
		"beyond ascii":        fill(whole, `{"code":"`, "žluťoučký", `"}`),
	}), of("page", map[string]string{
		"tags":                 fill(whole, "<html>", "<b>", ""),
		"openings of tags":     fill(whole, "<html>", "<", ""),
		"headings without end": fill(whole, "<html>", "<h1 ", ""),
		"titles without end":   fill(whole, "<html>", "<title>", ""),
		"headings":             fill(whole, "<html>", "<h1>maintenance</h1>", ""),
		"words of walls":       fill(whole, "<html>", "captcha maintenance blocked cloudflare error 1020 ", ""),
		"numbers of errors":    fill(whole, "<html>", "error 10 <i>", ""),
		"a long word":          fill(whole, "<html>", "m", ""),
		"comments":             fill(whole, "<html>", "<!--", ""),
	}))
}

// hostileValues are values of documented and other fields.
func hostileValues() []hostile {
	return of("json", map[string]string{
		"a number of all digits":   fill(whole, `{"code":`, "9", "}"),
		"a number out of range":    `{"code":"OK","token":"t","user":1e999999999}`,
		"numbers out of range":     fill(whole, `{"user":[`, "1e999999,", "1]}"),
		"integers in a small one":  fill(small, `{"code":"OK","token":"t0ken","user":[`, "1.0,", "1]}"),
		"names that are doubted":   numbered(450, `{"code":"OK","token":"`+strings.Repeat("aB3xY9", 600)+`","user":7,`, `"name%dabc":1`, ",", "}"),
		"numbers at the edge":      fill(whole/2, `{"user":[`, "-1.5e-300,", "1]}"),
		"fractions":                fill(whole, `{"user":[`, "0.00000000000000000001,", "1]}"),
		"integers as fractions":    fill(whole/3, `{"user":[`, "1.00000000000000,", "1]}"),
		"a long token":             fill(whole, `{"code":"OK","user":7,"token":"`, "t", `"}`),
		"a token of dots":          fill(whole, `{"code":"OK","user":7,"token":"`, ".", `"}`),
		"a token of blanks":        fill(whole, `{"code":"OK","user":7,"token":"`, " ", `"}`),
		"codes":                    fill(small, `{"user":7,"token":"t","code":[`, `"OK",`, `"OK"]}`),
		"an error inside of many":  fill(whole/3, `{"message":`, `{"message":`, "1"+strings.Repeat("}", 20)),
		"undocumented, documented": numbered(4000, `{"code":"OK","token":"t0ken","user":7,`, `"x%d":{"y":[1]}`, ",", "}"),
		"undocumented and secret":  numbered(4000, `{"code":"OK","token":"t0ken","user":7,`, `"t0ken%d":"t0ken"`, ",", "}"),
		"names that are pointers":  fill(whole/4, `{"code":"OK","token":"t0ken","user":7,"`, `/~0~1`, `":1}`),
		"a small one of them":      numbered(700, `{"code":"OK","token":"t0ken","user":"7",`, `"x%d":"y"`, ",", "}"),
	})
}

// claimed is a body with a JWT of those parts.
func claimed(header, claims string) string {
	return strings.Replace(success, "t0ken", jwt(header, claims), 1)
}

func hostileTokens() []hostile {
	const rs = `{"alg":"RS256"}`
	return of("jwt", map[string]string{
		"deep claims":      claimed(rs, fill(whole/2, `{"a":`, "[", "")),
		"many claims":      claimed(rs, numbered(9000, "{", `"c%d":1`, ",", "}")),
		"long claims":      claimed(rs, fill(whole/2, `{"sub":"`, "x", `"}`)),
		"a deep header":    claimed(fill(whole/2, `{"alg":`, "[", ""), `{}`),
		"a long algorithm": claimed(fill(whole/2, `{"alg":"`, "x", `"}`), `{}`),
		"huge times":       claimed(rs, `{"exp":1e308,"iat":-1e308,"nbf":1e308}`),
		"long times":       claimed(rs, `{"exp":`+strings.Repeat("9", 5000)+`}`),
		"times as text":    claimed(rs, fill(whole/2, `{"exp":"`, "9", `"}`)),
		"no base64":        fill(whole, `{"code":"OK","user":7,"token":"`, "a=.", `"}`),
		"twin claims":      claimed(rs, `{"exp":1,"exp":2}`),
		"audiences":        claimed(rs, fill(whole/3, `{"aud":[`, `"a",`, `"a"]}`)),
	})
}

func hostileXML() []hostile {
	return of("xml", map[string]string{
		"deep":               fill(whole, "", "<a>", ""),
		"deep and closed":    strings.Repeat("<a>", whole/7) + strings.Repeat("</a>", whole/7),
		"entities":           `<!DOCTYPE a [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;"><!ENTITY c "&b;&b;&b;&b;">]><a>&c;</a>`,
		"declared entities":  numbered(5000, "<!DOCTYPE a [", `<!ENTITY e%d "x">`, "", "]><a/>"),
		"an outer entity":    `<!DOCTYPE a [<!ENTITY x SYSTEM "file:///dev/zero">]><a>&x;</a>`,
		"an outer subset":    `<!DOCTYPE a SYSTEM "http://127.0.0.1/a.dtd"><a/>`,
		"siblings":           fill(whole, "<a>", "<b/>", "</a>"),
		"siblings with text": fill(whole, "<a>", "<b>c</b>", "</a>"),
		"attributes":         numbered(9000, "<a ", `a%d="1"`, " ", "/>"),
		"twin attributes":    fill(whole, "<a ", `a="1" `, "/>"),
		"one long attribute": fill(whole, `<a b="`, "x", `"/>`),
		"one long name":      fill(whole, `<`, "x", `/>`),
		"one long text":      fill(whole, `<a>`, "x", `</a>`),
		"characters":         fill(whole, `<a>`, "&#x41;", `</a>`),
		"characters of none": fill(whole, `<a>`, "&#0;", `</a>`),
		"character data":     fill(whole, `<a>`, "<![CDATA[x]]>", `</a>`),
		"no end of data":     fill(whole, `<a><![CDATA[`, "]]", ``),
		"comments":           fill(whole, `<a>`, "<!---->", `</a>`),
		"no end of comment":  fill(whole, `<a><!--`, "- ", ``),
		"instructions":       fill(whole, `<a>`, "<?a b?>", `</a>`),
		"namespaces":         numbered(6000, "<a ", `xmlns:n%d="urn:x"`, " ", "/>"),
		"prefixes":           fill(whole, `<a>`, "<b:c:d/>", `</a>`),
		"openings":           fill(whole, ``, "<", ``),
		"ampersands":         fill(whole, `<a>`, "&", `</a>`),
		"mixed":              fill(whole, `<a>`, "x<b/>", `</a>`),
		"bytes of no text":   fill(whole, `<a>`, "\xff", `</a>`),
	})
}

func hostileForms() []hostile {
	return slices.Concat(of("form", map[string]string{
		"pairs":            numbered(20000, "", "n%d=1", "&", ""),
		"one name":         fill(whole, "", "access_token=a&", ""),
		"ampersands":       fill(whole, "a=b", "&", ""),
		"equal signs":      fill(whole, "a", "=", ""),
		"percents":         fill(whole, "a=", "%", ""),
		"escapes":          fill(whole, "a=", "%41", ""),
		"escapes of zero":  fill(whole, "a=", "%00", ""),
		"half characters":  fill(whole, "a=", "%e2%82", ""),
		"pluses":           fill(whole, "a=", "+", ""),
		"semicolons":       fill(whole, "a=b", ";c=d", ""),
		"brackets":         fill(whole, "a", "[b]", "=1"),
		"one long name":    fill(whole, "", "n", "=1"),
		"one long value":   fill(whole, "access_token=", "v", "&token_type=b&expires_in=1"),
		"names of escapes": fill(whole, "", "%6e", "=1"),
	}), of("text", map[string]string{
		"one long token": fill(whole, "", "t", ""),
		"lines":          fill(whole, "", "\n", ""),
		"pages":          fill(whole, "<", "<>", ">"),
	}))
}

// headed is an answer whose body is well, with lines in its head.
func headed(kind string, heads map[string]string) []hostile {
	var all []hostile
	for name, head := range heads {
		all = append(all, hostile{kind + "/" + strings.ReplaceAll(name, " ", "-"), kind, head, kinds[kind].well})
	}
	return all
}

// headSize is a little less than what we read of a head.
const headSize = 60 << 10

func hostileCookies() []hostile {
	return headed("cookie", map[string]string{
		"many":             numbered(2500, "", "Set-Cookie: c%d=v; Path=/", "\r\n", "\r\n"),
		"one many times":   fill(headSize, "", "Set-Cookie: sid=v; Path=/\r\n", ""),
		"one long value":   fill(headSize, "Set-Cookie: sid=", "v", "\r\n"),
		"one long name":    fill(headSize, "Set-Cookie: ", "n", "=v\r\n"),
		"attributes":       fill(headSize, "Set-Cookie: sid=v", "; Secure", "\r\n"),
		"semicolons":       fill(headSize, "Set-Cookie: sid=v", ";", "\r\n"),
		"equal signs":      fill(headSize, "Set-Cookie: sid", "=", "\r\n"),
		"labels":           fill(headSize, "Set-Cookie: sid=v; Domain=", "a.", "example\r\n"),
		"domains":          numbered(1000, "", "Set-Cookie: sid=v; Domain=d%d.login.example", "\r\n", "\r\n"),
		"a long path":      fill(headSize, "Set-Cookie: sid=v; Path=", "/a", "\r\n"),
		"a long age":       fill(headSize, "Set-Cookie: sid=v; Max-Age=", "9", "\r\n"),
		"a long date":      fill(headSize, "Set-Cookie: sid=v; Expires=", "Thu, 01 ", "\r\n"),
		"dates":            fill(headSize, "Set-Cookie: sid=v", "; Expires=Thu, 01 Jan 2099 00:00:00 GMT", "\r\n"),
		"bytes of no text": fill(headSize, "Set-Cookie: sid=", "\xff", "\r\n"),
	})
}

func hostileHeads() []hostile {
	lines := map[string]string{
		"many":                 numbered(3000, "", "X-H%d: v", "\r\n", "\r\n"),
		"one many times":       fill(headSize, "", "X-Subject-Token: v\r\n", ""),
		"different values":     numbered(2500, "", "X-Subject-Token: v%d", "\r\n", "\r\n"),
		"one long value":       fill(headSize, "X-Subject-Token: ", "v", "\r\n"),
		"one long name":        fill(headSize, "X-", "n", ": v\r\n"),
		"types":                fill(headSize, "", "Content-Type: application/json\r\n", ""),
		"types in a line":      fill(headSize, "Content-Type: a/b", ", a/b", "\r\n"),
		"parameters of a type": numbered(4000, "Content-Type: application/json", "; p%d=v", "", "\r\n"),
		"parameter in parts":   numbered(4000, "Content-Type: application/json", "; p*%d=v", "", "\r\n"),
		"quotation marks":      fill(headSize, "Content-Type: application/json; p=", `"\"`, "\r\n"),
		"commas of a wait":     fill(headSize, "Retry-After: 1", ",", "\r\n"),
		"waits":                fill(headSize, "Retry-After: 1", ", 1", "\r\n"),
		"a long wait":          fill(headSize, "Retry-After: ", "9", "\r\n"),
		"dates of a wait":      fill(headSize, "Retry-After: ", "Thu, 01 Jan 2099 00:00:00 GMT, ", "1\r\n"),
		"a long date":          fill(headSize, "Date: ", "Thu, 01 Jan 2099 00:00:00 GMT ", "\r\n"),
		"a long age":           fill(headSize, "Date: Thu, 01 Jan 2099 00:00:00 GMT\r\nAge: ", "9", "\r\n"),
		"codings":              fill(headSize, "Content-Encoding: gzip", ", gzip", "\r\n"),
		"a long place":         fill(headSize, "Location: http://login.example/", "a/../", "\r\n"),
		"hops":                 fill(headSize, "Via: 1.1 a", ", 1.1 a", "\r\n"),
		"lines that go on":     fill(headSize, "X-A: v", "\r\n v", "\r\n"),
	}
	return headed("header", lines)
}

// packed is text in gzip.
func packed(text []byte) string {
	var b bytes.Buffer
	w, _ := gzip.NewWriterLevel(&b, gzip.BestSpeed) // a level that there is
	_, _ = w.Write(text)                            // into memory
	_ = w.Close()
	return b.String()
}

func hostileCodings() []hostile {
	const coded = "Content-Encoding: gzip\r\n"
	bomb := strings.Repeat(packed(bytes.Repeat([]byte(" "), 1<<20)), 100) // members, which are one text (RFC 1952, 2.2)
	var none bytes.Buffer
	_ = gzip.NewWriter(&none).Close()
	named := gzip.NewWriter(io.Discard)
	var long bytes.Buffer
	named.Reset(&long)
	named.Name = strings.Repeat("n", 100<<10)
	_, _ = io.WriteString(named, success)
	_ = named.Close()
	return []hostile{
		{"gzip/a-bomb", "json", coded, bomb},
		{"gzip/a-bomb-in-a-bomb", "json", coded, packed([]byte(strings.Repeat(packed(make([]byte, 1<<20)), 200)))},
		{"gzip/a-bomb-that-is-cut", "json", coded, bomb[:len(bomb)/2]},
		{"gzip/members-of-nothing", "json", coded, strings.Repeat(none.String(), whole/none.Len())},
		{"gzip/a-long-name", "json", coded, long.String()},
		{"gzip/noise", "json", coded, "\x1f\x8b\x08" + fill(whole, "", "\x00\xff\x55", "")},
		{"gzip/of-deep-json", "json", coded, packed(bytes.Repeat([]byte("["), whole))},
		{"gzip/of-members", "json", coded, packed([]byte(numbered(9900, "{", `"member%d":1`, ",", "}")))},
		{"gzip/of-xml", "xml", coded, packed(bytes.Repeat([]byte("<a>"), whole/3))},
	}
}

func hostileKeys() []hostile {
	b64 := func(n int) string { return base64.RawURLEncoding.EncodeToString(bytes.Repeat([]byte{0xff}, n)) }
	rsa := func(i int, n, e string) string {
		return `{"kty":"RSA","use":"sig","alg":"EdDSA","kid":"` + strconv.Itoa(i) + `","n":"` + n + `","e":"` + e + `"}`
	}
	keys := func(n int, key func(int) string) string {
		all := make([]string, n)
		for i := range all {
			all[i] = key(i)
		}
		return `{"keys":[` + strings.Join(all, ",") + `]}`
	}
	return of("jwks", map[string]string{
		"keys of nothing":    keys(19000, func(int) string { return "{}" }),
		"keys":               keys(30, func(i int) string { return rsa(i, b64(1024), "AQAB") }),
		"more keys":          keys(180, func(i int) string { return rsa(i, b64(1024), "AQAB") }),
		"a long modulus":     keys(1, func(i int) string { return rsa(i, b64(180<<10), "AQAB") }),
		"a long exponent":    keys(1, func(i int) string { return rsa(i, b64(256), b64(180<<10)) }),
		"a modulus of zeros": keys(1, func(i int) string { return rsa(i, strings.Repeat("A", 180<<10), "AQAB") }),
		"keys of one name":   keys(32, func(int) string { return rsa(1, b64(256), "AQAB") }),
		"off the curve": keys(32, func(i int) string {
			return `{"kty":"EC","crv":"P-521","kid":"` + strconv.Itoa(i) + `","x":"` + b64(66) + `","y":"` + b64(66) + `"}`
		}),
		"other curves": keys(32, func(i int) string {
			return `{"kty":"OKP","crv":"Ed25519","kid":"` + strconv.Itoa(i) + `","x":"` + b64(32) + `"}`
		}),
		"long names":        keys(32, func(i int) string { return `{"kty":"OKP","kid":"` + strings.Repeat("k", 7<<10) + `"}` }),
		"certificates":      keys(1, func(i int) string { return `{"kty":"RSA","x5c":[` + fill(whole/3, "", `"AAAA",`, `"A"`) + `]}` }),
		"no base64":         keys(32, func(i int) string { return rsa(i, strings.Repeat("=", 7<<10), "****") }),
		"keys inside":       fill(200<<10, ``, `{"keys":[`, ``),
		"no list":           fill(whole, `{"keys":"`, "k", `"}`),
		"private ones":      keys(32, func(i int) string { return `{"kty":"OKP","crv":"Ed25519","d":"` + b64(5<<10) + `"}` }),
		"operations":        keys(1, func(int) string { return `{"kty":"RSA","key_ops":[` + fill(whole/3, "", `"verify",`, `"sign"`) + `]}` }),
		"numbers for names": keys(32, func(int) string { return `{"kty":7,"kid":1e300,"n":[],"e":{}}` }),
	})
}
