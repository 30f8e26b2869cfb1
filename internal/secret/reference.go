package secret

import (
	"regexp"
	"strings"
)

// Kind is what a secret is read from. The list is closed.
type Kind string

// The kinds.
const (
	Env     Kind = "env"     // an environment variable
	File    Kind = "file"    // a file
	Systemd Kind = "systemd" // a credential that the service manager hands to its unit
	Exec    Kind = "exec"    // what a command of the operator's file prints
	InVault Kind = "vault"   // a key of what stands at a path of HashiCorp Vault or OpenBao
	SOPS    Kind = "sops"    // a key of a file that sops has encrypted for an age key
)

// Forms are the references that there are, for people.
const Forms = "env:NAME, file:PATH, systemd:NAME, exec:COMMAND, vault:PATH#KEY or sops:PATH#KEY"

// Reference is where one secret comes from. It is comparable.
type Reference struct {
	Kind Kind
	From string // the name of a variable, credential or command, or a path
	Key  string // of what stands there; of a command its last argument; "" for none
}

// String implements [fmt.Stringer]: the reference as the operator writes it.
func (r Reference) String() string {
	text := string(r.Kind) + ":" + r.From
	switch {
	case r.Key == "":
		return text
	case r.Kind == Exec:
		return text + " " + r.Key
	}
	return text + "#" + r.Key
}

// Costs tells whether reading the secret takes more than a look at a variable or a file:
// it is read for a run, and for nothing else.
func (r Reference) Costs() bool { return r.Kind == Exec || r.Kind == InVault || r.Kind == SOPS }

var (
	// VariableName is how an environment variable may be called.
	VariableName = regexp.MustCompile(`^[A-Za-z_][A-Za-z0-9_]*$`)
	// credentialName is narrower than systemd, which takes any name of a file: what is
	// left out would be a slip.
	credentialName = regexp.MustCompile(`^[A-Za-z0-9_@-][A-Za-z0-9_.@-]{0,254}$`)
	// CommandName is how the operator may call a command.
	CommandName = regexp.MustCompile(`^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$`)
	// An argument that begins with a hyphen is an option, and the options of a command
	// stand where the command is named.
	argument  = regexp.MustCompile(`^[^\s\p{C}-][^\p{C}]*$`)
	vaultPath = regexp.MustCompile(`^[^\s\p{C}?#%/]+(/[^\s\p{C}?#%/]+)+$`)
	dots      = regexp.MustCompile(`(^|/)\.{1,2}(/|$)`)
	key       = regexp.MustCompile(`^[^\p{C}]+$`)
)

// Parse reads a reference; ok is false for any other text, which may be a secret itself.
// A path is as it is written.
func Parse(text string) (r Reference, ok bool) {
	kind, from, _ := strings.Cut(text, ":")
	r = Reference{Kind: Kind(kind), From: from}
	switch r.Kind {
	case Env:
		return r, VariableName.MatchString(from)
	case File:
		return r, from != "" && !strings.ContainsRune(from, 0)
	case Systemd:
		return r, credentialName.MatchString(from)
	case Exec:
		r.From, r.Key, _ = strings.Cut(from, " ")
		return r, CommandName.MatchString(r.From) && (r.From == from || argument.MatchString(r.Key))
	case SOPS:
		at := strings.LastIndex(from, "#")
		if at < 0 {
			return r, false
		}
		r.From, r.Key = from[:at], from[at+1:]
		return r, r.From != "" && !strings.ContainsRune(r.From, 0) && key.MatchString(r.Key)
	case InVault:
		r.From, r.Key, _ = strings.Cut(from, "#")
		return r, vaultPath.MatchString(r.From) && !dots.MatchString(r.From) && key.MatchString(r.Key)
	}
	return r, false
}
