package calendar

import (
	"errors"
	"fmt"
	"regexp"
	"strings"
	"time"

	"github.com/teambition/rrule-go"
)

var untils = regexp.MustCompile(`(?:^|;)UNTIL=([^;]*)`)

// errNever is of a rule that took long to find that out of: no further one is looked at.
var errNever = errors.New("no time fits it")

// rule reads how an event comes again (RFC 5545, section 3.3.10). rrule-go computes as if
// there were no zones: what its times mean is told by [instant].
func (r *reader) rule(e *event, begin moment, l line) {
	text := strings.ToUpper(l.value())
	if m := untils.FindStringSubmatch(text); m != nil {
		until, ok := r.ruleEnds(begin, l, m[1])
		if !ok {
			return
		}
		text = strings.Replace(text, "UNTIL="+m[1], "UNTIL="+until.Format("20060102T150405Z"), 1)
	}
	rule, err := rrule.StrToROption(text)
	if err == nil {
		rule.Dtstart = e.begin
		_, err = rrule.NewRRule(*rule)
	}
	if err == nil {
		err = checkRule(text, *rule)
	}
	if err == nil {
		err = comes(*rule)
	}
	if err != nil {
		r.problem(l.number, l.Value, "RRULE: %.120v", err)
		r.enough = r.enough || errors.Is(err, errNever)
		return
	}
	e.rule = rule
}

// ruleEnds gives the last time, as the clock of the event shows it. A day is a whole one.
func (r *reader) ruleEnds(begin moment, l line, value string) (shown time.Time, ok bool) {
	l.BaseProperty = copied(l)
	l.ICalParameters = nil // they are none of UNTIL's
	m, ok := r.moment(l, value, begin.zone)
	switch {
	case !ok:
		return shown, false
	case m.day:
		return m.shown.Add(24*time.Hour - time.Second), true
	}
	return shownBy(m.at().In(begin.zone)), true
}

// checkRule refuses what rrule-go takes for something else, or never comes to an end with.
func checkRule(text string, rule rrule.ROption) error {
	for part := range strings.SplitSeq(text, ";") {
		if name, _, _ := strings.Cut(part, "="); strings.Count(";"+text, ";"+name+"=") > 1 || name == "DTSTART" || name == "BYEASTER" {
			return fmt.Errorf("%s is given twice, or is not a part of a rule", name)
		}
	}
	times := max(1, len(rule.Byhour)) * max(1, len(rule.Byminute)) * max(1, len(rule.Bysecond))
	switch {
	case rule.Freq > rrule.DAILY:
		return fmt.Errorf("%s is too often: write FREQ=DAILY with BYHOUR and BYMINUTE", rule.Freq)
	case times > mostTimes:
		return fmt.Errorf("%d times in a day are more than %d", times, mostTimes)
	case strings.Contains(text, "INTERVAL=") && (rule.Interval < 1 || rule.Interval > mostBetween):
		return fmt.Errorf("INTERVAL must be from 1 to %d", mostBetween)
	case strings.Contains(text, "COUNT=") && (rule.Count < 1 || rule.Count > mostLooked):
		return fmt.Errorf("COUNT must be from 1 to %d", mostLooked)
	case rule.Count > 0 && !rule.Until.IsZero():
		return errors.New("it has both COUNT and UNTIL")
	case !rule.Until.IsZero() && rule.Until.Before(rule.Dtstart):
		return errors.New("UNTIL must not be earlier than DTSTART")
	case len(rule.Byweekno) > 0 && rule.Freq != rrule.YEARLY, len(rule.Byyearday) > 0 && rule.Freq != rrule.YEARLY,
		len(rule.Bymonthday) > 0 && rule.Freq == rrule.WEEKLY:
		return errors.New("BYWEEKNO and BYYEARDAY go with FREQ=YEARLY alone, and BYMONTHDAY not with FREQ=WEEKLY")
	}
	for _, day := range rule.Byweekday {
		inMonth := rule.Freq == rrule.MONTHLY || rule.Freq == rrule.YEARLY && len(rule.Bymonth) > 0
		switch n := max(day.N(), -day.N()); {
		case n == 0:
		case rule.Freq != rrule.MONTHLY && rule.Freq != rrule.YEARLY || len(rule.Byweekno) > 0:
			return errors.New("the number of a day in BYDAY goes with FREQ=MONTHLY and FREQ=YEARLY alone, without BYWEEKNO")
		case inMonth && n > 5:
			return fmt.Errorf("no month has %d of a day of the week", n)
		}
	}
	return nil
}

// comes refuses a rule that no time fits: rrule-go looks for one up to the year 9999, so this
// is done once, and no rule that is kept does it again.
func comes(rule rrule.ROption) (err error) {
	defer func() {
		if recover() != nil { // as it does with the sixth Monday of a month
			err = errors.New("it can't be computed")
		}
	}()
	rule.Until, rule.Count = time.Time{}, 0
	r, err := rrule.NewRRule(rule)
	if err != nil {
		return err
	}
	if _, ok := r.Iterator()(); !ok {
		return errNever
	}
	return nil
}
