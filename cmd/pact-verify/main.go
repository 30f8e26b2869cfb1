//go:build pact

// Command pact-verify holds a target against a vendor's committed pact with
// Pact's own verifier. It is a tool of this repository, apart from the program:
// it needs cgo and the native library that `make pact-setup` fetches.
// Credentials come from the environment alone.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"syscall"
	"time"

	"github.com/loginwatch/loginwatch/internal/app"
	"github.com/loginwatch/loginwatch/internal/pact/native"
)

// Exit codes, as those of loginwatch verify; the rest comes from the report.
const (
	exitUsage = 2
	exitOurs  = 4
)

func main() {
	// First, since it moves standard output: what the verifier prints is not for
	// anybody's eyes.
	if err := native.Quiet(); err != nil {
		fmt.Fprintln(os.Stderr, "pact-verify:", err)
		os.Exit(exitOurs)
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	context.AfterFunc(ctx, stop) // a second signal ends the program at once
	os.Exit(run(ctx, os.Args[1:], os.Stdout, os.Stderr))
}

// options are what the command line says.
type options struct {
	vendor, url, ca, pack, store string
	insecureHTTP                 bool
	timeout                      time.Duration
	cases                        []string
}

func run(ctx context.Context, args []string, stdout, stderr io.Writer) int {
	var o options
	flags := flag.NewFlagSet("pact-verify", flag.ContinueOnError)
	flags.SetOutput(stderr)
	flags.StringVar(&o.vendor, "vendor", "", "the `VENDOR` whose pact is verified")
	flags.StringVar(&o.url, "url", "", "the target's base `URL`; secrets come from the environment as LOGINWATCH_<VENDOR>_<NAME>")
	flags.StringVar(&o.ca, "ca", "", "a certificate authority to trust as well: a PEM `FILE`")
	flags.StringVar(&o.pack, "pack", "", "a `DIR` with contracts/, schemas/ and probes/ of further vendors")
	flags.StringVar(&o.store, "store", "", "share the budgets, limits and one-time codes of those who use this store: a `URL`, sqlite:FILE or postgres://HOST/DATABASE")
	flags.BoolVar(&o.insecureHTTP, "insecure-http", false, "allow plain HTTP to a host that is not this one")
	flags.DurationVar(&o.timeout, "timeout", 10*time.Second, "bound of one request")
	flags.Func("case", "only the case with this `ID`; may be given again. Cases that risk a lock-out are sent only when named", func(id string) error {
		o.cases = append(o.cases, id)
		return nil
	})
	if flags.Parse(args) != nil {
		return exitUsage
	}
	if o.vendor == "" || o.url == "" || flags.NArg() > 0 || o.timeout <= 0 {
		fmt.Fprintln(stderr, "pact-verify: both --vendor and --url are needed, and nothing else without its name")
		return exitUsage
	}
	code, err := verify(ctx, o, stdout, stderr)
	var misuse app.UsageError
	switch {
	case err == nil:
		return code
	case errors.As(err, &misuse):
		code = exitUsage
	default:
		code = exitOurs
	}
	fmt.Fprintln(stderr, "pact-verify:", err)
	return code
}
