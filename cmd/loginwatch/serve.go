package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"os"
	"os/signal"
	"runtime"
	"runtime/debug"
	"slices"
	"syscall"
	"time"

	"github.com/loginwatch/loginwatch"
	"github.com/loginwatch/loginwatch/internal/app"
	"github.com/loginwatch/loginwatch/internal/config"
	"github.com/loginwatch/loginwatch/internal/sim"
)

// defaultConfig is read when it exists and nothing else is asked for.
const defaultConfig = "loginwatch.yaml"

type serveCmd struct {
	packFlag
	Config   string        `help:"The configuration; ${default_config} when it exists." placeholder:"FILE" xor:"what"`
	Simulate bool          `help:"Start simulators of every vendor and watch those: needs no file at all." xor:"what"`
	Every    time.Duration `help:"How often --simulate probes each login; at least 1s. Default: 5s." placeholder:"DURATION"`
	Fault    []string      `help:"Let the simulators of --simulate misbehave, as in the verb simulate; may be given again." placeholder:"FAULT" sep:"none"`
	Store    string        `help:"Where what was sent is remembered, instead of the configuration's store: memory, sqlite:FILE or postgres://HOST/DATABASE." placeholder:"URL"`
	Listen   string        `help:"Address of the status page and the metrics, instead of the configuration's." placeholder:"ADDR"`
	Pprof    bool          `help:"Serve /debug/pprof/ as well; refused where others than this machine could read it without a password or certificate."`
}

// Run watches until it is told to stop, then lets the running probes finish.
func (s serveCmd) Run(ctx context.Context, env environment) error {
	// Before anything else: a supervisor may send its first SIGHUP at once, and
	// neither that nor a reader of our log that went away may end the watch.
	hangup := make(chan os.Signal, 1)
	signal.Notify(hangup, syscall.SIGHUP)
	defer signal.Stop(hangup)
	brokenPipe := make(chan os.Signal, 1)
	signal.Notify(brokenPipe, syscall.SIGPIPE)
	defer signal.Stop(brokenPipe)
	if slices.Contains(s.Fault, "help") {
		return printFaults(env.stdout, sim.Faults())
	}
	if err := s.check(); err != nil {
		return err
	}
	files, problems := s.read().Read()
	if len(problems) > 0 {
		return app.ProblemsError(problems)
	}
	conf := files.Config
	if conf == nil {
		conf = config.Default()
	}
	address := conf.Listen
	if s.Listen != "" {
		address = s.Listen
	}
	// The port first: a login must not be under way when there is none.
	listener, err := listen(ctx, address)
	if err != nil {
		return err
	}
	if conf.Pprof || s.Pprof {
		// Where localhost leads is known by now.
		if err := app.CheckPprof(listener.Addr().String(), conf.WebConfig); err != nil {
			return errors.Join(usage("pprof %w", err), listener.Close())
		}
		runtime.MemProfileRate = profiled
	}
	d, err := app.NewDaemon(ctx, conf, s.options(conf, env))
	if err != nil {
		return errors.Join(ours(err), listener.Close())
	}
	defer d.Close()
	server, err := app.NewWebServer(d.Handler(), conf.WebConfig, app.DefaultPortLimits(), d.Logger())
	if err != nil {
		return errors.Join(ours(fmt.Errorf("%s: %w", conf.WebConfig, err)), listener.Close())
	}
	if err := d.Start(ctx, files); err != nil {
		return errors.Join(err, listener.Close())
	}
	s.announce(d, app.Openable(server.Scheme(), listener.Addr()), env.stdout)
	spare()
	return s.until(ctx, d, listener, server, hangup)
}

// profiled is of how many bytes one is looked at for profiles of memory: Go's own default.
const profiled = 512 << 10

// spare gives back what reading a large configuration took, and has the process keep
// less garbage than Go does of itself: what it holds for a year counts more than the time of
// a collector that has little to look through. GOGC decides where it is set.
func spare() {
	if os.Getenv("GOGC") == "" {
		debug.SetGCPercent(25)
	}
	debug.FreeOSMemory()
}

// read is where the daemon reads from, now and at each reload.
func (s serveCmd) read() app.Files {
	f := s.files(s.Config)
	f.Listen, f.Pprof = s.Listen, s.Pprof
	return f
}

func (s serveCmd) options(conf *config.Config, env environment) app.DaemonOptions {
	o := app.DaemonOptions{
		Files: s.read(), Store: s.Store, Logger: newLogger(env.stderr, conf, s.Simulate),
	}
	o.Supervisor = app.NewSupervisor(o.Logger)
	o.Version, o.Revision = buildVersion()
	if s.Simulate {
		o.Simulation = &app.Simulation{Every: s.Every, Faults: s.Fault, Out: env.stdout}
	}
	return o
}

func (s *serveCmd) check() error {
	if (len(s.Fault) > 0 || s.Every != 0) && !s.Simulate {
		return usage("--fault and --every go with --simulate")
	}
	if s.Listen != "" {
		if err := checkListen(s.Listen); err != nil {
			return err
		}
	}
	if s.Store != "" {
		if err := checkStore(s.Store); err != nil {
			return err
		}
	}
	if s.Every == 0 {
		s.Every = 5 * time.Second
	}
	if s.Every < time.Second {
		return usage("--every must be at least 1s")
	}
	if s.Simulate || s.Config != "" {
		return nil
	}
	if _, err := os.Stat(defaultConfig); err != nil {
		return usage("there is no %s: name one with --config FILE, or try --simulate", defaultConfig)
	}
	s.Config = defaultConfig
	return nil
}

// until serves HTTP and obeys signals until the context ends, and then ends in
// the right order: no new slot, the running probes finish, the port closes.
func (s serveCmd) until(ctx context.Context, d *app.Daemon, l net.Listener, server *app.WebServer, hangup <-chan os.Signal) error {
	failed := make(chan error, 1)
	go func() { failed <- server.Run(l) }()
	d.Serving()
	for {
		select {
		case <-hangup:
			_, _ = d.Reload(ctx) // it tells the log, and nobody else waits
		case err := <-failed:
			d.Stop()
			return ours(fmt.Errorf("status page: %w", err))
		case <-ctx.Done():
			d.Logger().Info("ending: the running probes finish first")
			d.Stop()
			grace, cancel := context.WithTimeout(context.WithoutCancel(ctx), 5*time.Second)
			defer cancel()
			if err := server.Shutdown(grace); err != nil && !errors.Is(err, context.DeadlineExceeded) {
				return ours(err)
			}
			return nil
		}
	}
}

// newLogger logs in the configuration's format. In front of simulators a person
// watches, who wants to see what changes and not every run.
func newLogger(w io.Writer, conf *config.Config, simulate bool) *slog.Logger {
	opts := &slog.HandlerOptions{Level: conf.LogLevel}
	if simulate {
		opts.Level = slog.LevelError
	}
	if conf.LogFormat == "json" {
		return slog.New(slog.NewJSONHandler(w, opts))
	}
	return slog.New(slog.NewTextHandler(w, opts))
}

// announce tells a person where to look.
func (s serveCmd) announce(d *app.Daemon, base string, out io.Writer) {
	if !s.Simulate {
		d.Logger().Info("watching", "jobs", d.Jobs(), "address", base)
		return
	}
	fmt.Fprintf(out, "Watching %d simulated logins, each every %s.\n\n  status page  %s/\n  metrics      %s/metrics\n\nCtrl-C ends it. Every change of a verdict is shown here:\n\n",
		d.Jobs(), loginwatch.Span(s.Every), base, base)
}
