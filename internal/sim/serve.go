package sim

import (
	"fmt"
	"io"
	"log/slog"
	"maps"
	"math"
	"net"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/loginwatch/loginwatch"
)

// reply is one HTTP answer.
type reply struct {
	status       int
	contentType  string
	body         []byte
	header       http.Header // as documented
	retryAfter   time.Duration
	location     string
	allow        []string
	undocumented bool
	cut          bool   // the connection ends in the body
	outcome      string // id; "" when the document is silent
	why          string // in the contract's words
}

// throttleFor is what FaultThrottle asks clients to wait where no limit is
// documented.
const throttleFor = 10 * time.Second

// serve answers one request to a vendor.
func (s *Simulator) serve(v *vendor, path string, w http.ResponseWriter, r *http.Request) {
	fault := *v.fault.Load()
	req := readRequest(w, r)
	switch fault.Name {
	case FaultReset:
		reset(w)
		return
	case FaultNoHTTP:
		greet(w)
		return
	case FaultSilent:
		<-r.Context().Done()
		return
	case FaultSlow:
		if !wait(r, fault.Delay) {
			return // the client went away, or the server is ending
		}
	}
	rep, op, when, err := v.answer(req, path, fault, s.now())
	if err != nil {
		// The error speaks of the contract; it never holds what was sent.
		s.log.LogAttrs(r.Context(), slog.LevelError, "the simulator could not answer",
			slog.String("vendor", v.contract.Vendor), slog.String("error", err.Error()))
		rep = reply{status: http.StatusInternalServerError, undocumented: true}
	}
	s.log.LogAttrs(r.Context(), slog.LevelDebug, "simulated", append(op.logged(),
		slog.String("vendor", v.contract.Vendor), slog.String("condition", string(when)), slog.String("outcome", rep.outcome),
		slog.Int("status", rep.status), slog.String("fault", string(fault.Name)), slog.String("why", rep.why))...)
	if fault.Name == FaultHalfAnswer && rep.status != http.StatusNoContent {
		rep.cut = true
	}
	s.write(w, rep)
}

// logged names an operation as the contract does: what a client sends, even its
// path, may hold a secret.
func (o *operation) logged() []slog.Attr {
	if o == nil {
		return nil
	}
	return []slog.Attr{slog.String("operation", o.ID), slog.String("method", o.Request.Method), slog.String("path", o.Request.Path)}
}

// answer finds what a request gets, from which operation and for which
// condition; op is nil when the request is for none.
func (v *vendor) answer(r *request, path string, fault Fault, now time.Time,
) (rep reply, op *operation, when loginwatch.Condition, err error) {
	op, allowed := v.route(r, path)
	if rep, answered := fault.answer(); answered {
		return rep, op, "", nil
	}
	switch {
	case op != nil:
		rep, when, err = v.perform(op, r, path, fault, now)
		return rep, op, when, err
	case len(allowed) > 0:
		why := "this path is documented with " + strings.Join(allowed, ", ")
		return reply{status: http.StatusMethodNotAllowed, allow: allowed, undocumented: true, why: why}, nil, "", nil
	case path == "/" && r.Method == http.MethodGet:
		var b strings.Builder
		v.list(&b, strings.TrimSuffix(r.URL.Path, "/"))
		return textReply(b.String()), nil, "", nil
	}
	d := decision{when: loginwatch.WhenWrongPath, why: "no operation has this path; GET of the vendor's root lists them"}
	near := v.nearest(path)
	if near == nil {
		return reply{status: d.plainStatus(), undocumented: true, why: d.bare()}, nil, d.when, nil
	}
	rep, err = v.reply(near, d, fault, now)
	return rep, nil, d.when, err
}

// perform answers a request to an operation.
func (v *vendor) perform(op *operation, r *request, path string, fault Fault, now time.Time) (reply, loginwatch.Condition, error) {
	d, err := op.limited(fault), error(nil)
	if d.when == "" {
		d, err = v.decide(op, r, path, now)
	}
	if err != nil {
		return reply{}, d.when, err
	}
	if !op.open {
		walled := false
		if d, walled = fault.refuse(d); walled {
			return wall(), "", nil
		}
	}
	rep, err := v.reply(op, d, fault, now)
	if d.when == loginwatch.WhenValid && err == nil {
		for _, value := range d.ends {
			v.end(value)
		}
	}
	return rep, d.when, err
}

// refuse gives what the faults of refusals make of a decision about a login; walled
// tells that it does not come to one.
func (f Fault) refuse(d decision) (refused decision, walled bool) {
	valid := d.when == loginwatch.WhenValid
	switch f.Name {
	case FaultReject, FaultRejectWall:
		if !valid {
			return d, f.Name == FaultRejectWall
		}
		return decision{when: loginwatch.WhenWrongPassword, why: fmt.Sprintf("fault %s: what is right is refused", f.Name)}, false
	case FaultRejectAll:
		return decision{when: loginwatch.WhenWrongPassword, why: fmt.Sprintf("fault %s: whatever comes is refused", f.Name)}, false
	}
	return d, false
}

// wall is what a bot wall answers in the login's place, marked as Cloudflare marks it.
func wall() reply {
	rep := page(http.StatusForbidden, "403 Forbidden")
	rep.header = http.Header{"Cf-Mitigated": {"challenge"}}
	rep.why = "fault " + string(FaultRejectWall) + ": whatever is not right gets this"
	return rep
}

