package loginwatch

import "time"

// Budget says how often a credential may be refused before it rests.
type Budget struct {
	Rejections  int           // within Per
	Per         time.Duration // how long a refusal counts
	CoolDown    time.Duration // after the last allowed refusal
	CoolDownMax time.Duration // each refused trial doubles the cool-down up to this; at least CoolDown
}

// DefaultBudget keeps far below the lock-out counters that login APIs use.
func DefaultBudget() Budget {
	return Budget{Rejections: 3, Per: time.Hour, CoolDown: 15 * time.Minute, CoolDownMax: 24 * time.Hour}
}
