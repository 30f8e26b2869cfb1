// Package alerttest holds together what an engineer on call relies on: rules,
// alerts and their tests, routing, runbooks, links and the page on metrics. It
// has nothing but tests.
//
// What needs Go alone runs with every other test. What starts Prometheus,
// Alertmanager and their tools has the build tag "oncall": `make
// alerts-end-to-end` runs the incidents, `make alerts-test` everything else, on
// Prometheus 3 and what counts runs on Debian's 2 as well.
package alerttest
