// Command loginwatch keeps one cited contract per login API and checks it
// everywhere: in CI, against a simulator, and on a schedule. This package only
// wires the rooms under internal/ together.
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"runtime"
	"slices"
	"strings"
	"syscall"
	_ "time/tzdata" // CRON_TZ must work where no zone data is installed

	"github.com/alecthomas/kong"

	"github.com/loginwatch/loginwatch/internal/app"
	"github.com/loginwatch/loginwatch/internal/store"
)

// Exit codes, as README's table has them. Those of a verification come from the report.
const (
	exitOK      = 0
	exitFinding = 1 // what a consumer written to the document has to know
	exitUsage   = 2
	exitVendor  = 3 // a promise was not kept, unless nobody can tell of another one
	exitOurs    = 4
)

func main() {
	runtime.MemProfileRate = 0 // what it keeps of each place that takes memory are megabytes, for profiles that few serve
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	context.AfterFunc(ctx, stop) // a second signal ends the program at once
	os.Exit(run(ctx, os.Args[1:], environment{stdin: os.Stdin, stdout: os.Stdout, stderr: os.Stderr}))
}

// environment is where a verb reads and prints.
type environment struct {
	stdin  io.Reader // nil for none
	stdout io.Writer
	stderr io.Writer
}

type cli struct {
	Serve       serveCmd       `cmd:"" help:"Watch the logins of the configuration: probe on schedule, export metrics, show a status page."`
	Verify      verifyCmd      `cmd:"" help:"Run every safe case once, now, and say whether the answers are as documented; for CI."`
	Simulate    simulateCmd    `cmd:"" help:"Serve the vendors' APIs on loopback, from their contracts alone."`
	Show        showCmd        `cmd:"" help:"Print the request of each case as a line for curl, made of demo values."`
	Export      exportCmd      `cmd:"" help:"Write a contract for people and for the tools of others."`
	History     historyCmd     `cmd:"" help:"Say what came of each slot, and all that is known of one run."`
	SLA         slaCmd         `cmd:"" name:"sla" help:"Hold a month of a vendor's logins against the clause of its contract."`
	Drift       driftCmd       `cmd:"" help:"Say how the vendors' answers have changed, and what is to be done about it."`
	Credentials credentialsCmd `cmd:"" help:"Say how the credentials in a store stand, or let a suspended one be tried again."`
	Store       storeCmd       `cmd:"" help:"Check, copy or export the store, which remembers what was sent and what came of it."`
	Documents   documentsCmd   `cmd:"" help:"Say which statements of the contracts rest on documents that have changed since."`
	New         newCmd         `cmd:"" help:"Draft a pack for another vendor from a line for curl, a HAR, an OpenAPI document, a collection or answers to questions: secrets are replaced, and what is not known is listed."`
	Vet         vetCmd         `cmd:"" help:"Check contracts, schemas, probes and the configuration: every problem at once, with its place."`
	Version     versionCmd     `cmd:"" help:"Print the version."`
	Completion  completionCmd  `cmd:"" help:"Print what bash, zsh or fish reads to complete the command line."`
	Complete    completeCmd    `cmd:"" hidden:"" help:"Print what may stand where the cursor is."`
	Man         manCmd         `cmd:"" hidden:"" help:"Write the manual pages."`
}

// exitError ends the program with a code; its message, if any, goes to stderr.
type exitError struct {
	code int
	err  error
}

func (e *exitError) Error() string { return e.err.Error() }
func (e *exitError) Unwrap() error { return e.err }

func usage(format string, args ...any) error {
	return &exitError{exitUsage, fmt.Errorf(format, args...)}
}

func ours(err error) error { return &exitError{exitOurs, err} }

// words are those that the tags of verbs name.
func words() kong.Vars {
	return kong.Vars{"default_config": defaultConfig, "exported": strings.Join(store.ExportedParts, ",")}
}

// verbOf names the verb whose arguments are wrong, or the program where none is known.
func verbOf(err error) string {
	var wrong *kong.ParseError
	if errors.As(err, &wrong) && wrong.Context != nil {
		if verb := wrong.Context.Selected(); verb != nil {
			return verb.FullPath()
		}
	}
	return "loginwatch"
}

// run is the whole program but for the process around it.
func run(ctx context.Context, args []string, env environment) int {
	var c cli
	exited := -1
	parser, err := kong.New(&c,
		kong.Name("loginwatch"),
		kong.Description("One cited contract per login API, checked everywhere."),
		kong.Writers(env.stdout, env.stderr),
		kong.Exit(func(code int) { exited = code }),
		words(),
		kong.ConfigureHelp(kong.HelpOptions{Compact: true}),
	)
	if err != nil {
		fmt.Fprintln(env.stderr, "loginwatch:", err)
		return exitOurs
	}
	switch {
	case len(args) == 0:
		args = []string{"--help"}
	case slices.Equal(args, []string{"--version"}):
		args = []string{"version"}
	case args[0] == "help":
		args = append(slices.Clone(args[1:]), "--help")
	}
	if wrong := misplaced(args); wrong != "" {
		fmt.Fprintln(env.stderr, "loginwatch:", wrong)
		return exitUsage
	}
	parsed, err := parser.Parse(joined(args))
	if exited >= 0 { // --help has printed what it had to
		return exited
	}
	if err != nil {
		fmt.Fprintf(env.stderr, "loginwatch: %s\nTry \"%s --help\".\n", unrepeated(args, err), verbOf(err))
		return exitUsage
	}
	parsed.BindTo(ctx, (*context.Context)(nil))
	err = parsed.Run(env)
	var exit *exitError
	var misuse app.UsageError
	switch {
	case err == nil:
		return exitOK
	case errors.As(err, &misuse):
		fmt.Fprintln(env.stderr, "loginwatch:", err)
		return exitUsage
	case errors.As(err, &exit):
		if exit.err != nil {
			fmt.Fprintln(env.stderr, "loginwatch:", exit.err)
		}
		return exit.code
	}
	fmt.Fprintln(env.stderr, "loginwatch:", err)
	return exitOurs
}
