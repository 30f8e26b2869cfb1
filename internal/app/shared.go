package app

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"sync"
	"time"

	"github.com/loginwatch/loginwatch"
	"github.com/loginwatch/loginwatch/internal/config"
	"github.com/loginwatch/loginwatch/internal/place"
	"github.com/loginwatch/loginwatch/internal/store"
)

// StoreNamed is a store that was named outside a configuration, as by --store: its
// secrets come from the environment.
func StoreNamed(url string) store.Place {
	return store.Place{URL: url, Secrets: config.StoreFromEnvironment(), Instance: config.Default().Instance}
}

// StoreOf is the store of a configuration.
func StoreOf(conf *config.Config) store.Place {
	return store.Place{URL: conf.Store, Secrets: conf.StoreSecrets, Instance: conf.Instance}
}

// StoreToJoin is the store that a verification shares with others: the one that is named,
// or that its configuration names, or that serve has made beside one that names none. Its
// address is empty where it is to share none: nobody asked for a file that nobody uses.
func StoreToJoin(named string, conf *config.Config) store.Place {
	switch {
	case named == place.Memory:
		return store.Place{}
	case named != "":
		return StoreNamed(named)
	case conf == nil || conf.Store == place.Memory:
		return store.Place{}
	}
	path, isFile := place.File(conf.Store)
	if _, err := os.Stat(path); isFile && !conf.StoreNamed && errors.Is(err, fs.ErrNotExist) {
		return store.Place{}
	}
	return StoreOf(conf)
}

// JoinStore opens the store that a verification shares with others, under the budget of
// the configuration or, without one, of those others. An empty address joins nothing. It
// warns a person who joins one that was not there: a mistaken path shares nothing with anybody.
func JoinStore(ctx context.Context, w io.Writer, at store.Place, conf *config.Config) (joined *store.Ledger, leave func() error, err error) {
	if at.URL == "" {
		return nil, func() error { return nil }, nil
	}
	var budget store.Budget // by default that of the others
	if conf != nil {
		budget = store.Budget(conf.Budget)
	}
	path, isFile := place.File(at.URL)
	_, absent := os.Stat(path)
	joined, err = store.Open(ctx, at, budget)
	if err != nil {
		return nil, nil, err
	}
	if isFile && errors.Is(absent, fs.ErrNotExist) {
		_, _ = fmt.Fprintf(w, "loginwatch: warning: there was no store %s yet, so this begins one: if a daemon has one, name that\n", at.URL) // a reader that went away
	}
	return joined, joined.Close, nil
}

// shared is the ledger of a verification beside others who log in: what it may send,
// both its own and theirs have to grant.
type shared struct {
	own, others loginwatch.Ledger

	mu      sync.Mutex
	tickets map[int64]loginwatch.Ticket // of others, by those of its own
}

// Admit implements [loginwatch.Ledger].
func (s *shared) Admit(ctx context.Context, c loginwatch.Claim) (loginwatch.Ticket, error) {
	alone := c
	alone.Next, alone.TriesNext = loginwatch.Credential{}, false // what has taken over only they know
	mine, err := s.own.Admit(ctx, alone)
	if err != nil || !mine.Granted {
		return mine, err
	}
	theirs, err := s.others.Admit(ctx, c)
	if err != nil || !theirs.Granted {
		_, unsettled := s.own.Settle(ctx, mine, loginwatch.Settlement{At: c.At, Unsent: true})
		return theirs, errors.Join(err, unsettled)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.tickets == nil {
		s.tickets = map[int64]loginwatch.Ticket{}
	}
	s.tickets[mine.ID] = theirs
	mine.Next, mine.Credential = theirs.Next, theirs.Credential
	return mine, nil
}

// Settle implements [loginwatch.Ledger].
func (s *shared) Settle(ctx context.Context, granted loginwatch.Ticket, result loginwatch.Settlement) (loginwatch.CredentialState, error) {
	s.mu.Lock()
	theirs, ok := s.tickets[granted.ID]
	delete(s.tickets, granted.ID)
	s.mu.Unlock()
	state, err := s.own.Settle(ctx, granted, result)
	if ok {
		_, failed := s.others.Settle(ctx, theirs, result)
		err = errors.Join(err, failed)
	}
	return state, err
}

// Opened implements [loginwatch.Ledger].
func (s *shared) Opened(ctx context.Context, granted loginwatch.Ticket, token string) error {
	s.mu.Lock()
	theirs, ok := s.tickets[granted.ID]
	s.mu.Unlock()
	if !ok {
		return nil
	}
	return s.others.Opened(ctx, theirs, token)
}

// Lost implements [loginwatch.Ledger]. What others have lost is theirs to tell.
func (s *shared) Lost(context.Context, time.Time, func(loginwatch.Key) bool) ([]loginwatch.Slot, error) {
	return nil, nil
}

// Credentials implements [loginwatch.Ledger].
func (s *shared) Credentials(ctx context.Context, now time.Time) ([]loginwatch.CredentialState, error) {
	return s.own.Credentials(ctx, now)
}
