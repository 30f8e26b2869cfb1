package config

import (
	"fmt"
	"maps"
	"path/filepath"
	"slices"
	"strings"

	"github.com/loginwatch/loginwatch/internal/secret"
	"github.com/loginwatch/loginwatch/internal/strictyaml"
)

// secretSources reads what references need beside themselves, before anything that
// holds one.
func (r reader) secretSources(f sourcesFile) {
	r.duration("timeout", f.Timeout, &r.sources.Patience)
	r.commands(f)
	r.vault(f.Vault)
	if f.AgeKey == nil {
		return
	}
	ref, ok := r.reference(f.AgeKey.Span, `"age_key"`, f.AgeKey.Any)
	switch {
	case !ok:
	case ref.Kind == secret.SOPS:
		r.problem(f.AgeKey.Span, `"age_key" opens files of sops, so it can't stand in one`)
	case ref.Kind == secret.InVault && r.sources.Vault.OpensWith(secret.SOPS):
		r.problem(f.AgeKey.Span, `"age_key" stands in our Vault, which opens with what stands in a file of sops: neither can be read first`)
	default:
		r.sources.AgeKey = &ref
	}
}

func (r reader) commands(f sourcesFile) {
	r.sources.Commands = map[string]*secret.Command{}
	for _, c := range f.Commands {
		if !secret.CommandName.MatchString(c.Key) {
			r.problem(c.Span, "a command's name must be 1 to 63 of a to z, 0 to 9 and hyphens inside")
		}
		if !given(c.Value.Run.Span) {
			continue // decoding says so
		}
		var run, environment []string
		for _, t := range c.Value.Run.Value {
			if strings.ContainsRune(t.Value, 0) {
				r.problem(t.Span, "no argument of a command can hold a NUL")
			}
			run = append(run, t.Value)
		}
		for _, t := range c.Value.Environment {
			if given(t.Span) && !secret.VariableName.MatchString(t.Value) {
				r.problem(t.Span, `"environment" lists names of variables alone, without values`)
			}
			environment = append(environment, t.Value)
		}
		if len(run) == 0 {
			r.problem(c.Value.Run.Span, `"run" is empty: it begins with the path of a program`)
			continue
		}
		run[0] = r.program(c.Value.Run.Value[0])
		r.sources.Commands[c.Key] = secret.NewCommand(run, environment)
	}
}

// program reads the path of a program. A name alone would be looked for in whatever PATH
// the daemon was started with.
func (r reader) program(t strictyaml.Text) string {
	if given(t.Span) && t.Value != "" && !strings.Contains(t.Value, "/") {
		r.problem(t.Span, "the program must be a path with a /, since it is looked for nowhere")
		return ""
	}
	path := r.path(t)
	if path != "" && !strings.ContainsRune(path, filepath.Separator) {
		path = "." + string(filepath.Separator) + path // relative to the file, not to be looked for
	}
	return path
}

// checkSources refuses commands that can't be run.
func (a *assigner) checkSources() {
	if a.options.CheckProgram == nil {
		return
	}
	for _, c := range a.config.origins.Commands {
		command := a.config.sources.Commands[c.Key]
		if command == nil || command.Program() == "" {
			continue // Parse says so
		}
		if err := a.options.CheckProgram(command.Program()); err != nil {
			name, more, blank := strings.Cut(command.Program(), " ")
			if blank { // which may be arguments, and those a secret
				more = " …"
				err = fmt.Errorf("%w; what follows a blank belongs to its path, and arguments are items of their own", err)
			}
			a.problem(c.Value.Run.Value[0].Span, "the program %s%s can't be run: %v", name, more, err)
		}
	}
}

// unknownCommand says that a reference names none of the commands.
func (r reader) unknownCommand(at strictyaml.Span, name string, ref secret.Reference) {
	known := slices.Collect(maps.Keys(r.sources.Commands))
	r.problem(at, `%s names the command %q, which is none of "secret_sources"%s`, name, ref.From, strictyaml.Hint(ref.From, known))
}
