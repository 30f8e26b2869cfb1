package store

import (
	"context"
	"fmt"

	"github.com/loginwatch/loginwatch"
	"github.com/loginwatch/loginwatch/internal/place"
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
	if err := place.Check(at.URL); err != nil {
		return nil, fmt.Errorf("the address of the store %w", err)
	}
	if path, isFile := place.File(at.URL); isFile {
		return OpenSQLite(ctx, path, budget)
	}
	if place.IsShared(at.URL) {
		return OpenPostgreSQL(ctx, at, budget)
	}
	return NewMemory(budget), nil
}
