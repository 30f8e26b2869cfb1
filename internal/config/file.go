package config

import (
	"slices"
	"strings"
	"time"

	"github.com/loginwatch/loginwatch"
	"github.com/loginwatch/loginwatch/internal/strictyaml"
	"github.com/loginwatch/loginwatch/internal/window"
)

// The structs below are the file as it is written.

type (
	duration = strictyaml.Placed[time.Duration]
	decimal  = strictyaml.Placed[float64]
	integer  = strictyaml.Placed[int]
)

type configFile struct {
	Listen      strictyaml.Scalar          `yaml:"listen"`
	WebConfig   strictyaml.Text            `yaml:"web_config"`
	Hosts       []strictyaml.Text          `yaml:"hosts"`
	Pprof       strictyaml.Placed[bool]    `yaml:"pprof"`
	Packs       []strictyaml.Text          `yaml:"packs"`
	Log         logFile                    `yaml:"log"`
	Metrics     metricsFile                `yaml:"metrics"`
	Budget      budgetFile                 `yaml:"credential_budget"`
	Store       *storeFile                 `yaml:"store"`
	Location    strictyaml.Text            `yaml:"location"`
	Instance    strictyaml.Text            `yaml:"instance"`
	Sources     sourcesFile                `yaml:"secret_sources"`
	Tracing     *tracingFile               `yaml:"tracing"`
	Maintenance []maintenanceFile          `yaml:"maintenance"`
	Targets     strictyaml.Map[targetFile] `yaml:"targets,required"`
	Probes      strictyaml.Map[probeFile]  `yaml:"probes"`
}

type storeFile struct {
	URL              strictyaml.Text   `yaml:"url"`
	Password         *strictyaml.Value `yaml:"password"`
	Key              *strictyaml.Value `yaml:"key"`
	KeepDays         integer           `yaml:"keep_days"`
	KeepFailuresDays integer           `yaml:"keep_failures_days"`
}

type sourcesFile struct {
	Timeout  duration                    `yaml:"timeout"`
	Commands strictyaml.Map[commandFile] `yaml:"commands"`
	Vault    vaultFile                   `yaml:"vault"`
	AgeKey   *strictyaml.Value           `yaml:"age_key"`
}

type commandFile struct {
	Run         strictyaml.Placed[[]strictyaml.Text] `yaml:"run,required"`
	Environment []strictyaml.Text                    `yaml:"environment"`
}

type vaultFile struct {
	Address   strictyaml.Text                      `yaml:"address"`
	Namespace strictyaml.Text                      `yaml:"namespace"`
	CAFile    strictyaml.Text                      `yaml:"ca_file"`
	Token     *strictyaml.ScalarOr[vaultLoginFile] `yaml:"token"`
}

type vaultLoginFile struct {
	Login   strictyaml.Text                  `yaml:"login,required"`
	Secrets strictyaml.Map[strictyaml.Value] `yaml:"secrets"`
	Values  strictyaml.Map[strictyaml.Text]  `yaml:"values"`
}

type maintenanceFile struct {
	window.File `yaml:",inline"`
	Vendors     []strictyaml.Text `yaml:"vendors"`
	Targets     []strictyaml.Text `yaml:"targets"`
}

type logFile struct {
	Level  strictyaml.Text `yaml:"level"`
	Format strictyaml.Text `yaml:"format"`
}

type metricsFile struct {
	Detail strictyaml.Text `yaml:"detail"`
}

type budgetFile struct {
	Rejections  integer  `yaml:"rejections"`
	Per         duration `yaml:"per"`
	CoolDown    duration `yaml:"cool_down"`
	CoolDownMax duration `yaml:"cool_down_max"`
}

type targetFile struct {
	Vendor       strictyaml.Text                  `yaml:"vendor,required"`
	BaseURL      *strictyaml.Text                 `yaml:"base_url"`
	Documented   *strictyaml.Text                 `yaml:"documented"`
	InsecureHTTP bool                             `yaml:"insecure_http"`
	Paths        strictyaml.Map[strictyaml.Text]  `yaml:"paths"`
	Variables    strictyaml.Map[strictyaml.Text]  `yaml:"variables"`
	Secrets      strictyaml.Map[strictyaml.Value] `yaml:"secrets"`
	NextSecrets  strictyaml.Map[strictyaml.Value] `yaml:"next_secrets"`
	Quota        *quotaFile                       `yaml:"quota"`
	Credential   strictyaml.Text                  `yaml:"credential"`
	CAFile       strictyaml.Text                  `yaml:"ca_file"`
	Certificate  *certificateFile                 `yaml:"client_certificate"`
	Proxy        strictyaml.Text                  `yaml:"proxy"`
	IPVersion    integer                          `yaml:"ip_version"`
	Control      *bool                            `yaml:"control"`
	Traceparent  strictyaml.Placed[bool]          `yaml:"traceparent"`
}

