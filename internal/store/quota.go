package store

import (
	"time"

	"github.com/loginwatch/loginwatch"
	"github.com/loginwatch/loginwatch/internal/persist"
)

// usage is what was used of a quota: of the period that began last alone.
type usage struct {
	Per      loginwatch.QuotaPeriod
	Zone     string
	Begins   time.Time
	Ends     time.Time
	Used     int                 // by runs that have ended, or can't be under way any more
	UnderWay map[int64]time.Time // tickets granted and not settled, until when each can be
	Ahead    *usage              `json:",omitempty"` // of a period that to this one's clock is to come
	More     persist.Members     `json:",embed"`
}

// turn begins the period that now is in. A quota for another period, or
// in another zone, than was counted before begins to count with it.
func (u *usage) turn(q loginwatch.Quota, now time.Time) {
	begins, ends := q.Period(now)
	zone := q.ZoneName()
	u.turnBack(now)
	if u.Per != q.Per || u.Zone != zone || begins.After(u.Begins) {
		u.Per, u.Zone, u.Begins, u.Ends, u.Used = q.Per, zone, begins.UTC(), ends.UTC(), 0
	}
	if begins.Equal(u.Begins) { // which the end of a run may have begun
		u.Ends = ends.UTC()
	}
	for id, until := range u.UnderWay {
		if !now.Before(until) || until.After(now.Add(ticketLife+apart)) { // nobody told its end: it counts where it ended at the latest
			u.end(id, until)
		}
	}
}

// turnBack sets aside what was counted by a clock that is more than a day ahead of this one,
// for as long as it is: nobody can tell which of the two is wrong.
func (u *usage) turnBack(now time.Time) {
	switch ahead := u.Ahead; {
	case ahead != nil && !ahead.Begins.After(now):
		for id, until := range u.UnderWay {
			ahead.admit(id, until)
		}
		ahead.More = persist.Both(ahead.More, u.More)
		*u = *ahead
	case u.Begins.After(now.Add(24 * time.Hour)):
		was := *u
		if *u = (usage{More: was.More, Ahead: &was}); ahead != nil && ahead.Begins.After(was.Begins) {
			u.Ahead = ahead
		}
		was.Ahead, was.More = nil, nil
	}
}

// end counts a run in the period that it ended in.
func (u *usage) end(ticket int64, at time.Time) {
	delete(u.UnderWay, ticket)
	if !at.Before(u.Begins) {
		u.Used++
	}
}

func (u *usage) state(q loginwatch.Quota) loginwatch.QuotaState {
	return loginwatch.QuotaState{Logins: q.Logins, Used: u.Used + len(u.UnderWay), Ends: u.Ends}
}

func (u *usage) admit(ticket int64, until time.Time) {
	if u.UnderWay == nil {
		u.UnderWay = map[int64]time.Time{}
	}
	u.UnderWay[ticket] = until
}

// settle counts a run whose end is known: in the next period where it ended there.
func (u *usage) settle(ticket int64, result loginwatch.Settlement) {
	if _, underWay := u.UnderWay[ticket]; !underWay {
		if u.Ahead != nil {
			u.Ahead.settle(ticket, result)
		}
		return
	}
	if result.Unsent {
		delete(u.UnderWay, ticket)
		return
	}
	if !result.At.Before(u.Ends) {
		u.Begins, u.Used = u.Ends, 0
	}
	u.end(ticket, result.At)
}

// matters is until when a usage can matter: the longest period, and the longest run.
func (u *usage) matters() time.Time {
	if u.Ahead != nil && u.Ahead.Begins.After(u.Begins) {
		return u.Ahead.matters()
	}
	return u.Begins.AddDate(0, 1, 2)
}
