// Package dashtest makes the Grafana dashboards from their short sources and holds
// them to their rules: every panel has a unit and says what it shows, every
// metric is exported with the labels that a query uses, every query answers.
// It has nothing but tests, and no part of the program reads a dashboard.
package dashtest

//go:generate go test . -run ^TestDashboardsAreCurrent$ -update
