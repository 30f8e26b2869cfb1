package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"os"
	"text/tabwriter"
	"time"

	"github.com/loginwatch/loginwatch"
	"github.com/loginwatch/loginwatch/internal/advice"
	"github.com/loginwatch/loginwatch/internal/app"
	"github.com/loginwatch/loginwatch/internal/config"
	"github.com/loginwatch/loginwatch/internal/place"
	"github.com/loginwatch/loginwatch/internal/store"
)

type credentialsCmd struct {
	List   credentialsListCmd   `cmd:"" default:"withargs" help:"Say how each credential stands."`
	Resume credentialsResumeCmd `cmd:"" help:"Let a suspended credential be tried by the next login, as after its account was unlocked, or a refused next secret once more."`
}

// storeFlags say which store is meant.
type storeFlags struct {
	Config string `help:"The configuration that names the store; ${default_config} when it exists." placeholder:"FILE" xor:"store"`
	Store  string `help:"The store itself: sqlite:FILE or postgres://HOST/DATABASE." placeholder:"URL" xor:"store"`
}

// open opens a store that is there already, to change something: of another one there is
// nothing to say.
func (f storeFlags) open(ctx context.Context) (*store.Ledger, error) {
	at, conf, err := f.named()
	if err != nil {
		return nil, err
	}
	l, err := store.Open(ctx, at, budgetOf(conf))
	if err != nil {
		return nil, ours(err)
	}
	return l, nil
}

// budgetOf is the budget of a configuration; without one that of whoever uses the store.
func budgetOf(conf *config.Config) store.Budget {
	if conf == nil {
		return store.Budget{}
	}
	return store.Budget(conf.Budget)
}

// named gives where a store is that is there already, and the configuration that names
// it; nil where it was named itself.
func (f storeFlags) named() (at store.Place, conf *config.Config, err error) {
	at = app.StoreNamed(f.Store)
	if f.Store == "" {
		file := f.Config
		if _, err := os.Stat(defaultConfig); file == "" && err != nil {
			return at, nil, usage("there is no %s: name one with --config FILE, or the store itself with --store URL", defaultConfig)
		}
		read, problems := app.ReadConfig(cmp.Or(file, defaultConfig))
		if len(problems) > 0 {
			return at, nil, app.ProblemsError(problems)
		}
		conf, at = read, app.StoreOf(read)
	} else if err := checkStore(f.Store); err != nil {
		return at, nil, err
	}
	if at.URL == place.Memory {
		return at, nil, usage("the store is %s: nobody sees it from outside its process", at.URL)
	}
	if path, isFile := place.File(at.URL); isFile {
		if _, err := os.Stat(path); err != nil {
			return at, nil, ours(fmt.Errorf("store %s: there is none yet, serve makes it", path))
		}
	}
	return at, conf, nil
}

type credentialsListCmd struct {
	storeFlags
}

// Run says how each credential stands.
func (c credentialsListCmd) Run(ctx context.Context, env environment) error {
	at, conf, err := c.named()
	if err != nil {
		return err
	}
	now := time.Now()
	states, err := store.ReadCredentials(ctx, at, budgetOf(conf), now)
	if err != nil {
		return ours(err)
	}
	if len(states) == 0 {
		_, err := fmt.Fprintln(env.stdout, "no credential was used yet")
		return err
	}
	table := tabwriter.NewWriter(env.stdout, 0, 0, 2, ' ', 0)
	// The name comes last: it may be as long as the references of all its secrets together.
	fmt.Fprintln(table, "STATE\tREFUSALS LEFT\tTRIED AGAIN\tCREDENTIAL")
	for _, s := range states {
		again := "-"
		switch {
		case !s.Until.IsZero():
			again = s.Until.UTC().Format(time.RFC3339) + ", in " + loginwatch.Span(s.Until.Sub(now).Round(time.Second))
		case s.Suspended:
			again = "by the next login"
		}
		fmt.Fprintf(table, "%s\t%d\t%s\t%s\n", standing(s), s.Remaining, again, s.Credential)
	}
	if err := table.Flush(); err != nil {
		return err
	}
	for _, s := range states {
		if says := advice.ForNext(s.Next); says.Says != "" {
			fmt.Fprintf(env.stdout, "%s: %s\n", s.Credential, nextSecret(s.Next, says))
		}
		for _, open := range s.LeftOpen {
			fmt.Fprintf(env.stdout, "%s: a session of %s may still be open%s\n", s.Credential, open.Since.UTC().Format(time.RFC3339), ofToken(open.Token))
		}
	}
	return nil
}

// nextSecret says what became of the secret that is to come.
func nextSecret(s loginwatch.NextState, says advice.Advice) string {
	text := says.Says
	if !s.Again.IsZero() {
		text += "; tried again after " + s.Again.UTC().Format(time.RFC3339)
	}
	if says.Next != "" {
		text += "; " + says.Next
	}
	return text
}

func ofToken(fingerprint string) string {
	if fingerprint == "" {
		return ", its token is not known"
	}
	return ", with the token of fingerprint " + fingerprint
}

func standing(s loginwatch.CredentialState) string {
	if s.Suspended {
		return "suspended: it " + advice.Refused(s.Refusal)
	}
	return "in use"
}

type credentialsResumeCmd struct {
	storeFlags
	Name string `arg:"" help:"The credential, as list names it."`
}

// Run lets a credential be tried by the next login.
func (c credentialsResumeCmd) Run(ctx context.Context, env environment) error {
	l, err := c.open(ctx)
	if err != nil {
		return err
	}
	before, known, err := l.Resume(ctx, c.Name, time.Now())
	if err := errors.Join(err, l.Close()); err != nil {
		return ours(err)
	}
	says := c.Name + ": the next login tries it, and after a refusal it rests again"
	switch {
	case !known:
		return usage("unknown credential %q: loginwatch credentials list names them", c.Name)
	case before.Suspended:
	case before.Next.Standing == loginwatch.NextRefused || before.Next.Standing == loginwatch.NextUndecided:
		says = c.Name + ": the next login tries the next secret once more"
	default:
		says = c.Name + ": it is not suspended, nothing was changed"
	}
	_, err = fmt.Fprintln(env.stdout, says)
	return err
}
