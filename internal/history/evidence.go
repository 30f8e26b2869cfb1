package history

import (
	"time"

	"github.com/loginwatch/loginwatch"
)

// Telling tells whether somebody will ask what a run looked like: it failed, left
// something open or looked as none before it. Of such a run the evidence is kept, as
// long as failures are; a million others would only say the same.
func Telling(r *loginwatch.Run) bool { return r.Verdict != loginwatch.OK || r.LeftOpen || r.Notable }

// shapeEvidence is what is the same in most runs that fail alike.
type shapeEvidence struct {
	Method       string                   `json:"method,omitempty"`
	URL          string                   `json:"url,omitempty"`
	Request      []shapeTrait             `json:"request,omitempty"`
	Answer       []shapeTrait             `json:"answer,omitempty"`
	Proto        string                   `json:"proto,omitempty"`
	Proxy        string                   `json:"proxy,omitempty"`
	TLS          string                   `json:"tls,omitempty"`
	Certificates []loginwatch.Certificate `json:"certificates,omitempty"`
}

// shapeTrait is a trait but for what differs from run to run: place, type and format.
type shapeTrait [3]string

func shapeOf(e *loginwatch.Evidence) *shapeEvidence {
	if e == nil {
		return nil
	}
	traits := func(all []loginwatch.Trait) (shapes []shapeTrait) {
		for _, t := range all {
			shapes = append(shapes, shapeTrait{t.Place, t.Type, t.Format})
		}
		return shapes
	}
	return &shapeEvidence{
		Method: e.Method, URL: e.URL, Request: traits(e.Request), Answer: traits(e.Answer),
		Proto: e.Proto, Proxy: e.Proxy, TLS: e.TLS, Certificates: e.Certificates,
	}
}

// evidence packs what is its own of an exchange.
func (w *writer) evidence(e *loginwatch.Evidence) {
	if e == nil {
		return
	}
	w.signed(e.RequestBytes)
	w.signed(e.AnswerBytes)
	w.text(e.Remote)
	for _, addresses := range [][]string{e.Resolved, e.Tried} {
		w.bits(uint64(len(addresses)))
		for _, a := range addresses {
			w.text(a)
		}
	}
	for _, traits := range [][]loginwatch.Trait{e.Request, e.Answer} {
		for _, t := range traits {
			w.bits(uint64(max(t.Length, 0))<<1 | bit(t.Digest != "")) //nolint:gosec // it is positive
			if t.Digest != "" {
				w.text(packDigest(t.Digest))
			}
		}
	}
}

// evidence reads what stands in a shape and what is its own.
func (r *reader) evidence(s *shapeEvidence, status int) *loginwatch.Evidence {
	if s == nil {
		return nil
	}
	e := &loginwatch.Evidence{
		Method: s.Method, URL: s.URL, Status: status, Proto: s.Proto, Proxy: s.Proxy, TLS: s.TLS, Certificates: s.Certificates,
		RequestBytes: r.signed(), AnswerBytes: r.signed(), Remote: r.text(),
	}
	for _, addresses := range []*[]string{&e.Resolved, &e.Tried} {
		for range min(r.bits(), uint64(r.data.Len())) { // each has a byte at least
			*addresses = append(*addresses, r.text())
		}
	}
	read := func(shapes []shapeTrait) (traits []loginwatch.Trait) {
		for _, t := range shapes {
			n := r.bits()
			trait := loginwatch.Trait{Place: t[0], Type: t[1], Format: t[2], Length: int(n >> 1)} //nolint:gosec // of 63 bits
			if n&1 != 0 {
				trait.Digest = unpackDigest(r.text())
			}
			traits = append(traits, trait)
		}
		return traits
	}
	e.Request, e.Answer = read(s.Request), read(s.Answer)
	return e
}

func bit(is bool) uint64 {
	if is {
		return 1
	}
	return 0
}

// keptEvidence copies what is kept of an exchange: times of certificates have seconds.
func keptEvidence(e *loginwatch.Evidence) *loginwatch.Evidence {
	if e == nil {
		return nil
	}
	kept := *e
	kept.Certificates = nil
	for _, c := range e.Certificates {
		c.NotBefore, c.NotAfter = c.NotBefore.UTC().Truncate(time.Second), c.NotAfter.UTC().Truncate(time.Second)
		kept.Certificates = append(kept.Certificates, c)
	}
	return &kept
}
