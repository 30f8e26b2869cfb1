package history

import (
	"bytes"
	"cmp"
	"encoding/binary"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"time"

	"github.com/loginwatch/loginwatch"
)

const (
	keepFindings = 50      // of one run: a hostile answer can hold thousands
	keepText     = 4 << 10 // bytes of one text
)

// recordOf copies what is kept of a run.
func recordOf(r *loginwatch.Run) *Record {
	kept := *r
	kept.Detail = short(r.Detail)
	kept.Started, kept.Due = r.Started.UTC().Truncate(time.Microsecond), r.Due.UTC()
	kept.CertificateEnds, kept.ClientCertificateEnds = second(r.CertificateEnds), second(r.ClientCertificateEnds)
	kept.Duration, kept.Lateness = r.Duration.Truncate(time.Microsecond), r.Lateness.Truncate(time.Microsecond)
	kept.Steps = slices.Clone(r.Steps)
	telling := Telling(r)
	record := &Record{Run: &kept}
	room := keepFindings
	keep := map[loginwatch.Class]int{}
	for _, c := range loginwatch.Classes { // the worst have the first call
		for _, f := range r.Findings() {
			if f.Class == c && room > 0 {
				room--
				keep[c]++
			}
		}
	}
	for i := range kept.Steps {
		s := &kept.Steps[i]
		all := s.Findings
		s.Findings = nil
		if s.Evidence = keptEvidence(s.Evidence); !telling {
			s.Evidence = nil
		}
		for _, f := range all {
			if keep[f.Class] == 0 {
				record.LeftOut++
				continue
			}
			keep[f.Class]--
			s.Findings = append(s.Findings, shortened(f))
		}
		s.Phases = maps.Clone(s.Phases)
		for p, d := range s.Phases {
			s.Phases[p] = d.Truncate(time.Microsecond)
		}
		for _, d := range []*time.Duration{&s.Duration, &s.Skew, &s.RetryAfter, &s.Token.Lifetime, &s.Token.Documented} {
			*d = d.Truncate(time.Microsecond)
		}
	}
	return record
}

func second(at time.Time) time.Time {
	if at.IsZero() {
		return at
	}
	return at.UTC().Truncate(time.Second)
}

func short(s string) string {
	if len(s) > keepText {
		return s[:keepText]
	}
	return s
}

func shortened(f loginwatch.Finding) loginwatch.Finding {
	for _, s := range []*string{&f.Pointer, &f.Documented, &f.Got, &f.Quote} {
		*s = short(*s)
	}
	return f
}

// shape is what is the same in most runs of a job: a million of them have a few.
type shape struct {
	Credential string      `json:"credential,omitempty"`
	Steps      []shapeStep `json:"steps,omitempty"`
	LeftOut    int         `json:"left_out,omitempty"`
	LeftOpen   bool        `json:"left_open,omitempty"`
	Notable    bool        `json:"notable,omitempty"`
}

type shapeStep struct {
	Case       string               `json:"case"`
	Role       loginwatch.Role      `json:"role,omitempty"`
	Operation  string               `json:"operation,omitempty"`
	Status     int                  `json:"status,omitempty"`
	Verdict    loginwatch.Verdict   `json:"verdict"`
	Reason     loginwatch.Reason    `json:"reason,omitempty"`
	Outcome    string               `json:"outcome,omitempty"`
	Refusal    loginwatch.Refusal   `json:"refusal,omitempty"`
	Sign       loginwatch.Sign      `json:"sign,omitempty"`
	Findings   []loginwatch.Finding `json:"findings,omitempty"`
	Token      bool                 `json:"token,omitempty"`
	Documented time.Duration        `json:"documented,omitempty"`
	OurClock   bool                 `json:"our_clock,omitempty"`
	OurValues  int                  `json:"our_values,omitempty"`
	Evidence   *shapeEvidence       `json:"evidence,omitempty"`
}