type quotaFile struct {
	Logins integer         `yaml:"logins,required"`
	Per    strictyaml.Text `yaml:"per,required"`
	Zone   strictyaml.Text `yaml:"zone"`
}

type certificateFile struct {
	CertFile strictyaml.Text `yaml:"cert_file,required"`
	KeyFile  strictyaml.Text `yaml:"key_file,required"`
}

type probeFile struct {
	Enabled    *bool              `yaml:"enabled"`
	Targets    *[]strictyaml.Text `yaml:"targets"`
	Schedule   strictyaml.Text    `yaml:"schedule"`
	Timeout    duration           `yaml:"timeout"`
	Objectives objectivesFile     `yaml:"objectives"`
}

func (p probeFile) enabled(byDefault bool) bool {
	if p.Enabled == nil {
		return byDefault
	}
	return *p.Enabled
}

type objectivesFile struct {
	Availability decimal      `yaml:"availability"`
	Correctness  decimal      `yaml:"correctness"`
	Latency      *latencyFile `yaml:"latency"`
}

type latencyFile struct {
	Quantile decimal `yaml:"quantile,required"`
	Seconds  decimal `yaml:"seconds,required"`
}

// apply puts the objectives that are given over those of the probe.
func (f objectivesFile) apply(o *loginwatch.Objectives, problem func(at strictyaml.Span, message string)) {
	share := func(name string, v decimal, into *float64) {
		switch {
		case !given(v.Span):
		case v.Value <= 0 || v.Value >= 1:
			problem(v.Span, `"`+name+`" must be a number between 0 and 1`)
		default:
			*into = v.Value
		}
	}
	share("availability", f.Availability, &o.Availability)
	share("correctness", f.Correctness, &o.Correctness)
	if f.Latency == nil {
		return
	}
	share("quantile", f.Latency.Quantile, &o.LatencyQuantile)
	switch seconds := f.Latency.Seconds; {
	case !given(seconds.Span):
	case seconds.Value <= 0 || seconds.Value > longest.Seconds():
		problem(seconds.Span, `"seconds" must be a number above 0`)
	default:
		o.Latency = time.Duration(seconds.Value * float64(time.Second))
	}
}

// given tells whether a key stands in the file with a value of the right type.
func given(at strictyaml.Span) bool { return at.Pos.Line > 0 }

// shown are the values that an excerpt may show: keys from the top, "*" for any.
// All others are blanked, because a secret in plain text may stand under any key that
// an operator made up, and in a URL.
var shown = [][]string{
	{"listen"}, {"web_config"}, {"hosts"}, {"pprof"}, {"packs"},
	{"location"}, {"instance"}, {"store", "keep_days"}, {"store", "keep_failures_days"},
	{"secret_sources", "timeout"}, {"secret_sources", "vault", "ca_file"}, {"log", "level"}, {"log", "format"}, {"metrics", "detail"},
	{"maintenance", "reason"}, {"maintenance", "since"}, {"maintenance", "until"}, {"maintenance", "days"}, {"maintenance", "from"}, {"maintenance", "to"},
	{"tracing", "protocol"}, {"tracing", "sample_ratio"}, {"tracing", "ca_file"},
	{"tracing", "client_certificate", "cert_file"}, {"tracing", "client_certificate", "key_file"},
	{"maintenance", "zone"}, {"maintenance", "schedule"}, {"maintenance", "duration"}, {"maintenance", "calendar"}, {"maintenance", "vendors"}, {"maintenance", "targets"},
	{"credential_budget", "rejections"}, {"credential_budget", "per"},
	{"credential_budget", "cool_down"}, {"credential_budget", "cool_down_max"},
	{"targets", "*", "vendor"}, {"targets", "*", "documented"}, {"targets", "*", "insecure_http"},
	{"targets", "*", "quota", "logins"}, {"targets", "*", "quota", "per"}, {"targets", "*", "quota", "zone"},
	{"targets", "*", "ca_file"}, {"targets", "*", "ip_version"}, {"targets", "*", "traceparent"},
	{"targets", "*", "client_certificate", "cert_file"}, {"targets", "*", "client_certificate", "key_file"},
	{"probes", "*", "enabled"}, {"probes", "*", "targets"}, {"probes", "*", "schedule"}, {"probes", "*", "timeout"},
	{"probes", "*", "objectives", "availability"}, {"probes", "*", "objectives", "correctness"},
	{"probes", "*", "objectives", "latency", "quantile"}, {"probes", "*", "objectives", "latency", "seconds"},
}

func concealed(path []string) bool {
	return !slices.ContainsFunc(shown, func(pattern []string) bool {
		return slices.EqualFunc(pattern, path, func(want, key string) bool { return want == "*" || want == key })
	})
}

// hasControl tells whether a text holds something that no URL or path may.
func hasControl(s string) bool {
	return strings.ContainsFunc(s, func(r rune) bool { return r <= ' ' || r == 0x7f })
}
