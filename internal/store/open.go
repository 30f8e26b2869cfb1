package store

import (
	"context"
	"fmt"
	"strings"
)

// Open opens the store at an address: memory, which forgets with the process, or
// sqlite:FILE. Zero fields of budget mean the defaults.
func Open(ctx context.Context, url string, budget Budget) (*Ledger, error) {
	if url == "memory" {
		return NewMemory(budget), nil
	}
	if path, ok := strings.CutPrefix(url, "sqlite:"); ok {
		return OpenSQLite(ctx, path, budget)
	}
	return nil, fmt.Errorf("store %q: there are memory and sqlite:FILE", url)
}
