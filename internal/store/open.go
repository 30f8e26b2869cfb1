package store

import (
	"context"
	"fmt"
	"strings"

	"github.com/loginwatch/loginwatch"
)

// Place says where a store is and what it takes to open it there.
type Place struct {
	// URL is memory, which forgets with the process, sqlite:FILE, or postgres://… without
	// a password.
	URL string
	// Secrets gives the password of a PostgreSQL store, if it wants one, and its key.
	Secrets loginwatch.SecretSource
	// Instance is the name of the daemon, for people who look into the database.
	Instance string
}

// Open opens the store at a place. Zero fields of budget mean the defaults.
func Open(ctx context.Context, at Place, budget Budget) (*Ledger, error) {
	if at.URL == "memory" {
		return NewMemory(budget), nil
	}
	if path, ok := strings.CutPrefix(at.URL, "sqlite:"); ok {
		return OpenSQLite(ctx, path, budget)
	}
	if isPostgreSQL(at.URL) {
		return OpenPostgreSQL(ctx, at, budget)
	}
	return nil, fmt.Errorf("store %q: there are memory, sqlite:FILE and postgres://", at.URL)
}

func isPostgreSQL(url string) bool {
	return strings.HasPrefix(url, "postgres://") || strings.HasPrefix(url, "postgresql://")
}
