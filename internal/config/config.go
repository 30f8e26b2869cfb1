// Package config reads the operator's file, loginwatch.yaml: which targets
// there are, where their secrets come from, and which probes run against them.
//
// It finds every mistake in one reading, each with its place. It never keeps,
// reads ahead or prints a secret: the file holds references, and what stands
// where a reference should be is shown neither in a message nor in an excerpt.
package config

import (
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"path/filepath"
	"regexp"
	"strings"
	"time"

	"github.com/loginwatch/loginwatch"
	"github.com/loginwatch/loginwatch/internal/place"
	"github.com/loginwatch/loginwatch/internal/secret"
	"github.com/loginwatch/loginwatch/internal/strictyaml"
)

// Config is one reading of the operator's file. Paths in it are relative to the
// working directory, not to the file any more.
type Config struct {
	Listen    string   // HOST:PORT of our own pages and metrics
	WebConfig string   // exporter-toolkit's file for TLS and basic authentication; may be empty
	Hosts     []string // names of our pages, in lower case, that a proxy in front asks for
	Pprof     bool     // profiles are served as well
	Packs     []string
	Store     string // where what was sent is remembered: memory, sqlite:FILE or postgres://…
	// StoreNamed tells that the file says which store it is: of another one nobody knows
	// that it is there.
	StoreNamed bool
	// StoreSecrets are the password and the key of a store in PostgreSQL.
	StoreSecrets loginwatch.SecretSource
	Keep         Keep   // for how long
	Location     string // of this daemon's jobs; "" where there is only one
	Instance     string // the daemon's name beside others
	LogLevel     slog.Level
	LogFormat    string // "text" or "json"
	Summary      bool   // of each login only the metrics that rules and the overview need
	Budget       loginwatch.Budget
	Tracing      *Tracing // nil for none

	file    string
	doc     *strictyaml.Document       // for the excerpts of later problems; nil without a file
	paths   map[string]strictyaml.Span // of Packs and WebConfig
	pprof   strictyaml.Span
	sound   bool // Parse found no problem
	targets []*target
	tracing *tracingFile // nil for none
	probes  strictyaml.Map[probeFile]
	sources *secret.Sources
	origins sourcesFile // of sources

	maintenance []maintenanceFile
}

// Keep is how long the history keeps what.
type Keep struct {
	Runs     time.Duration // a run that was well
	Failures time.Duration // any other, and a line of each slot
}

// Default is the configuration without a file: no targets.
func Default() *Config {
	return &Config{
		Listen:    "127.0.0.1:9713",
		LogFormat: "text",
		Store:     place.Memory,
		Instance:  hostName(),
		Keep:      Keep{Runs: 30 * day, Failures: 180 * day},
		Budget:    loginwatch.DefaultBudget(),
	}
}

// Parse reads the file's text. file is its path: problems name it, and relative
// paths inside start at its folder. The config is nil when the text is no YAML;
// with other problems it is good for nothing but [Config.Assign], which finds
// the mistakes that only show beside the packs.
func Parse(file string, data []byte) (*Config, loginwatch.Problems) {
	doc, problems := strictyaml.Parse(file, data, strictyaml.Conceal(concealed), strictyaml.AtMost(MaxBytes))
	if doc == nil {
		return nil, problems
	}
	var f configFile
	doc.Decode(&f)
	c := Default()
	c.file, c.doc, c.probes = file, doc.Fresh(), f.Probes
	r := reader{doc: doc, file: file, sources: &secret.Sources{}}
	c.sources, c.origins, c.maintenance = r.sources, f.Sources, f.Maintenance
	r.secretSources(f.Sources)
	r.listen(c, f)
	r.pages(c, f)
	r.log(c, f.Log)
	r.metrics(c, f.Metrics)
	r.budget(&c.Budget, f.Budget)
	r.store(c, f.Store)
	r.fleet(c, f)
	r.files(c, f)
	c.Tracing, c.tracing = r.tracing(f.Tracing), f.Tracing
	for _, t := range f.Targets {
		c.targets = append(c.targets, r.target(t))
	}
	r.traceparents(c)
	for _, p := range f.Probes {
		r.probe(p.Value)
	}
	problems = doc.Problems()
	c.sound = len(problems) == 0
	return c, problems
}

// MaxBytes is the size of the largest file that is read: some ten thousand targets
// need a tenth of it.
const MaxBytes = 32 << 20

// Targets is how many targets the file has.
func (c *Config) Targets() int { return len(c.targets) }

// reader turns what stands in the file into values and reports what is wrong.
type reader struct {
	doc     *strictyaml.Document
	file    string
	sources *secret.Sources
}

func (r reader) problem(at strictyaml.Span, format string, args ...any) {
	r.doc.Problemf(at.Pos, at.Width, format, args...)
}

// below makes a path of the file relative to the working directory.
func (r reader) below(path string) string {
	if path == "" || filepath.IsAbs(path) {
		return path
	}
	return filepath.Join(filepath.Dir(r.file), path)
}

func (r reader) path(t strictyaml.Text) string {
	switch mistake := place.PathMistake(t.Value); {
	case given(t.Span) && t.Value == "":
		r.problem(t.Span, "the path is empty")
	case mistake != "":
		r.problem(t.Span, "%s", mistake)
		return "" // one mistake, one problem
	}
	return r.below(t.Value)
}