// Pack writes down a run: its shape, which most runs of a job share, and what is its
// own. The rest stands in its [Entry].
func Pack(r *loginwatch.Run) (shared, own []byte, err error) {
	record := recordOf(r)
	s := shape{Credential: r.Credential, LeftOut: record.LeftOut, LeftOpen: r.LeftOpen, Notable: r.Notable, Steps: make([]shapeStep, 0, len(r.Steps))}
	w := writer{}
	w.number(r.Duration)
	w.number(r.Lateness)
	w.time(r.CertificateEnds)
	w.time(r.ClientCertificateEnds)
	w.text(record.Run.Detail)
	for _, step := range record.Run.Steps {
		s.Steps = append(s.Steps, shapeStep{
			Case: step.Case, Role: step.Role, Operation: step.Operation, Status: step.HTTPStatus, Verdict: step.Verdict, Reason: step.Reason,
			Outcome: step.Outcome, Refusal: step.Refusal, Sign: step.Sign, Findings: step.Findings, Token: step.Token.Present,
			Documented: step.Token.Documented, OurClock: step.Token.ByOurClock, OurValues: step.Token.ByOurValues, Evidence: shapeOf(step.Evidence),
		})
		w.step(&step)
		w.evidence(step.Evidence)
	}
	if shared, err = json.Marshal(s); err != nil {
		return nil, nil, fmt.Errorf("pack a run: %w", err)
	}
	return shared, w.data, nil
}

// Unpack reads what Pack has written, beside the entry of the same run.
func Unpack(e Entry, shared, own []byte) (*Record, error) {
	var s shape
	if err := json.Unmarshal(shared, &s); err != nil {
		return nil, fmt.Errorf("the run %s: its shape: %w", e.Run, err)
	}
	rd := reader{data: bytes.NewReader(own)}
	r := &loginwatch.Run{
		Key: e.Key, ID: e.Run, Credential: s.Credential, LeftOpen: s.LeftOpen, Notable: s.Notable, Due: e.Due, Started: e.At, Verdict: e.Verdict, Reason: e.Reason,
		Duration: rd.number(), Lateness: rd.number(), CertificateEnds: rd.time(), ClientCertificateEnds: rd.time(), Detail: rd.text(),
	}
	for _, step := range s.Steps {
		into := loginwatch.StepResult{
			Case: step.Case, Role: step.Role, Operation: step.Operation, HTTPStatus: step.Status,
			Judgement: loginwatch.Judgement{
				Verdict: step.Verdict, Reason: step.Reason, Outcome: step.Outcome, Refusal: step.Refusal, Sign: step.Sign, Findings: step.Findings,
				Token: loginwatch.TokenFacts{Present: step.Token, Documented: step.Documented, ByOurClock: step.OurClock, ByOurValues: step.OurValues},
			},
		}
		rd.step(&into)
		into.Evidence = rd.evidence(step.Evidence, step.Status)
		r.Steps = append(r.Steps, into)
	}
	if rd.err != nil || rd.data.Len() > 0 {
		return nil, fmt.Errorf("the run %s is damaged, with %d bytes left: %w", e.Run, rd.data.Len(), cmp.Or(rd.err, errors.New("nobody asks for them")))
	}
	return &Record{Run: r, LeftOut: s.LeftOut}, nil
}

// What a step has beside its duration.
const (
	hasSkew = 1 << iota
	hasRetryAfter
	hasLifetime
	hasDigest
	hasPhases // from here on one bit for each, in the order of the list, whose new ones come last
)

// writer packs numbers and texts; durations in microseconds.
type writer struct{ data []byte }

func (w *writer) number(d time.Duration) { w.data = binary.AppendVarint(w.data, d.Microseconds()) }
func (w *writer) bits(n uint64)          { w.data = binary.AppendUvarint(w.data, n) }

func (w *writer) time(at time.Time) {
	if at.IsZero() {
		w.bits(0)
		return
	}
	w.bits(uint64(max(at.Unix(), 1))) //nolint:gosec // it is positive
}

