package config

// NeedsRestart names the keys, in the order of the file's description, whose
// values in newer differ from those in c and which a reload does not change.
func (c *Config) NeedsRestart(newer *Config) []string {
	var keys []string
	for _, k := range []struct {
		name string
		same bool
	}{
		{"listen", c.Listen == newer.Listen},
		{"web_config", c.WebConfig == newer.WebConfig},
		{"log", c.LogLevel == newer.LogLevel && c.LogFormat == newer.LogFormat},
		{"credential_budget", c.Budget == newer.Budget},
	} {
		if !k.same {
			keys = append(keys, k.name)
		}
	}
	return keys
}
