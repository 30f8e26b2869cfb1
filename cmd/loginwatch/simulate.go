package main

import (
	"context"
	"crypto/tls"
	"fmt"
	"io"
	"log/slog"
	"net"
	"os"
	"slices"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/loginwatch/loginwatch"
	"github.com/loginwatch/loginwatch/internal/app"
	"github.com/loginwatch/loginwatch/internal/config"
	"github.com/loginwatch/loginwatch/internal/sim"
)

type simulateCmd struct {
	packFlag
	Vendor  []string `arg:"" optional:"" help:"Vendors to simulate; all when none is named."`
	Listen  string   `default:"127.0.0.1:9714" help:"Address to listen on." placeholder:"ADDR"`
	TLS     bool     `name:"tls" help:"Serve HTTPS with a certificate made at start."`
	CAOut   string   `name:"ca-out" help:"Write the certificate authority of --tls to this file, for verify --ca." placeholder:"FILE"`
	Fault   []string `help:"Misbehave: FAULT or VENDOR=FAULT; may be given again. --fault help lists them." placeholder:"FAULT" sep:"none"`
	Verbose bool     `short:"v" help:"Say on standard error how each request is taken (operation, condition, outcome) and why, in words; never what was sent."`
	Set     []string `help:"Accept this instead of a demo credential; may be given again. Better: the environment variables that verify reads." placeholder:"VENDOR.SECRET=VALUE" sep:"none"`
}

// Run serves until it is told to stop.
func (s simulateCmd) Run(ctx context.Context, env environment) error {
	if slices.Contains(s.Fault, "help") {
		return printFaults(env.stdout, slices.Concat(sim.Faults(), sim.TLSFaults()))
	}
	if err := checkListen(s.Listen); err != nil {
		return err
	}
	broken, faults, err := s.tlsFault()
	if err != nil {
		return err
	}
	files, problems := s.files("").Read()
	if len(problems) > 0 {
		return app.ProblemsError(problems)
	}
	contracts, err := app.Choose(files.Catalog, s.Vendor...)
	if err != nil {
		return err
	}
	credentials, err := s.credentials(contracts)
	if err != nil {
		return err
	}
	simulator, err := sim.New(contracts, sim.Options{Credentials: credentials, Faults: faults, Logger: s.logger(env.stderr)})
	if err != nil {
		return usage("%w", err)
	}
	listener, err := listen(ctx, s.Listen)
	if err != nil {
		return err
	}
	if !app.OnLoopback(listener.Addr()) {
		fmt.Fprintf(env.stderr, "loginwatch: warning: with --listen %s the simulators can be reached from other machines\n", s.Listen)
	}
	scheme := "http"
	if s.TLS {
		scheme = "https"
		if listener, err = s.encrypt(listener, broken); err != nil {
			return ours(err)
		}
	}
	base := app.Openable(scheme, listener.Addr())
	if err := announce(env.stdout, base, contracts, credentials, s.verifyFlags()); err != nil {
		return ours(err)
	}
	return app.ServeUntilDone(ctx, listener, simulator)
}

// logger tells what the simulator could not answer and, when asked, all else.
func (s simulateCmd) logger(w io.Writer) *slog.Logger {
	level := slog.LevelInfo
	if s.Verbose {
		level = slog.LevelDebug
	}
	return slog.New(slog.NewTextHandler(w, &slog.HandlerOptions{Level: level}))
}

// credentials takes the environment's values, as verify would send them, and
// then the flag's.
func (s simulateCmd) credentials(contracts []*loginwatch.Contract) (map[string]map[string]string, error) {
	all := map[string]map[string]string{}
	for _, c := range contracts {
		all[c.Vendor] = map[string]string{}
		for _, secret := range c.Secrets {
			if v, found, err := config.FromEnvironment(c.Vendor).Secret(secret.Name); err == nil && found {
				all[c.Vendor][secret.Name] = v
			}
		}
	}
	for _, set := range s.Set {
		name, value, ok := strings.Cut(set, "=")
		vendor, secret, dotted := strings.Cut(name, ".")
		if !ok || !dotted || all[vendor] == nil {
			return nil, usage("--set takes VENDOR.SECRET=VALUE with a simulated vendor")
		}
		all[vendor][secret] = value
	}
	return all, nil
}

