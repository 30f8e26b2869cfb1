package store

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/loginwatch/loginwatch"
	"github.com/loginwatch/loginwatch/internal/persist"
)

// ReadCredentials says how the credentials in a store stand, by name. Nothing of the store
// is changed, so that it can be asked where nothing can be written. A zero budget means
// that of those who use it.
func ReadCredentials(ctx context.Context, at Place, budget Budget, now time.Time) (states []loginwatch.CredentialState, err error) {
	v, err := look(ctx, at)
	if err != nil {
		return nil, err
	}
	states, err = v.credentials(ctx, budget, now)
	if err = cmp.Or(err, v.sound(ctx, "record")); err != nil {
		err = fmt.Errorf("store %s: %w", v.where, err)
	}
	return states, errors.Join(err, v.close())
}

// credentials says how those in use stand.
func (v *view) credentials(ctx context.Context, budget Budget, now time.Time) ([]loginwatch.CredentialState, error) {
	if kept := v.meta["budget"]; budget == (Budget{}) && kept != "" {
		if err := json.Unmarshal([]byte(kept), &budget); err != nil {
			return nil, fmt.Errorf("the budget: %w", err)
		}
	}
	known := map[string]*credential{}
	err := v.each(ctx, func(scan func(...any) error) error {
		var name, text string
		if err := scan(&name, &text); err != nil {
			return err
		}
		known[name] = &credential{}
		if err := persist.Decode([]byte(text), known[name]); err != nil {
			return fmt.Errorf("the record of the credential %s: %w", name, err)
		}
		return nil
	}, inUse)
	return standing(known, budget.withDefaults(), now), err
}

// inUse asks for the credentials that names stand for now.
const inUse = `SELECT name.key, credential.value FROM record AS name
	JOIN record AS credential ON credential.kind = 'credential' AND credential.key = name.value WHERE name.kind = 'name' AND credential.value <> ''`
