package wire

import (
	"bytes"
	"compress/gzip"
	"io"
	"strings"

	"github.com/loginwatch/loginwatch/internal/guard"
)

// Coding says why a body is still encoded. The list is closed.
type Coding string

// The codings. Those with a name are in RFC 9110, 8.4.1, RFC 7932 and RFC 8878;
// they may be right and are not read here.
const (
	CodingNone     Coding = ""
	CodingBrotli   Coding = "br"
	CodingZstd     Coding = "zstd"
	CodingDeflate  Coding = "deflate"
	CodingCompress Coding = "compress"
	CodingSeveral  Coding = "several"  // one over another
	CodingUnknown  Coding = "unknown"  // another name
	CodingNoGzip   Coding = "no-gzip"  // called gzip, and is none
	CodingGzipCut  Coding = "gzip-cut" // gzip that ends early or is damaged
	CodingTwice    Coding = "twice"    // gzip in gzip, and named once
	CodingUnnamed  Coding = "unnamed"  // compressed, and no header says so
)

// undo undoes gzip, which every HTTP library does unasked and some gateways
// send unasked. Any other coding is one that a consumer may not know; we ask
// for none. One byte above guard's limit is enough to be refused for its size.
func (a *Answer) undo(lines []string) {
	var codings []string
	for _, line := range lines {
		for _, value := range List(line) {
			if c := strings.ToLower(strings.TrimSpace(value)); c != "" && c != "identity" {
				codings = append(codings, c)
			}
		}
	}
	switch {
	case len(codings) > 1:
		a.Coding = CodingSeveral
	case len(codings) == 0:
		if compressed(a.Body) {
			a.Coding = CodingUnnamed
		}
	case codings[0] == "gzip" || codings[0] == "x-gzip":
		a.gunzip()
	default:
		a.Coding = named(codings[0])
	}
}

func named(coding string) Coding {
	switch c := Coding(strings.TrimPrefix(coding, "x-")); c {
	case CodingBrotli, CodingZstd, CodingDeflate, CodingCompress:
		return c
	}
	return CodingUnknown
}

func (a *Answer) gunzip() {
	if len(a.Body) == 0 {
		return // nothing is nothing, whatever it is called
	}
	if !bytes.HasPrefix(a.Body, []byte("\x1f\x8b")) && len(a.Body) > 1 {
		a.Coding = CodingNoGzip
		return
	}
	r, err := gzip.NewReader(bytes.NewReader(a.Body))
	if err == nil {
		var plain []byte
		if plain, err = io.ReadAll(io.LimitReader(r, int64(guard.Defaults().Bytes)+1)); err == nil {
			if compressed(plain) {
				a.Coding = CodingTwice
				return
			}
			a.Body = plain
			return
		}
	}
	a.Coding = CodingGzipCut
}

// compressed knows the first bytes of gzip (RFC 1952, 2.3.1) and zstd (RFC
// 8878, 3.1.1), which no text begins with.
func compressed(body []byte) bool {
	return bytes.HasPrefix(body, []byte("\x1f\x8b\x08")) || bytes.HasPrefix(body, []byte("\x28\xb5\x2f\xfd"))
}