// files reads the paths that others open; an empty one is reported and left out.
func (r reader) files(c *Config, f configFile) {
	c.paths = map[string]strictyaml.Span{}
	for _, p := range f.Packs {
		if path := r.path(p); path != "" {
			c.Packs, c.paths[path] = append(c.Packs, path), p.Span
		}
	}
	if c.WebConfig = r.path(f.WebConfig); c.WebConfig != "" {
		c.paths[c.WebConfig] = f.WebConfig.Span
	}
}

// FileProblem says what is wrong with one of Packs, or with WebConfig, at its
// place in the operator's file, for whoever opens them. What the file does not
// name is a problem of its own place.
func (c *Config) FileProblem(path string, err error) loginwatch.Problem {
	if at := (*fs.PathError)(nil); errors.As(err, &at) {
		err = fmt.Errorf("can't be read: %w", at.Err) // it repeats the path
	}
	place, named := c.paths[path]
	if !named || c.doc == nil {
		return loginwatch.Problem{Pos: loginwatch.Pos{File: path}, Message: err.Error()}
	}
	return c.problemAt(place, fmt.Sprintf("%s: %v", path, err))
}

// Unread says of a file that its reading failed, with its path once and without the name of
// what the system was asked for.
func Unread(path string, err error) error {
	if errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("there is no file %s", path)
	}
	if failed := (*fs.PathError)(nil); errors.As(err, &failed) {
		err = failed.Err
	}
	return fmt.Errorf("the file %s can't be read: %w", path, err)
}

// PprofProblem says at its place in the file that profiles must not be served.
func (c *Config) PprofProblem(err error) loginwatch.Problem {
	return c.problemAt(c.pprof, `"pprof" `+err.Error())
}

func (c *Config) problemAt(place strictyaml.Span, message string) loginwatch.Problem {
	p := loginwatch.Problem{Pos: place.Pos, Width: place.Width, Message: message}
	if lines := c.doc.Lines(); place.Pos.Line <= len(lines) {
		p.Source = lines[place.Pos.Line-1]
	}
	return p
}

func (r reader) listen(c *Config, f configFile) {
	if !given(f.Listen.Span) {
		return
	}
	if err := CheckListen(f.Listen.Value); err != nil {
		r.problem(f.Listen.Span, `"listen" %v`, err)
		return
	}
	c.Listen = f.Listen.Value
}

// pages reads what else our own port shows, and to whom.
func (r reader) pages(c *Config, f configFile) {
	c.Pprof, c.pprof = f.Pprof.Value, f.Pprof.Span
	for _, h := range f.Hosts {
		switch mistake := hostMistake(h.Value); {
		case h.Value == "":
			r.problem(h.Span, `a name of "hosts" is empty`)
		case strings.Contains(h.Value, ":"):
			r.problem(h.Span, `a name of "hosts" has no port and is no URL`)
		case mistake != "":
			r.problem(h.Span, `a name of "hosts": %s`, mistake)
		default:
			c.Hosts = append(c.Hosts, strings.ToLower(strings.TrimSuffix(h.Value, ".")))
		}
	}
}

func (r reader) log(c *Config, f logFile) {
	if given(f.Level.Span) {
		level, known := map[string]slog.Level{
			"debug": slog.LevelDebug, "info": slog.LevelInfo, "warn": slog.LevelWarn, "error": slog.LevelError,
		}[f.Level.Value]
		if !known {
			r.problem(f.Level.Span, `"level" must be debug, info, warn or error`)
		}
		c.LogLevel = level
	}
	if given(f.Format.Span) {
		if f.Format.Value != "text" && f.Format.Value != "json" {
			r.problem(f.Format.Span, `"format" must be text or json`)
		}
		c.LogFormat = f.Format.Value
	}
}

func (r reader) metrics(c *Config, f metricsFile) {
	if given(f.Detail.Span) && f.Detail.Value != "full" && f.Detail.Value != "summary" {
		r.problem(f.Detail.Span, `"detail" must be full or summary`)
	}
	c.Summary = f.Detail.Value == "summary"
}

func (r reader) budget(b *loginwatch.Budget, f budgetFile) {
	if n := f.Rejections; given(n.Span) {
		if n.Value < 1 || n.Value > 1000 {
			r.problem(n.Span, `"rejections" must be from 1 to 1000`)
		}
		b.Rejections = n.Value
	}
	r.duration("per", f.Per, &b.Per)
	ok := r.duration("cool_down", f.CoolDown, &b.CoolDown)
	if r.duration("cool_down_max", f.CoolDownMax, &b.CoolDownMax) && ok && b.CoolDown > b.CoolDownMax {
		at := f.CoolDownMax.Span
		if !given(at) {
			at = f.CoolDown.Span
		}
		r.problem(at, `"cool_down_max" must not be shorter than "cool_down"`)
	}
}

// longest bounds every duration of the file: more is a slip of the pen.
const longest = 366 * 24 * time.Hour

// duration reads a duration where one is given; ok is false when it is wrong.
func (r reader) duration(name string, d duration, into *time.Duration) (ok bool) {
	switch {
	case !given(d.Span):
		return true
	case d.Value <= 0:
		r.problem(d.Span, "%q must be more than 0", name)
		return false
	case d.Value > longest:
		r.problem(d.Span, "%q is longer than a year", name)
		return false
	}
	*into = d.Value
	return true
}

// probe checks what can be checked without the packs.
func (r reader) probe(p probeFile) {
	var scratch loginwatch.Probe
	r.duration("timeout", p.Timeout, &scratch.Timeout)
	p.Objectives.apply(&scratch.Objectives, func(at strictyaml.Span, message string) { r.problem(at, "%s", message) })
}

// slug is how targets are named: the name becomes a metric label and a part of
// the credential's name.
var slug = regexp.MustCompile(`^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$`)