// tlsFault parts a fault of TLS, of which a port has one at most, from those of answers.
func (s simulateCmd) tlsFault() (broken sim.FaultName, others []string, err error) {
	for _, f := range s.Fault {
		switch {
		case !sim.IsTLSFault(f):
			others = append(others, f)
		case !s.TLS:
			return "", nil, usage("--fault %s goes with --tls", f)
		case strings.Contains(f, "="):
			return "", nil, usage("--fault %s: TLS comes before anybody knows which vendor is meant: leave the vendor out", f)
		case broken != "":
			return "", nil, usage("--fault %s and --fault %s: a port has one fault of TLS at most", broken, f)
		default:
			broken = sim.FaultName(f)
		}
	}
	return broken, others, nil
}

func (s simulateCmd) encrypt(l net.Listener, broken sim.FaultName) (net.Listener, error) {
	host, _, err := net.SplitHostPort(l.Addr().String())
	if err != nil {
		return nil, err
	}
	config, ca, err := sim.FaultyTLS(broken, time.Now(), host, "localhost")
	if err != nil {
		return nil, err
	}
	if s.CAOut != "" {
		if err := os.WriteFile(s.CAOut, ca, 0o644); err != nil { //nolint:gosec // a certificate is public
			return nil, err
		}
	}
	return tls.NewListener(l, config), nil
}

// announce prints what a person needs to use the simulators at once. Values
// that somebody set are not repeated: they may be real.
func announce(w io.Writer, base string, contracts []*loginwatch.Contract, set map[string]map[string]string, flags string) error {
	var b strings.Builder
	tw := tabwriter.NewWriter(&b, 0, 0, 2, ' ', 0)
	for _, c := range contracts {
		fmt.Fprintf(tw, "%s\t%s/%s\n", c.Vendor, base, c.Vendor)
	}
	_ = tw.Flush() // a strings.Builder takes everything
	b.WriteString("\nDemo credentials, as verify reads them:\n\n")
	for _, c := range contracts {
		for _, secret := range c.Secrets {
			if _, mine := set[c.Vendor][secret.Name]; mine {
				fmt.Fprintf(&b, "  # %s is as you set it\n", variable(c.Vendor, secret.Name))
			} else if secret.Demo != "" {
				fmt.Fprintf(&b, "  export %s=%s\n", variable(c.Vendor, secret.Name), shellQuote(secret.Demo))
			}
		}
	}
	first := contracts[0].Vendor
	fmt.Fprintf(&b, "\nThen, for example:\n\n  loginwatch verify %s --base-url %s/%s%s\n\n", first, base, first, flags)
	_, err := io.WriteString(w, b.String())
	return err
}

// verifyFlags are what verify needs as well to find the simulated vendors.
func (s simulateCmd) verifyFlags() string {
	var b strings.Builder
	for _, dir := range s.Pack {
		b.WriteString(" --pack " + shellQuote(dir))
	}
	if s.TLS && s.CAOut != "" {
		b.WriteString(" --ca " + shellQuote(s.CAOut))
	}
	return b.String()
}

// variable is the environment variable that verify reads a secret from.
func variable(vendor, secret string) string {
	return strings.TrimPrefix(config.FromEnvironment(vendor).Origin(secret), "env:")
}

func shellQuote(s string) string {
	if s != "" && !strings.ContainsFunc(s, func(r rune) bool {
		return !strings.ContainsRune("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_./:@%+=,", r)
	}) {
		return s
	}
	return "'" + strings.ReplaceAll(s, "'", `'\''`) + "'"
}

func printFaults(w io.Writer, faults []sim.FaultInfo) error {
	tw := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	for _, f := range faults {
		fmt.Fprintf(tw, "%s\t%s\n", f.Name, f.Does)
	}
	return tw.Flush()
}
