package store

import (
	"context"
	"fmt"
	"strings"
	"time"
)

// learnedLife is how long it is kept what answers look like that nobody gets any more.
const learnedLife = longest

// Learned keeps texts of what answers look like, each under a vendor and target, for all
// who share the store.
type Learned struct{ ledger *Ledger }

// Learned gives what the ledger's store keeps of answers.
func (l *Ledger) Learned() Learned { return Learned{l} }

// Text gives the text under a key; "" for none.
func (l Learned) Text(ctx context.Context, key string) (string, error) {
	texts, err := l.ledger.engine.texts(ctx, kindLearned, key)
	if err != nil {
		return "", fmt.Errorf("what answers look like: %w", err)
	}
	return texts[key], nil
}

// Texts gives all texts by their keys.
func (l Learned) Texts(ctx context.Context) (map[string]string, error) {
	texts, err := l.ledger.engine.texts(ctx, kindLearned, "")
	if err != nil {
		return nil, fmt.Errorf("what answers look like: %w", err)
	}
	return texts, nil
}

// Swap puts a text in the place of the one with that head, which is its first line, ""
// for none; swapped is false where another one stands there. No two texts have one head.
func (l Learned) Swap(ctx context.Context, key, head, text string) (swapped bool, err error) {
	err = l.ledger.engine.alter(ctx, kindLearned, key, time.Now().Add(learnedLife), func(is string) (string, error) {
		if swapped = headOf(is) == head; !swapped {
			return is, nil
		}
		return text, nil
	})
	if err != nil {
		return false, fmt.Errorf("what answers look like: %w", err)
	}
	return swapped, nil
}

func headOf(text string) string {
	head, _, _ := strings.Cut(text, "\n")
	return head
}
