package config

import (
	"log/slog"
	"strings"

	"github.com/loginwatch/loginwatch"
)

// Fixed are the values that a reload does not change.
type Fixed struct {
	Listen    string
	WebConfig string
	Hosts     string
	Pprof     bool
	LogLevel  slog.Level
	LogFormat string
	Budget    loginwatch.Budget
	Store     string
	Instance  string
	Keep      Keep
}

// Fixed gives the values of the file that count from the start to the end.
func (c *Config) Fixed() Fixed {
	return Fixed{c.Listen, c.WebConfig, strings.Join(c.Hosts, " "), c.Pprof, c.LogLevel, c.LogFormat, c.Budget, c.storeWithSecrets(), c.Instance, c.Keep}
}

// Names are those of Hosts.
func (f Fixed) Names() []string { return strings.Fields(f.Hosts) }

// Changed names the keys, in the order of the file's description, whose values
// are others in newer: they need a restart.
func (f Fixed) Changed(newer Fixed) []string {
	var keys []string
	for _, k := range []struct {
		name string
		same bool
	}{
		{"listen", f.Listen == newer.Listen},
		{"web_config", f.WebConfig == newer.WebConfig},
		{"hosts", f.Hosts == newer.Hosts},
		{"pprof", f.Pprof == newer.Pprof},
		{"log", f.LogLevel == newer.LogLevel && f.LogFormat == newer.LogFormat},
		{"credential_budget", f.Budget == newer.Budget},
		{"store", f.Store == newer.Store && f.Keep == newer.Keep},
		{"instance", f.Instance == newer.Instance},
	} {
		if !k.same {
			keys = append(keys, k.name)
		}
	}
	return keys
}
