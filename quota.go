package loginwatch

import "time"

// Quota is how many logins may be made at an address in each day or month of the
// calendar, as a vendor sells or grants them. It is no rate limit: it begins again with
// the period, and bounds what is paid for.
type Quota struct {
	Logins int // at least 1
	Per    QuotaPeriod
	Zone   *time.Location // whose midnight begins a period; nil is UTC
	Cite   Cite           // of a contract's; empty for the operator's own
	Pos    Pos
}

// QuotaPeriod is what a quota is for. The list is closed.
type QuotaPeriod string

// The periods.
const (
	QuotaDay   QuotaPeriod = "day"
	QuotaMonth QuotaPeriod = "month"
)

// QuotaPeriods lists every period.
var QuotaPeriods = []QuotaPeriod{QuotaDay, QuotaMonth}

// Period is the one that an instant is in: from its begin up to its end.
func (q Quota) Period(at time.Time) (begins, ends time.Time) {
	zone := q.Zone
	if zone == nil {
		zone = time.UTC
	}
	year, month, day := at.In(zone).Date()
	if q.Per == QuotaMonth {
		return time.Date(year, month, 1, 0, 0, 0, 0, zone), time.Date(year, month+1, 1, 0, 0, 0, 0, zone)
	}
	return time.Date(year, month, day, 0, 0, 0, 0, zone), time.Date(year, month, day+1, 0, 0, 0, 0, zone)
}

// QuotaState is what was used of a quota; zero where there is none.
type QuotaState struct {
	Logins int // of the quota
	Used   int // in the period, also by runs that are under way
	Ends   time.Time
}
