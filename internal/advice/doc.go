// Package advice has the words for whoever is woken: for every reason of the
// closed list whose fault it is, what happened and what to do first. It decides
// nothing and prints nothing; pages and reports do.
package advice

//go:generate go test -count=1 -run TestPage . -update
