package store

import (
	"slices"
	"time"

	"github.com/loginwatch/loginwatch"
	"github.com/loginwatch/loginwatch/internal/persist"
)

const (
	// mostTries is how often a next credential is tried that no answer says anything of.
	mostTries = 5
	// mostLost is how many of these may be lost: each may have been refused.
	mostLost = 2
	// triedLife is how long it is remembered what became of a credential.
	triedLife = longest
)

// try is what became of a credential that was to take the place of another one. It
// follows its value, so that none is tried twice, whatever it stands beside.
type try struct {
	Ended    loginwatch.NextStanding `json:",omitempty"` // "" while it may be tried
	Refusal  loginwatch.Refusal      `json:",omitempty"`
	Made     int                     // logins that tried it
	Lost     int                     // of these, whose end nobody told
	Ticket   int64                   // of the last one
	UnderWay bool                    // as far as anybody knows
	Since    time.Time               // the last one's
	Again    time.Time               // not before that
	More     persist.Members         `json:",embed"`
}

// beside is what is told of a credential's next one.
type beside struct {
	Digest string
	try
}

// credentials gives those of the page.
func (p *page) credentials() []*credential {
	return slices.DeleteFunc([]*credential{p.credential, p.next}, func(c *credential) bool { return c == nil })
}

// takenOver tells whether the next credential has taken the place of the other one.
func (p *page) takenOver() bool { return p.next != nil && p.next.Try.Ended == loginwatch.NextTakenOver }

// remember has what took over from the current credential stand so still: whoever has moved
// it already, as another replica with a newer configuration, has it as the current one.
func (p *page) remember(next loginwatch.Credential) {
	if p.next == nil || p.credential.Beside == nil || p.next.Try.Ended != "" {
		return
	}
	if b := p.credential.Beside; b.Digest == next.Digest && b.Ended == loginwatch.NextTakenOver {
		more := persist.Both(p.next.Try.More, b.More)
		p.next.Try = b.try
		p.next.Try.More = more
	}
}

// inUse gives the credential that logins are made with, nil when they send none.
func (p *page) inUse() *credential {
	if p.takenOver() {
		return p.next
	}
	return p.credential
}

// inUse gives the credential that a page's logins are made with.
func (t ticket) inUse(p *page) loginwatch.Credential {
	if p.takenOver() {
		return t.Next
	}
	return t.Credential
}

// tries tells whether a run that was granted tries the next credential. That one has a
// budget of its own, and the account has that of the current one: while that rests
// nothing is tried, and where one trial of it is due, it is this.
func (p *page) tries(claim loginwatch.Claim, b Budget) bool {
	if p.next == nil || p.takenOver() || !claim.TriesNext {
		return false
	}
	now := claim.At
	if p.credential.Retry && !p.next.Try.UnderWay {
		if p.credential.Retry = false; p.next.Try.Ended != "" {
			p.next.Try = try{More: p.next.Try.More}
			p.next.Until, p.next.Level, p.next.until, p.next.again = now, 0, twice{}, twice{} // as of a credential that is resumed
		}
	}
	if t := p.next.Try; t.Ended != "" || t.UnderWay || now.Before(t.Again) {
		return false
	}
	_, rests := p.next.suspendedUntil(now)
	_, exhausts := p.next.wouldExhaustBudget(now, b)
	_, open := p.next.sessionOpen(now)
	return !rests && !exhausts && !open
}

// admit books a granted run.
func (p *page) admit(id int64, claim loginwatch.Claim, next bool) {
	if c := p.inUse(); c != nil {
		c.admit(id, claim.At, held(claim), claim.Opens)
	}
	if !next || p.takenOver() {
		return
	}
	p.next.admit(id, claim.At, held(claim), claim.Opens)
	t := &p.next.Try
	t.Made, t.Ticket, t.UnderWay, t.Since = t.Made+1, id, true, claim.At
}

