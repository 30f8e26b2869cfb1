package main

import (
	"embed"
	"fmt"
	"slices"
	"strings"

	"github.com/alecthomas/kong"

	"github.com/loginwatch/loginwatch"
)

//go:embed shells
var shells embed.FS

type completionCmd struct {
	Shell string `arg:"" enum:"bash,zsh,fish" help:"The shell: bash, zsh or fish."`
}

// Run prints what a shell reads to complete our command line. It asks [completeCmd], so that
// what is installed once stays right.
func (c completionCmd) Run(env environment) error {
	script, err := shells.ReadFile("shells/" + c.Shell)
	if err != nil {
		return ours(err)
	}
	_, err = env.stdout.Write(script)
	return err
}

type completeCmd struct {
	Words []string `arg:"" optional:"" passthrough:"" help:"What is written so far, the word under the cursor last."`
}

// Run prints what may stand where the cursor is: in each line a word and, behind a
// tab, what it means. ":files" and ":folders" leave the rest to the shell.
func (c completeCmd) Run(parsed *kong.Context, env environment) error {
	words := c.Words
	if len(words) > 0 && words[0] == "--" {
		words = words[1:]
	}
	for _, line := range completions(parsed.Model.Node, words) {
		if _, err := fmt.Fprintln(env.stdout, line); err != nil {
			return err
		}
	}
	return nil
}

// completions walks the words as the parser does.
func completions(node *kong.Node, words []string) []string {
	// bash takes --format=json apart into three words.
	words = slices.DeleteFunc(slices.Clone(words), func(w string) bool { return w == "=" })
	current := ""
	if len(words) > 0 {
		current = words[len(words)-1]
		words = words[:len(words)-1]
	}
	var waiting *kong.Flag // for its value, which is the next word
	given := 0
	for _, word := range words {
		name, _, attached := strings.Cut(word, "=")
		switch child := childOf(node, word); {
		case waiting != nil:
			waiting = nil
		case strings.HasPrefix(word, "-"):
			if f := flagOf(node, name); f != nil && !attached && !f.IsBool() {
				waiting = f
			}
		case child != nil:
			node = child
		default:
			given++
		}
	}
	name, value, attached := strings.Cut(current, "=")
	switch {
	case waiting != nil:
		return valuesOf(waiting.Value, waiting.PlaceHolder, "", current)
	case attached && strings.HasPrefix(current, "--"):
		if f := flagOf(node, name); f != nil {
			return valuesOf(f.Value, f.PlaceHolder, name+"=", value)
		}
		return nil
	case strings.HasPrefix(current, "-"):
		return flagsAt(node, current)
	}
	return wordsAt(node, given, current)
}

func childOf(node *kong.Node, name string) *kong.Node {
	for _, child := range node.Children {
		if child.Name == name {
			return child
		}
	}
	return nil
}

// flagsOf gives the flags that may stand after a verb, those of its default verb included.
func flagsOf(node *kong.Node) (flags []*kong.Flag) {
	for _, group := range node.AllFlags(true) {
		flags = append(flags, group...)
	}
	if node.DefaultCmd != nil {
		flags = append(flags, node.DefaultCmd.Flags...)
	}
	return flags
}

func flagOf(node *kong.Node, name string) *kong.Flag {
	for _, f := range flagsOf(node) {
		if name == "--"+f.Name || f.Short != 0 && name == "-"+string(f.Short) {
			return f
		}
	}
	return nil
}

func flagsAt(node *kong.Node, current string) (lines []string) {
	for _, f := range flagsOf(node) {
		if name := "--" + f.Name; strings.HasPrefix(name, current) {
			lines = append(lines, name+"\t"+firstSentence(f.Help))
		}
	}
	return lines
}

// wordsAt gives the verbs and the arguments that may come next.
func wordsAt(node *kong.Node, given int, current string) (lines []string) {
	if given == 0 {
		for _, child := range node.Children {
			if !child.Hidden && strings.HasPrefix(child.Name, current) {
				lines = append(lines, child.Name+"\t"+firstSentence(child.Help))
			}
		}
	}
	for i, p := range node.Positional {
		if given == i || given > i && p.IsCumulative() {
			lines = append(lines, valuesOf(p, "", "", current)...)
		}
	}
	return lines
}

// valuesOf gives the values of a flag or an argument that are known, each behind a prefix.
func valuesOf(v *kong.Value, placeholder, prefix, current string) (lines []string) {
	known := v.EnumSlice()
	switch {
	case placeholder == "FILE", v.Name == "file":
		return []string{":files"}
	case placeholder == "DIR":
		return []string{":folders"}
	case v.Name == "vendor":
		entries, _ := loginwatch.Embedded.ReadDir("contracts") // it is embedded: there is no error
		for _, e := range entries {
			known = append(known, e.Name())
		}
	}
	for _, k := range known {
		if k != "" && strings.HasPrefix(k, current) {
			lines = append(lines, prefix+k)
		}
	}
	return lines
}

// firstSentence keeps an explanation within a line of the shell.
func firstSentence(help string) string {
	for _, end := range []string{". ", "; ", ": "} {
		help, _, _ = strings.Cut(help, end)
	}
	return strings.TrimSuffix(help, ".")
}
