package plan

import (
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

// field is one column of a cron expression, with the least and the greatest
// value that robfig/cron takes.
type field struct {
	name     string
	min, max int
	names    []string // of the values from min on
}

var fields = []field{
	{name: "second", max: 59},
	{name: "minute", max: 59},
	{name: "hour", max: 23},
	{name: "day of month", min: 1, max: 31},
	{name: "month", min: 1, max: 12, names: []string{"jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"}},
	{name: "day of week", max: 6, names: []string{"sun", "mon", "tue", "wed", "thu", "fri", "sat"}},
}

var descriptors = []string{"@yearly", "@annually", "@monthly", "@weekly", "@daily", "@midnight", "@hourly"}

// checkFields says what is wrong in our words, field by field, and finds what
// cron's parser lets pass silently: "1,,2" loses an item, "*-5" is read as "*",
// and "*/90" as "0".
func checkFields(text string) error {
	if strings.HasPrefix(text, "@") {
		return checkDescriptor(text)
	}
	columns := strings.Fields(text)
	if len(columns) < 5 || len(columns) > 6 {
		noun := "fields"
		if len(columns) == 1 {
			noun = "field"
		}
		return fmt.Errorf("schedule %q has %d %s: expected 5 (minute hour day-of-month month day-of-week), or 6 with seconds first",
			text, len(columns), noun)
	}
	first := 6 - len(columns)
	for i, column := range columns {
		for item := range strings.SplitSeq(column, ",") {
			if mistake := fields[first+i].check(item); mistake != "" {
				return fmt.Errorf("schedule %q: %s: %s", text, fields[first+i].name, mistake)
			}
		}
	}
	return nil
}

func checkDescriptor(text string) error {
	switch {
	case slices.Contains(descriptors, text):
		return nil
	case text == "@reboot":
		return fmt.Errorf("schedule %q: a login is watched from the start on, at due times: name those", text)
	}
	return fmt.Errorf("schedule %q is not known: known are @every DURATION, %s", text, strings.Join(descriptors, ", "))
}

var item = regexp.MustCompile(`^(?:[*?]|([0-9A-Za-z]+)(?:-([0-9A-Za-z]+))?)(?:/([0-9]+))?$`)

// foreign are the signs of other crons, by what an item that holds them looks like.
var foreign = []struct {
	form *regexp.Regexp
	says string
}{
	{regexp.MustCompile(`^H(\(.*\))?(/.*)?$`), "H is Jenkins': write a number or *, slots are spread by themselves"},
	{regexp.MustCompile(`^(L|L-[0-9]+|[0-9A-Za-z]+L|LW)$`), "there is no L for a last day: name the days"},
	{regexp.MustCompile(`^[0-9]+W$`), "there is no W for the nearest working day: name the days"},
	{regexp.MustCompile(`^[0-9A-Za-z]+#[0-9]+$`), "there is no # for the n-th day of a week in its month: name the days"},
}

// check says what is wrong with one item of the field's list; "" when nothing is.
func (f field) check(text string) string {
	for _, sign := range foreign {
		if sign.form.MatchString(text) && !slices.Contains(f.names, strings.ToLower(text)) {
			return fmt.Sprintf("%q: %s", text, sign.says)
		}
	}
	m := item.FindStringSubmatch(text)
	if m == nil {
		return fmt.Sprintf("%q is not a number, a range, a step or *", text)
	}
	from, to := f.min, f.max
	for i, into := range []*int{&from, &to} {
		if m[1+i] == "" {
			continue
		}
		var mistake string
		if *into, mistake = f.value(m[1+i]); mistake != "" {
			return mistake
		}
	}
	if m[2] != "" && from > to {
		return fmt.Sprintf("%s: the range ends before it begins: write %s,%s", text, span(from, f.max)+step(m[3]), span(f.min, to)+step(m[3]))
	}
	if m[3] == "" {
		return ""
	}
	size := f.max - f.min + 1
	switch n, err := strconv.Atoi(m[3]); {
	case err != nil || n >= size:
		return fmt.Sprintf("step %s leaves its range of %d", m[3], size)
	case n == 0:
		return fmt.Sprintf("%s: a step is at least 1", text)
	}
	return ""
}

func span(from, to int) string {
	if from == to {
		return strconv.Itoa(from)
	}
	return fmt.Sprintf("%d-%d", from, to)
}

func step(by string) string {
	if by == "" {
		return ""
	}
	return "/" + by
}

// value reads a number or a name of the field.
func (f field) value(text string) (n int, mistake string) {
	lower := strings.ToLower(text)
	if i := slices.Index(f.names, lower); i >= 0 {
		return f.min + i, ""
	}
	n, err := strconv.Atoi(text)
	switch {
	case err != nil && text[0] >= '0' && text[0] <= '9' && strings.Trim(text, "0123456789") == "", err == nil && (n < f.min || n > f.max):
		return 0, f.outside(text, n)
	case err != nil:
		return 0, f.unnamed(text, lower)
	}
	return n, ""
}

// outside speaks of a number that the field does not have.
func (f field) outside(text string, n int) string {
	switch {
	case f.name == "day of week" && n == 7:
		return "7: Sunday is 0"
	case f.name == "hour" && n == 24:
		return "24: midnight is 0"
	}
	return fmt.Sprintf("%s is not from %d to %d", text, f.min, f.max)
}

// unnamed speaks of a word that the field does not have.
func (f field) unnamed(text, lower string) string {
	for _, other := range fields {
		if slices.Contains(other.names, lower) {
			return fmt.Sprintf("%q is a %s: it stands in the wrong field", text, other.name)
		}
	}
	if len(lower) > 3 {
		if i := slices.Index(f.names, lower[:3]); i >= 0 {
			return fmt.Sprintf("%q: write %s", text, f.names[i])
		}
	}
	if len(f.names) > 0 {
		return fmt.Sprintf("%q is not a number from %d to %d or a name from %s to %s", text, f.min, f.max, f.names[0], f.names[len(f.names)-1])
	}
	return fmt.Sprintf("%q is not a number from %d to %d", text, f.min, f.max)
}