// ranWith gives the credentials that a run was made under: a try counts for the account,
// too.
func (p *page) ranWith(id int64) []*credential {
	switch {
	case p.credential == nil:
		return nil
	case p.next == nil || !p.next.ran(id):
		return []*credential{p.credential}
	case p.next.Try.Ticket == id || !p.takenOver(): // a try before the last one was lost
		return []*credential{p.credential, p.next}
	}
	return []*credential{p.next}
}

func (c *credential) ran(id int64) bool {
	_, underWay := c.UnderWay[id]
	return underWay || c.Try.Ticket == id || slices.ContainsFunc(c.Rejections, func(r rejection) bool { return r.Lost == id })
}

// settle books what a run brought.
func (p *page) settle(id int64, result loginwatch.Settlement, b Budget) {
	ran := p.ranWith(id)
	if len(ran) == 2 {
		p.next.Try.settle(id, result, b)
		p.next.settle(id, result, b)
		ran = ran[:1] // of which it says nothing, but that the account may have been refused
		result.Accepted = false
		if result.Refusal != loginwatch.RefusalNone {
			result.Refusal = loginwatch.RefusalPossible
		}
	}
	for _, c := range ran {
		c.settle(id, result, b)
	}
}

// settle books what a try brought, also one that was counted as lost before the last one
// was made: what it was answered is true of the secret, but the last one's wait is its own.
func (t *try) settle(id int64, result loginwatch.Settlement, b Budget) {
	last := t.Ticket == id
	if last {
		t.UnderWay = false
	}
	certain := t.Refusal == loginwatch.RefusalCertain
	switch {
	case result.Refusal != loginwatch.RefusalNone:
		if t.Ended = loginwatch.NextRefused; !certain {
			t.Refusal = result.Refusal
		}
	case result.Accepted && (last || !certain):
		t.Ended, t.Refusal = loginwatch.NextTakenOver, loginwatch.RefusalNone
	case last && t.Ended == "":
		t.wait(result.At, b)
		if result.Unsent {
			t.Made--
		}
		if t.Made >= mostTries {
			t.Ended = loginwatch.NextUndecided
		}
	}
}

// wait has the next try wait as a trial does.
func (t *try) wait(now time.Time, b Budget) { t.Again = now.Add(b.coolDown(t.Made - 1)) }

// loseTry counts a try that can't be under way any more and was never settled: it may
// have been refused. One more is made.
func (c *credential) loseTry(now time.Time, b Budget) {
	t := &c.Try
	if _, underWay := c.UnderWay[t.Ticket]; underWay || !t.UnderWay {
		return
	}
	t.UnderWay, t.Lost = false, t.Lost+1
	if t.wait(now, b); t.Lost >= mostLost {
		t.Ended, t.Refusal = loginwatch.NextRefused, loginwatch.RefusalPossible
	}
}

// takeBack makes the try of a run one that never was.
func (t *try) takeBack(id int64) {
	if t.Ticket == id {
		t.Made, t.Ticket, t.UnderWay = t.Made-1, 0, false
	}
}

// note has the credentials say what became of the next one. What had taken over, and is
// configured as the current one by now, has done so.
func (p *page) note(next loginwatch.Credential) {
	if p.credential == nil {
		return
	}
	if p.next == nil {
		p.credential.Beside, p.credential.Retry = nil, false
		if p.credential.Try.Ended == loginwatch.NextTakenOver {
			p.credential.Try = try{More: p.credential.Try.More}
		}
		return
	}
	p.credential.Beside = p.credential.Beside.of(next.Digest, p.next.Try) // under whose name it is told until a login uses the other one
	p.inUse().Beside = p.credential.Beside
}

// of gives what is told of a next credential, after what was told before.
func (b *beside) of(digest string, t try) *beside {
	if b != nil && b.Digest == digest {
		t.More = persist.Both(b.More, t.More)
	}
	return &beside{digest, t}
}

func (b *beside) state() loginwatch.NextState {
	if b == nil {
		return loginwatch.NextState{}
	}
	s := loginwatch.NextState{Standing: b.Ended, Digest: b.Digest, Refusal: b.Refusal, Since: b.Since}
	if s.Standing == "" {
		s.Standing, s.Again = loginwatch.NextWaiting, b.Again
	}
	return s
}
