//go:build pact

package pact

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
)

// document is a pact file.
type document struct {
	whole        map[string]any
	interactions map[string]any // by description
	matching     map[string]map[string]map[string]ruleSet
}

// ruleSet are the rules for one place.
type ruleSet struct {
	Matchers []map[string]any `json:"matchers"`
}

func readDocument(data []byte) (*document, error) {
	d := &document{interactions: map[string]any{}, matching: map[string]map[string]map[string]ruleSet{}}
	if err := json.Unmarshal(data, &d.whole); err != nil {
		return nil, fmt.Errorf("not a pact: %w", err)
	}
	list, _ := d.whole["interactions"].([]any)
	var typed struct {
		Interactions []struct {
			Description string
			Response    struct {
				MatchingRules map[string]json.RawMessage
			}
		}
	}
	if err := json.Unmarshal(data, &typed); err != nil || len(typed.Interactions) != len(list) || len(list) == 0 {
		return nil, errors.New("not a pact: it has no interactions")
	}
	for i, interaction := range typed.Interactions {
		d.interactions[interaction.Description] = list[i]
		rules := map[string]map[string]ruleSet{}
		for part, raw := range interaction.Response.MatchingRules {
			var sets map[string]ruleSet
			if json.Unmarshal(raw, &sets) == nil { // the rules of a status have another form
				rules[part] = sets
			}
		}
		d.matching[interaction.Description] = rules
	}
	return d, nil
}

// single writes a pact of one interaction into dir and gives its path.
func (d *document) single(description, dir string) (string, error) {
	one := map[string]any{"interactions": []any{d.interactions[description]}}
	for key, value := range d.whole {
		if key != "interactions" {
			one[key] = value
		}
	}
	data, err := json.Marshal(one)
	if err != nil {
		return "", err
	}
	file := filepath.Join(dir, "pact.json")
	return file, os.WriteFile(file, data, 0o600)
}
