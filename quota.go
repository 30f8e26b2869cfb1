package loginwatch

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"
)

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

// SetPer sets what the quota is for by its name; the error lists the names.
func (q *Quota) SetPer(name string) error {
	q.Per = QuotaPeriod(name)
	if slices.Contains(QuotaPeriods, q.Per) {
		return nil
	}
	names := make([]string, len(QuotaPeriods))
	for i, p := range QuotaPeriods {
		names[i] = string(p)
	}
	return fmt.Errorf("must be %s", strings.Join(names, " or "))
}

// SetZone sets the zone by its name in the IANA database; that of the machine is none.
func (q *Quota) SetZone(name string) (err error) {
	if q.Zone, err = time.LoadLocation(name); err != nil || name == "" || name == "Local" {
		return errors.New("must name a time zone such as Asia/Kolkata")
	}
	return nil
}

// ZoneName is the zone's name.
func (q Quota) ZoneName() string {
	if q.Zone == nil {
		return time.UTC.String()
	}
	return q.Zone.String()
}

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
