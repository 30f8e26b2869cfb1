package main

import (
	"context"
	"crypto/tls"
	"fmt"
	"io"
	"log/slog"
	"maps"
	"net"
	"net/http"
	"os"
	"slices"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/loginwatch/loginwatch"
	"github.com/loginwatch/loginwatch/internal/config"
	"github.com/loginwatch/loginwatch/internal/sim"
)

type simulateCmd struct {
	packFlag
	Vendor []string `arg:"" optional:"" help:"Vendors to simulate; all when none is named."`
	Listen string   `default:"127.0.0.1:9714" help:"Address to listen on." placeholder:"ADDR"`
	TLS    bool     `name:"tls" help:"Serve HTTPS with a certificate made at start."`
	CAOut  string   `name:"ca-out" help:"Write the certificate authority of --tls to this file, for verify --ca." type:"path" placeholder:"FILE"`
	Fault  []string `help:"Misbehave: FAULT or VENDOR=FAULT; may be given again. --fault help lists them." placeholder:"FAULT"`
	Set    []string `help:"Accept this instead of a demo credential; may be given again. Better: the environment variables that verify reads." placeholder:"VENDOR.SECRET=VALUE"`
}

// Run serves until it is told to stop.
func (s simulateCmd) Run(ctx context.Context, env environment) error {
	if slices.Contains(s.Fault, "help") {
		return printFaults(env.stdout)
	}
	catalog, problems := s.load()
	if len(problems) > 0 {
		return problemsError(problems)
	}
	contracts, err := choose(catalog, s.Vendor)
	if err != nil {
		return err
	}
	credentials, err := s.credentials(contracts, env)
	if err != nil {
		return err
	}
	simulator, err := sim.New(contracts, sim.Options{Credentials: credentials, Faults: s.Fault})
	if err != nil {
		return usage("%w", err)
	}
	listener, err := net.Listen("tcp", s.Listen)
	if err != nil {
		return ours(err)
	}
	scheme := "http"
	if s.TLS {
		scheme = "https"
		if listener, err = s.encrypt(listener); err != nil {
			return ours(err)
		}
	}
	base := scheme + "://" + listener.Addr().String()
	if err := announce(env.stdout, base, contracts, simulator, s.CAOut); err != nil {
		return ours(err)
	}
	return serveUntilDone(ctx, listener, simulator)
}

// credentials takes the environment's values, as verify would send them, and
// then the flag's.
func (s simulateCmd) credentials(contracts []*loginwatch.Contract, env environment) (map[string]map[string]string, error) {
	all := map[string]map[string]string{}
	for _, c := range contracts {
		all[c.Vendor] = map[string]string{}
		for _, secret := range c.Secrets {
			if v := env.getenv(config.EnvironmentName(c.Vendor, secret.Name)); v != "" {
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

func (s simulateCmd) encrypt(l net.Listener) (net.Listener, error) {
	host, _, err := net.SplitHostPort(l.Addr().String())
	if err != nil {
		return nil, err
	}
	cert, ca, err := sim.SelfSigned([]string{host, "localhost"}, time.Now())
	if err != nil {
		return nil, err
	}
	if s.CAOut != "" {
		if err := os.WriteFile(s.CAOut, ca, 0o644); err != nil { //nolint:gosec // a certificate is public
			return nil, err
		}
	}
	return tls.NewListener(l, &tls.Config{Certificates: []tls.Certificate{cert}, MinVersion: tls.VersionTLS12}), nil
}

// announce prints what a person needs to use the simulators at once.
func announce(w io.Writer, base string, contracts []*loginwatch.Contract, s *sim.Simulator, ca string) error {
	tw := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	for _, c := range contracts {
		fmt.Fprintf(tw, "%s\t%s/%s\n", c.Vendor, base, c.Vendor)
	}
	if err := tw.Flush(); err != nil {
		return err
	}
	c := contracts[0]
	fmt.Fprintf(w, "\nDemo credentials, as verify reads them:\n\n")
	for _, c := range contracts {
		credentials := s.Credentials(c.Vendor)
		for _, name := range slices.Sorted(maps.Keys(credentials)) {
			fmt.Fprintf(w, "  export %s=%s\n", config.EnvironmentName(c.Vendor, name), shellQuote(credentials[name]))
		}
	}
	if ca != "" {
		ca = " --ca " + shellQuote(ca)
	}
	_, err := fmt.Fprintf(w, "\nThen, for example:\n\n  loginwatch verify %s --base-url %s/%s%s\n\n", c.Vendor, base, c.Vendor, ca)
	return err
}

func shellQuote(s string) string {
	if s != "" && !strings.ContainsFunc(s, func(r rune) bool {
		return !strings.ContainsRune("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_./:@%+=,", r)
	}) {
		return s
	}
	return "'" + strings.ReplaceAll(s, "'", `'\''`) + "'"
}

func printFaults(w io.Writer) error {
	tw := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	for _, f := range sim.Faults() {
		fmt.Fprintf(tw, "%s\t%s\n", f.Name, f.Does)
	}
	return tw.Flush()
}

// serveUntilDone serves HTTP until the context ends, then lets requests finish.
func serveUntilDone(ctx context.Context, l net.Listener, h http.Handler) error {
	server := &http.Server{Handler: h, ReadHeaderTimeout: 10 * time.Second, ErrorLog: slog.NewLogLogger(slog.DiscardHandler, slog.LevelError)}
	failed := make(chan error, 1)
	go func() { failed <- server.Serve(l) }()
	select {
	case err := <-failed:
		return ours(err)
	case <-ctx.Done():
	}
	grace, cancel := context.WithTimeout(context.WithoutCancel(ctx), 5*time.Second)
	defer cancel()
	return server.Shutdown(grace)
}
