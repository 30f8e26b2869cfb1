// Package dashtest holds the Grafana dashboards to their rules: every panel has a
// unit and says what it shows, every metric is exported with the labels that a
// query uses, every query answers. It has nothing but tests, and no part of the
// program reads a dashboard.
package dashtest
