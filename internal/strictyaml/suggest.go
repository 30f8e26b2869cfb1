package strictyaml

import (
	"fmt"
	"slices"
	"strings"
)

// DidYouMean gives `, did you mean "X"?` for the candidate that word most likely
// misspells, whatever the letter case, or "" when none is near. Ties go to the
// first in alphabetical order.
func DidYouMean(word string, candidates []string) string {
	return ask(nearest(word, candidates))
}

// Hint is [DidYouMean], or ", known: …" with all candidates where none is near.
func Hint(word string, candidates []string) string {
	if meant := DidYouMean(word, candidates); meant != "" {
		return meant
	}
	const few = 12
	sorted := slices.Sorted(slices.Values(candidates))
	switch {
	case len(sorted) == 0:
		return ", known: none"
	case len(sorted) > few:
		return fmt.Sprintf(", known: %s and %d more", strings.Join(sorted[:few], ", "), len(sorted)-few)
	}
	return ", known: " + strings.Join(sorted, ", ")
}

func ask(meant string) string {
	if meant == "" {
		return ""
	}
	return fmt.Sprintf(", did you mean %q?", meant)
}

func nearest(word string, candidates []string) string {
	sorted := slices.Clone(candidates)
	slices.Sort(sorted)
	best, least := "", len(word)/3+2 // about every third character may be wrong
	for _, c := range sorted {
		if d := distance(strings.ToLower(word), strings.ToLower(c)); d < least && d < max(len(word), len(c)) {
			best, least = c, d
		}
	}
	return best
}

// distance is the optimal string alignment distance: how many characters to
// insert, drop, replace or swap with their neighbour.
func distance(a, b string) int {
	s, t := []rune(a), []rune(b)
	rows := make([][]int, len(s)+1)
	for i := range rows {
		rows[i] = make([]int, len(t)+1)
		rows[i][0] = i
	}
	for j := range rows[0] {
		rows[0][j] = j
	}
	for i := 1; i <= len(s); i++ {
		for j := 1; j <= len(t); j++ {
			change := 1
			if s[i-1] == t[j-1] {
				change = 0
			}
			rows[i][j] = min(rows[i-1][j]+1, rows[i][j-1]+1, rows[i-1][j-1]+change)
			if i > 1 && j > 1 && s[i-1] == t[j-2] && s[i-2] == t[j-1] {
				rows[i][j] = min(rows[i][j], rows[i-2][j-2]+1)
			}
		}
	}
	return rows[len(s)][len(t)]
}