// limited is the decision that FaultThrottle takes before any other.
func (o *operation) limited(fault Fault) decision {
	if fault.Name != FaultThrottle {
		return decision{}
	}
	d := decision{when: loginwatch.WhenRateLimited, retryAfter: throttleFor, why: "fault throttle"}
	if o.window != nil {
		d.retryAfter = o.window.per
	}
	return d
}

// reply makes the documented answer of a decision, or a plain one where the
// document is silent.
func (v *vendor) reply(op *operation, d decision, fault Fault, now time.Time) (reply, error) {
	rep := reply{retryAfter: d.retryAfter, why: d.why}
	x := op.outcome(d)
	if x == nil || len(x.Statuses) == 0 {
		rep.status, rep.undocumented, rep.why = d.plainStatus(), true, d.bare()
		return rep, nil
	}
	a := op.answers[x]
	if d.when != loginwatch.WhenValid {
		fault = Fault{} // what is left of the faults changes successes alone
	}
	g := grant{issued: now, lifetime: a.lifetime, says: d.says}
	a.spoilGrant(fault, &g)
	r, err := a.render(&g)
	if err != nil {
		return reply{}, err
	}
	if d.when == loginwatch.WhenValid && (len(v.operations) > 1 || len(op.Spends) > 0) {
		for _, value := range r.fresh {
			v.handedOut.add(value, op.ID, now.Add(max(handedOutFor, a.lifetime)))
		}
	}
	rep.status, rep.body, rep.outcome, rep.header = x.Statuses[0], r.body, x.ID, a.headers(r, &g, fault)
	if len(r.body) > 0 && len(x.ContentTypes) > 0 {
		rep.contentType = x.ContentTypes[0]
		if rep.contentType == "" {
			rep.header["Content-Type"] = nil // or net/http would guess one
		}
	}
	return rep, a.spoil(fault, &rep)
}

// answer gives what a fault answers whatever was asked for.
func (f Fault) answer() (rep reply, answered bool) {
	switch f.Name {
	case FaultOutage:
		rep = page(http.StatusServiceUnavailable, "503 Service Temporarily Unavailable")
	case FaultHTML502:
		rep = page(http.StatusBadGateway, "502 Bad Gateway")
	case FaultPage:
		rep = page(http.StatusOK, "Welcome")
	case FaultWall:
		rep = wall()
	case FaultRedirect:
		rep = reply{status: http.StatusFound, location: "https://login.example.invalid/", undocumented: true}
	default:
		return rep, false
	}
	rep.why = fmt.Sprintf("fault %s: every request gets this", f.Name)
	return rep, true
}

func page(status int, title string) reply {
	return reply{status: status, contentType: "text/html", body: gatewayPage(title), undocumented: true}
}

// textReply is for people: no document promises it.
func textReply(text string) reply {
	return reply{status: http.StatusOK, contentType: "text/plain; charset=utf-8", body: []byte(text), undocumented: true, why: "a list for people"}
}

// bare answers for what belongs to no vendor.
func (s *Simulator) bare(w http.ResponseWriter, status int) {
	s.write(w, reply{status: status, undocumented: true})
}

func (s *Simulator) write(w http.ResponseWriter, r reply) {
	h := w.Header()
	maps.Copy(h, r.header)
	h.Set("Date", s.now().UTC().Format(http.TimeFormat))
	h.Set("Content-Length", strconv.Itoa(len(r.body)))
	if r.status == http.StatusNoContent {
		h.Del("Content-Length") // RFC 9110, 8.6: not with 204
	}
	if r.contentType != "" {
		h.Set("Content-Type", r.contentType)
	}
	if r.retryAfter > 0 {
		h.Set("Retry-After", strconv.Itoa(int(math.Ceil(r.retryAfter.Seconds()))))
	}
	if r.location != "" {
		h.Set("Location", r.location)
	}
	if len(r.allow) > 0 {
		h.Set("Allow", strings.Join(slices.Clone(r.allow), ", "))
	}
	if r.undocumented {
		h.Set(MarkHeader, "undocumented")
	}
	if r.cut {
		h.Set("Content-Length", strconv.Itoa(len(r.body)+1))
		w.WriteHeader(r.status)
		_, _ = w.Write(r.body[:len(r.body)/2])
		_ = http.NewResponseController(w).Flush()
		panic(http.ErrAbortHandler) // net/http's own way to end an answer that is not whole
	}
	w.WriteHeader(r.status)
	_, _ = w.Write(r.body) // the client may be gone, and then nobody is left to tell
}

// wait lets time pass unless the request ends first.
func wait(r *http.Request, d time.Duration) bool {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
		return true
	case <-r.Context().Done():
		return false
	}
}

// greet says what a mail server says first. Where the connection can't be had, as with
// HTTP/2, the stream is aborted.
func greet(w http.ResponseWriter) {
	conn, _, err := http.NewResponseController(w).Hijack()
	if err != nil {
		panic(http.ErrAbortHandler)
	}
	_, _ = io.WriteString(conn, "220 mail.example ESMTP\r\n")
	_ = conn.Close()
}

// reset ends the connection without an answer. Where the connection can't be
// had, as with HTTP/2, net/http's own way to abort a stream does it.
func reset(w http.ResponseWriter) {
	conn, _, err := http.NewResponseController(w).Hijack()
	if err != nil {
		panic(http.ErrAbortHandler)
	}
	raw := conn
	if t, ok := conn.(interface{ NetConn() net.Conn }); ok {
		raw = t.NetConn()
	}
	if t, ok := raw.(interface{ SetLinger(sec int) error }); ok {
		_ = t.SetLinger(0) // without it the peer sees an orderly end, which is close enough
	}
	_ = raw.Close()
}
