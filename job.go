package loginwatch

import (
	"slices"
	"time"
)

// Key names a job. Slots, runs and whatever is remembered of them carry it.
type Key struct {
	Vendor   string
	Probe    string
	Target   string
	Location string // where the job runs; "" where there is only one
}

// String is VENDOR/PROBE/TARGET, and /LOCATION where there is one. The offset
// of the job's slots is computed from it.
func (k Key) String() string {
	s := k.Vendor + "/" + k.Probe + "/" + k.Target
	if k.Location != "" {
		s += "/" + k.Location
	}
	return s
}

// Job is one probe at one target, and at one location: what is planned, watched
// and counted.
type Job struct {
	Probe    *Probe
	Target   *Target
	Location string
	Interval time.Duration // smallest gap between two slots; 0 outside the daemon
	// Maintenance is what the operator's file has for the job; what the contract documents
	// comes beside it.
	Maintenance []Maintenance
}

// InMaintenance gives the maintenance that an instant is in, as [AnyMaintenance] does.
func (j Job) InMaintenance(at time.Time) (m Maintenance, until time.Time, in bool) {
	if len(j.Maintenance)+len(j.Probe.Contract.Maintenance) == 0 {
		return Maintenance{}, time.Time{}, false
	}
	return AnyMaintenance(slices.Concat(j.Maintenance, j.Probe.Contract.Maintenance), at)
}

// Key names the job.
func (j Job) Key() Key {
	return Key{Vendor: j.Probe.Contract.Vendor, Probe: j.Probe.Name, Target: j.Target.Name, Location: j.Location}
}

// Quota is what the job's logins count against: the operator's, or what the contract
// documents; nil for none.
func (j Job) Quota() *Quota {
	if j.Target.Quota != nil {
		return j.Target.Quota
	}
	return j.Probe.Contract.Quota
}

// Slot is one due time of one job. Planned = executed + skipped, always.
type Slot struct {
	Key
	Due     time.Time // UTC
	Planned time.Time // when the due time was spread to
}

// SkippedSlot is a slot that was not run.
type SkippedSlot struct {
	Slot
	Reason Reason
	Until  time.Time  // when a run may be worth trying again; zero when nobody says
	Quota  QuotaState // what was used when it was refused; zero when it has none
	Detail string     // for people, beside the reason; "" when that says all
	// Refusal is what the suspension of its credential rests on; none for every
	// other reason.
	Refusal Refusal
}
