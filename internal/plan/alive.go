package plan

import "time"

// Alive tells whether slots are still decided: cron's own goroutines answer, nobody holds
// the lock for good, and no slot has been due for longer than it may be late. It does not
// return while one of the first two is not so; whoever asks does it where waiting harms
// nothing. After a step of the clock it may say no until the next look at the clock.
func (p *Planner) Alive() bool {
	p.mu.Lock()
	clocks := p.clocks
	p.mu.Unlock()
	for _, c := range clocks {
		if c != nil {
			c.Entries() // cron hands them out itself
		}
	}
	oldest := time.Now().Add(-maxLateness)
	for _, slot := range p.Upcoming() {
		if slot.Planned.Before(oldest) {
			return false
		}
	}
	return true
}
