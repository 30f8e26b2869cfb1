package metrics

import (
	"math"

	dto "github.com/prometheus/client_model/go"

	"github.com/loginwatch/loginwatch"
)

// family is one metric name and where its samples come from.
type family struct {
	name, help string
	kind       dto.MetricType
	samples    func(*moment, *sink)
}

// families gives those of jobs, credentials and vendors.
func families(l *lists) []family {
	all := []family{
		ofJobs("runs_total", "Executed runs by verdict. Skipped slots are in loginwatch_slots_skipped_total alone, so that the sum is what was executed.",
			dto.MetricType_COUNTER, func(s *series, to *sink) {
				for i, n := range s.runs {
					if !to.summary || loginwatch.Verdicts[i] != loginwatch.Skipped { // which stays 0
						to.value(float64(n), s.labels, l.verdicts[i]...)
					}
				}
			}),
		ofJobs("run_duration_seconds", "Time from the name look-up of the login that a run is for to the last byte of its answer, and of all that was sent where the run did not come to it; of runs that sent something and are not broken.",
			dto.MetricType_HISTOGRAM, func(s *series, to *sink) { to.histogram(&s.duration, s.job.Probe.Objectives.Latency, s.labels) }),
		ofJobs("phase_duration_seconds", "Time of each phase of what loginwatch_run_duration_seconds measures.",
			dto.MetricType_SUMMARY, func(s *series, to *sink) {
				for i, p := range s.phases {
					if p.n > 0 && !to.summary {
						to.sum(p, s.labels, l.phases[i]...)
					}
				}
			}),
		ofJobs("consecutive_failures", "How many of the latest runs in a row ended with this verdict; there only while it is so. Broken runs and skipped slots change nothing: they tell nothing of the vendor.",
			dto.MetricType_GAUGE, func(s *series, to *sink) {
				for i, n := range s.streaks {
					if n > 0 {
						to.value(float64(n), s.labels, l.failing[i]...)
					}
				}
			}),
		tallied("findings_total", "Differences between answers and the contract.", func(s *series) []tally { return s.findings }),
		tallied("failures_total", "Runs with another verdict than ok, by reason.", func(s *series) []tally { return s.failures }),
		tallied("slots_skipped_total", "Due times that were not run.", func(s *series) []tally { return s.skipped }),
		ofJobs("slots_planned_total", "Due times: the sum of executed runs and skipped slots.",
			dto.MetricType_COUNTER, func(s *series, to *sink) { to.value(float64(s.planned), s.labels) }),
	}
	all = append(all, gaugeFamilies()...)
	all = append(all, configured(l)...)
	all = append(all, credentialFamilies(l)...)
	return append(all, family{
		name: "loginwatch_drift_changes", kind: dto.MetricType_GAUGE,
		help: "Changes of what the vendor's answers look like that go on and that nobody has acknowledged or accepted.",
		samples: func(now *moment, to *sink) {
			for _, v := range now.vendors {
				for i, class := range loginwatch.Classes {
					to.value(float64(v.open[class]), v.labels, l.classes[i]...)
				}
			}
		},
	})
}

// ofJobs is a family that has samples of each job.
func ofJobs(name, help string, kind dto.MetricType, samples func(*series, *sink)) family {
	return family{"loginwatch_" + name, help, kind, func(now *moment, to *sink) {
		for _, s := range now.jobs {
			s.mu.Lock()
			samples(s, to)
			s.mu.Unlock()
			to.breathe()
		}
	}}
}

// tallied is a counter by what was seen so far.
func tallied(name, help string, of func(*series) []tally) family {
	return ofJobs(name, help, dto.MetricType_COUNTER, func(s *series, to *sink) {
		for _, t := range of(s) {
			to.value(float64(t.n), s.labels, *t.labels...)
		}
	})
}

func gaugeFamilies() []family {
	var all []family
	for g, of := range map[gauge]struct{ name, help string }{
		up:                {"up", "1 when the last run was ok or drift, 0 otherwise."},
		lastRun:           {"last_run_timestamp_seconds", "When the last run ended."},
		lastSuccess:       {"last_success_timestamp_seconds", "When the last run with verdict ok ended."},
		lifetime:          {"token_lifetime_seconds", "How long the last token was valid when it came."},
		documented:        {"token_documented_lifetime_seconds", "How long tokens are valid according to the vendor's document."},
		skew:              {"clock_skew_seconds", "The vendor's clock minus ours, from the Date header of the last answer that had one."},
		certificate:       {"tls_certificate_not_after_timestamp_seconds", "When the certificate that the vendor last presented ends."},
		clientCertificate: {"client_certificate_not_after_timestamp_seconds", "When our own client certificate ends."},
		quota:             {"quota_logins", "Logins that the quota of the login's address allows in its day or month."},
		quotaUsed:         {"quota_used_logins", "Logins of that quota that were used when a run of the probe was last asked for, by whoever shares it."},
		quotaEnds:         {"quota_ends_timestamp_seconds", "When the day or month of that quota ends; then what was used is over."},
	} {
		all = append(all, ofJobs(of.name, of.help, dto.MetricType_GAUGE, func(s *series, to *sink) {
			if v := s.gauges[g]; !math.IsNaN(v) {
				to.value(v, s.labels)
			}
		}))
	}
	return all
}

