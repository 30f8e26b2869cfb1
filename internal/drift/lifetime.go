package drift

import (
	"slices"
	"strconv"
	"time"
)

// seconds is a lifetime as it is kept.
func seconds(n int64) string { return strconv.FormatInt(n, 10) }

// mostLevels is how many lifetimes a vendor gives on purpose. One with more hands tokens
// out again, whose lifetimes fall from answer to answer.
const mostLevels = 4

// alike tells whether two lifetimes differ by no more than clocks and rounding do.
func alike(a, b int64) bool {
	d := max(a-b, b-a)
	return d <= 10 || d <= max(a, b)/20
}

// lifetime adds how long a token lives to what was seen.
func (sh *shape) lifetime(lives, at int64, seen *sight) {
	if sh.Falling {
		sh.falling(lives, at, seen)
		return
	}
	for _, l := range sh.Levels {
		if alike(l, lives) {
			seen.see(placeLifetime, seconds(l))
			return
		}
	}
	n := sh.Places[placeLifetime]
	if n == nil || !n.In.learned(at) {
		sh.Levels = append(sh.Levels, lives)
		if len(sh.Levels) > mostLevels {
			sh.Falling, sh.Levels = true, []int64{slices.Max(sh.Levels)}
			delete(sh.Places, placeLifetime)
			sh.falling(lives, at, seen)
			return
		}
	}
	is := seconds(lives)
	if n != nil {
		for _, known := range n.Values {
			if l, err := strconv.ParseInt(known.Name, 10, 64); err == nil && alike(l, lives) {
				is = known.Name
			}
		}
	}
	seen.see(placeLifetime, is)
}

// falling tells of a lifetime, among many, whether it is the longest that there is, or a
// longer one.
func (sh *shape) falling(lives, at int64, seen *sight) {
	top := sh.Levels[0]
	n := sh.Places[placeFull]
	switch {
	case lives > top && (alike(lives, top) || n == nil || !n.In.learned(at)):
		sh.Levels[0], sh.Peak = lives, 0
		seen.see(placeFull, "full")
	case lives > top:
		sh.Peak = max(sh.Peak, lives)
		seen.see(placeFull, "longer")
	case alike(lives, top) || lives >= top-top/10:
		sh.Peak = 0
		seen.see(placeFull, "full")
	default:
		sh.Peak = max(sh.Peak, lives)
	}
}

// knowLifetime makes what was told of a lifetime known, and gives the lifetimes in lives.
func (sh *shape) knowLifetime(e event) (from, to string) {
	if e.place == placeFull {
		was := sh.Levels[0]
		sh.Levels[0], sh.Peak = max(sh.Peak, 1), 0
		n := sh.Places[placeFull] // it is learned anew what is usual below that
		*n = node{In: n.In, Open: n.Open, Values: values{{"full", &value{N: n.In.N, Known: true}}, {absent, &value{N: n.In.N, Known: true}}}}
		return seconds(was), seconds(sh.Levels[0])
	}
	if to, err := strconv.ParseInt(e.to, 10, 64); err == nil && len(sh.Levels) < mostLevels*2 {
		sh.Levels = append(sh.Levels, to)
	}
	return e.from, e.to
}

// inWords is a lifetime for people.
func inWords(lifetime string) string {
	n, err := strconv.ParseInt(lifetime, 10, 64)
	if err != nil {
		return lifetime
	}
	return (time.Duration(n) * time.Second).String()
}
