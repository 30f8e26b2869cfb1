package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"os"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/loginwatch/loginwatch"
	"github.com/loginwatch/loginwatch/internal/advice"
	"github.com/loginwatch/loginwatch/internal/app"
	"github.com/loginwatch/loginwatch/internal/config"
	"github.com/loginwatch/loginwatch/internal/store"
)

type credentialsCmd struct {
	List   credentialsListCmd   `cmd:"" default:"withargs" help:"Say how each credential stands."`
	Resume credentialsResumeCmd `cmd:"" help:"Let a suspended credential be tried by the next login, as after its account was unlocked."`
}

// storeFlags say which store is meant.
type storeFlags struct {
	Config string `help:"The configuration that names the store; ${default_config} when it exists." placeholder:"FILE" xor:"store"`
	Store  string `help:"The store itself: sqlite:FILE." placeholder:"URL" xor:"store"`
}

// open opens a store that is there already: of another one there is nothing to say.
func (f storeFlags) open(ctx context.Context) (*store.Ledger, error) {
	path, conf, err := f.file()
	if err != nil {
		return nil, err
	}
	l, err := store.OpenSQLite(ctx, path, store.Budget(conf.Budget))
	if err != nil {
		return nil, ours(err)
	}
	return l, nil
}

// file gives the file of a store that is there already, and its configuration.
func (f storeFlags) file() (path string, conf *config.Config, err error) {
	at, conf := f.Store, config.Default()
	if at == "" {
		file := f.Config
		if _, err := os.Stat(defaultConfig); file == "" && err != nil {
			return "", nil, usage("there is no %s: name one with --config FILE, or the store itself with --store sqlite:FILE", defaultConfig)
		}
		files, problems := app.Files{Config: cmp.Or(file, defaultConfig)}.Read()
		if len(problems) > 0 {
			return "", nil, app.ProblemsError(problems)
		}
		conf, at = files.Config, files.Config.Store
	} else if err := checkStore(at); err != nil {
		return "", nil, err
	}
	path, isFile := strings.CutPrefix(at, "sqlite:")
	if !isFile {
		return "", nil, usage("the store is %s: nobody sees it from outside its process", at)
	}
	if _, err := os.Stat(path); err != nil {
		return "", nil, ours(fmt.Errorf("store %s: there is none yet, serve makes it", path))
	}
	return path, conf, nil
}

type credentialsListCmd struct {
	storeFlags
}

// Run says how each credential stands.
func (c credentialsListCmd) Run(ctx context.Context, env environment) error {
	l, err := c.open(ctx)
	if err != nil {
		return err
	}
	now := time.Now()
	states, err := l.Credentials(ctx, now)
	if err := errors.Join(err, l.Close()); err != nil {
		return ours(err)
	}
	if len(states) == 0 {
		_, err := fmt.Fprintln(env.stdout, "no credential was used yet")
		return err
	}
	table := tabwriter.NewWriter(env.stdout, 0, 0, 2, ' ', 0)
	fmt.Fprintln(table, "CREDENTIAL\tSTATE\tREFUSALS LEFT\tTRIED AGAIN")
	for _, s := range states {
		again := "-"
		switch {
		case !s.Until.IsZero():
			again = s.Until.UTC().Format(time.RFC3339) + ", in " + s.Until.Sub(now).Round(time.Second).String()
		case s.Suspended:
			again = "by the next login"
		}
		fmt.Fprintf(table, "%s\t%s\t%d\t%s\n", s.Credential, standing(s), s.Remaining, again)
	}
	return table.Flush()
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
	says := c.Name + ": the next login tries it, and a refusal lets it rest anew"
	switch {
	case !known:
		return usage("unknown credential %q: loginwatch credentials list names them", c.Name)
	case !before.Suspended:
		says = c.Name + ": it is not suspended, nothing was changed"
	}
	_, err = fmt.Fprintln(env.stdout, says)
	return err
}
