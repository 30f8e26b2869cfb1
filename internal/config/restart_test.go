package config

import (
	"slices"
	"testing"
	"time"

	"github.com/loginwatch/loginwatch/internal/secret"
)

func TestChangedNeedsARestart(t *testing.T) {
	const all = `
listen: 127.0.0.1:9713
web_config: web.yaml
log: {level: info, format: text}
credential_budget: {rejections: 3, per: 1h, cool_down: 15m, cool_down_max: 24h}
targets: {bolt: {vendor: bolt-login, documented: production}}
`
	before, problems := Parse("loginwatch.yaml", []byte(all))
	if len(problems) > 0 {
		t.Fatal(problems)
	}
	for name, test := range map[string]struct {
		change func(*Config)
		want   []string
	}{
		"nothing": {func(*Config) {}, nil},
		"listen":  {func(c *Config) { c.Listen = ":9713" }, []string{"listen"}},
		"web":     {func(c *Config) { c.WebConfig = "other.yaml" }, []string{"web_config"}},
		"level":   {func(c *Config) { c.LogLevel++ }, []string{"log"}},
		"format":  {func(c *Config) { c.LogFormat = "json" }, []string{"log"}},
		"budget":  {func(c *Config) { c.Budget.CoolDownMax = time.Hour }, []string{"credential_budget"}},
		"store":   {func(c *Config) { c.Store = "memory" }, []string{"store"}},
		"secrets": {func(c *Config) {
			c.StoreSecrets.(*references).of["password"] = secret.Reference{Kind: secret.Env, From: "OTHER"}
		}, []string{"store"}},
		"hosts":     {func(c *Config) { c.Hosts = []string{"watch.example.com"} }, []string{"hosts"}},
		"pprof":     {func(c *Config) { c.Pprof = true }, []string{"pprof"}},
		"instance":  {func(c *Config) { c.Instance = "b" }, []string{"instance"}},
		"keep":      {func(c *Config) { c.Keep.Runs++ }, []string{"store"}},
		"packs":     {func(c *Config) { c.Packs = []string{"mine"} }, nil},
		"all there": {func(c *Config) { *c = *Default(); c.Listen = "x"; c.LogFormat = "y"; c.Budget.Rejections = 9 }, []string{"listen", "web_config", "log", "credential_budget", "store"}},
	} {
		after, _ := Parse("loginwatch.yaml", []byte(all))
		test.change(after)
		if got := before.Fixed().Changed(after.Fixed()); !slices.Equal(got, test.want) {
			t.Errorf("%s: %v, want %v", name, got, test.want)
		}
	}
}