func (w *writer) signed(n int) { w.data = binary.AppendVarint(w.data, int64(n)) }

func (w *writer) text(s string) {
	w.bits(uint64(len(s)))
	w.data = append(w.data, s...)
}

func (w *writer) step(s *loginwatch.StepResult) {
	var has uint64
	set := func(bit uint64, is bool) {
		if is {
			has |= bit
		}
	}
	set(hasSkew, s.HasSkew)
	set(hasRetryAfter, s.RetryAfter != 0)
	set(hasLifetime, s.Token.HasLifetime)
	set(hasDigest, s.Token.Digest != "")
	for i, p := range loginwatch.Phases {
		if _, passed := s.Phases[p]; passed {
			has |= hasPhases << i
		}
	}
	w.number(s.Duration)
	w.bits(has)
	if has&hasSkew != 0 {
		w.number(s.Skew)
	}
	if has&hasRetryAfter != 0 {
		w.number(s.RetryAfter)
	}
	if has&hasLifetime != 0 {
		w.number(s.Token.Lifetime)
	}
	if has&hasDigest != 0 {
		w.text(packDigest(s.Token.Digest))
	}
	for i, p := range loginwatch.Phases {
		if has&(hasPhases<<i) != 0 {
			w.number(s.Phases[p])
		}
	}
}

// packDigest halves a digest that is hexadecimal, and marks which one is.
func packDigest(digest string) string {
	if raw, err := hex.DecodeString(digest); err == nil && hex.EncodeToString(raw) == digest {
		return "x" + string(raw)
	}
	return "t" + digest
}

func unpackDigest(packed string) string {
	switch {
	case packed == "":
		return ""
	case packed[0] == 'x':
		return hex.EncodeToString([]byte(packed[1:]))
	}
	return packed[1:]
}

// reader reads what a writer wrote, up to the first error.
type reader struct {
	data *bytes.Reader
	err  error
}

func (r *reader) number() time.Duration {
	if r.err != nil {
		return 0
	}
	n, err := binary.ReadVarint(r.data)
	r.err = err
	return time.Duration(n) * time.Microsecond
}

func (r *reader) signed() int {
	if r.err != nil {
		return 0
	}
	n, err := binary.ReadVarint(r.data)
	r.err = err
	return int(n)
}

func (r *reader) bits() uint64 {
	if r.err != nil {
		return 0
	}
	n, err := binary.ReadUvarint(r.data)
	r.err = err
	return n
}

func (r *reader) time() time.Time {
	n := r.bits()
	if n == 0 {
		return time.Time{}
	}
	return time.Unix(int64(n), 0).UTC() //nolint:gosec // seconds since the epoch
}

func (r *reader) text() string {
	n := r.bits()
	switch {
	case r.err != nil || n == 0:
		return ""
	case n > uint64(r.data.Len()): //nolint:gosec // a length
		r.err = errors.New("a text is cut")
		return ""
	}
	text := make([]byte, n)
	_, r.err = r.data.Read(text)
	return string(text)
}

func (r *reader) step(s *loginwatch.StepResult) {
	s.Duration = r.number()
	has := r.bits()
	if s.HasSkew = has&hasSkew != 0; s.HasSkew {
		s.Skew = r.number()
	}
	if has&hasRetryAfter != 0 {
		s.RetryAfter = r.number()
	}
	if s.Token.HasLifetime = has&hasLifetime != 0; s.Token.HasLifetime {
		s.Token.Lifetime = r.number()
	}
	if has&hasDigest != 0 {
		s.Token.Digest = unpackDigest(r.text())
	}
	for i, p := range loginwatch.Phases {
		if has&(hasPhases<<i) != 0 {
			if s.Phases == nil {
				s.Phases = map[loginwatch.Phase]time.Duration{}
			}
			s.Phases[p] = r.number()
		}
	}
}
