package sim

import (
	"slices"
	"strconv"

	"github.com/loginwatch/loginwatch"
	"github.com/loginwatch/loginwatch/internal/compute"
)

// claimed gives what a token says of what nobody can know before it is read: the
// client chose a random value in it, and the moment. What is computed of nothing
// but these and secrets can be made again then. readable is false for what should
// be a token and is none.
func (j *judgement) claimed(made *loginwatch.Computed, value string) (found []binding, readable bool) {
	if made.Claims == nil && made.Header == nil {
		return nil, true
	}
	header, claims, ok := compute.ReadToken(value)
	if !ok {
		return nil, false
	}
	read := j.learn(made.Claims, claims, &found) && j.learn(made.Header, header, &found)
	return found, read
}

// learn goes through what a contract documents beside what a token says. What is
// made of a secret too teaches nothing: the secret is known.
func (j *judgement) learn(documented, said any, found *[]binding) bool {
	switch documented := documented.(type) {
	case map[string]any:
		members, _ := said.(map[string]any)
		for name, v := range documented {
			if !j.learn(v, members[name], found) {
				return false
			}
		}
	case []any:
		items, _ := said.([]any)
		for i, v := range documented {
			if i >= len(items) || !j.learn(v, items[i], found) {
				return false
			}
		}
	case string:
		names := loginwatch.Placeholders(documented)
		if len(names) == 0 || slices.ContainsFunc(names, func(n string) bool { return j.contract.ComputedValue(n) == nil }) {
			return true
		}
		parts, ok := newPattern(documented).match(asText(said))
		*found = append(*found, parts...)
		return ok
	}
	return true
}

// asText gives what a placeholder stands for where JSON has a number in its place.
func asText(v any) string {
	switch v := v.(type) {
	case string:
		return v
	case float64:
		return strconv.FormatFloat(v, 'f', -1, 64)
	}
	return ""
}