// configured are the families that say what the configuration says.
func configured(l *lists) []family {
	gauge := func(name, help string, samples func(*series, *sink)) family {
		return ofJobs(name, help, dto.MetricType_GAUGE, samples)
	}
	return []family{
		gauge("probe_interval_seconds", "Smallest time between two slots of the probe's schedule.", func(s *series, to *sink) {
			to.value(s.job.Interval.Seconds(), s.labels)
		}),
		gauge("slo_objective_ratio", "The probe's objectives: availability, correctness, and for latency the share of runs within the threshold.", func(s *series, to *sink) {
			o := s.job.Probe.Objectives
			for i, v := range []float64{o.Availability, o.Correctness, o.LatencyQuantile} {
				if v > 0 {
					to.value(v, s.labels, l.slos[i]...)
				}
			}
		}),
		gauge("slo_latency_threshold_seconds", "The duration that the latency objective is about.", func(s *series, to *sink) {
			if v := s.job.Probe.Objectives.Latency; v > 0 {
				to.value(v.Seconds(), s.labels)
			}
		}),
		gauge("contract_info", "1, with the contract that the probe checks and the first document that it cites in labels.", func(s *series, to *sink) {
			to.value(1, s.labels, s.contract...)
		}),
		{
			name: "loginwatch_maintenance_end_timestamp_seconds", kind: dto.MetricType_GAUGE,
			help: "When maintenance is over; there only while it is on, so that no login is tried. +Inf without an end within a year.",
			samples: func(now *moment, to *sink) {
				maintenance := loginwatch.NewMaintenanceAt(now.at)
				for _, s := range now.jobs {
					s.mu.Lock()
					job, labels := s.job, s.labels
					s.mu.Unlock()
					if _, until, in := maintenance.Of(job); in && until.IsZero() {
						to.value(math.Inf(1), labels)
					} else if in {
						to.value(seconds(until), labels)
					}
					to.breathe()
				}
			},
		},
		{
			name: "loginwatch_next_run_timestamp_seconds", kind: dto.MetricType_GAUGE,
			help: "When the next slot is planned. A time that has passed means that the daemon does not plan any more.",
			samples: func(now *moment, to *sink) {
				for _, s := range now.jobs {
					if at, ok := now.next[s]; ok {
						to.value(at, s.labels)
					}
					to.breathe()
				}
			},
		},
	}
}

func credentialFamilies(l *lists) []family {
	gauge := func(name, help string, value func(loginwatch.CredentialState) (v float64, there bool)) family {
		return family{"loginwatch_credential_" + name, help, dto.MetricType_GAUGE, func(now *moment, to *sink) {
			for _, c := range now.credentials {
				if v, there := value(c.state); there {
					to.value(v, c.labels)
				}
				to.breathe()
			}
		}}
	}
	return []family{
		gauge("budget_remaining", "Refusals left before the credential cools down.",
			func(s loginwatch.CredentialState) (float64, bool) { return float64(s.Remaining), true }),
		gauge("suspended", "1 from the refusal that used up the budget until a login with the credential is accepted or its secrets have another value.",
			func(s loginwatch.CredentialState) (float64, bool) { return is(s.Suspended), true }),
		gauge("sessions_left_open", "Sessions of the last 30 days, at most 20, that logins with the credential opened and that were not closed as far as anybody knows.",
			func(s loginwatch.CredentialState) (float64, bool) { return float64(len(s.LeftOpen)), true }),
		gauge("suspended_until_timestamp_seconds", "When a suspended credential may be tried again; there only while it cools down.",
			func(s loginwatch.CredentialState) (float64, bool) { return seconds(s.Until), !s.Until.IsZero() }),
		{
			name: "loginwatch_credential_next_secret", kind: dto.MetricType_GAUGE,
			help: "1 for how the credential's next secret stands; there only while one is to come, or has taken over and was not moved.",
			samples: func(now *moment, to *sink) {
				for _, c := range now.credentials {
					for i, standing := range loginwatch.NextStandings {
						if c.state.Next.Standing != "" { // each of them, so that none seems to stay when another one has come
							to.value(is(c.state.Next.Standing == standing), c.labels, l.standings[i]...)
						}
					}
					to.breathe()
				}
			},
		},
	}
}

func is(so bool) float64 {
	if so {
		return 1
	}
	return 0
}
