// Package openslo writes the objectives of probes as OpenSLO (apiVersion openslo/v1): a
// service for the vendor, and for each login and objective an indicator, which are the
// counters that the rules in dashboards/prometheus count by, and an objective of 30 days.
//
// It writes no alert policy: ours ask for a number of failures, of runs and of intervals,
// and OpenSLO has words for a burn rate alone.
package openslo
