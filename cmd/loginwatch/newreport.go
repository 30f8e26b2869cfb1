package main

import (
	"fmt"
	"io"
	"path/filepath"
	"strings"

	"github.com/loginwatch/loginwatch/internal/importer/draft"
)

// report says what was drafted, what stands in the place of what, and what to type next.
func (n newCmd) report(w io.Writer, d *draft.Draft) error {
	var b strings.Builder
	fmt.Fprintf(&b, "Drafted %s, %s:\n", n.Vendor, plural(len(d.Files), "file"))
	for _, f := range d.Files {
		fmt.Fprintf(&b, "  %s\n", filepath.Join(n.Into, f.Name))
	}
	fmt.Fprintf(&b, "\nThe login is made of %s:\n", plural(len(d.Calls), "call"))
	for _, c := range d.Calls {
		fmt.Fprintf(&b, "  %s\n", c)
	}
	if len(d.Replaced) > 0 {
		fmt.Fprintf(&b, "\nReplaced, so that nothing of it is in the pack:\n")
		for _, r := range d.Replaced {
			fmt.Fprintf(&b, "  %s: %s\n", r.At, r.With)
		}
	}
	n.remarks(&b, d)
	n.next(&b, d)
	_, err := io.WriteString(w, b.String())
	return err
}

func (n newCmd) remarks(b *strings.Builder, d *draft.Draft) {
	const most = 10
	if len(d.Left) > 0 {
		fmt.Fprintf(b, "\nLeft out, since the login does without them; with --call you choose all calls yourself:\n")
		for _, c := range d.Left[:min(most, len(d.Left))] {
			fmt.Fprintf(b, "  %s\n", c)
		}
		if more := len(d.Left) - most; more > 0 {
			fmt.Fprintf(b, "  and %d more\n", more)
		}
	}
	if len(d.Remarks) > 0 {
		fmt.Fprintf(b, "\nTo know:\n")
	}
	for _, r := range d.Remarks {
		at := r.At.String()
		if at != "" {
			at += ": "
		}
		fmt.Fprintf(b, "  %s%s\n", at, r.Text)
	}
}

// next gives the commands with which one goes on.
func (n newCmd) next(b *strings.Builder, d *draft.Draft) {
	into := shellQuote(filepath.ToSlash(n.Into))
	fmt.Fprintf(b, "\nNext: what the pack says, whether it holds against its own simulator, and what it sends:\n")
	fmt.Fprintf(b, "  loginwatch vet --pack %s\n", into)
	fmt.Fprintf(b, "  loginwatch verify %s --pack %s --simulate\n", n.Vendor, into)
	fmt.Fprintf(b, "  loginwatch show %s --pack %s\n", n.Vendor, into)
	fmt.Fprintf(b, "  loginwatch serve --pack %s --simulate\n", into)
	fmt.Fprintf(b, "\nThen the real one: put a target into a file, and its secrets into the environment.\n")
	file := "loginwatch-" + n.Vendor + ".yaml"
	where := "documented: production"
	if d.Target == "" {
		where = "base_url: https://YOUR-HOST"
	}
	fmt.Fprintf(b, "  cat > %s <<'END'\n", file)
	fmt.Fprintf(b, "packs: [%s]\ntargets:\n  %s:\n    vendor: %s\n    %s\n", yamlText(filepath.ToSlash(n.Into)), yamlText(n.Vendor), yamlText(n.Vendor), where)
	secrets := ""
	for _, s := range d.Secrets {
		if !s.Captured {
			secrets += fmt.Sprintf("      %s: env:%s\n", s.Name, variable(n.Vendor, s.Name))
		}
	}
	if secrets != "" {
		fmt.Fprintf(b, "    secrets:\n%s", secrets)
	}
	fmt.Fprintf(b, "END\n")
	for _, s := range d.Secrets {
		if !s.Captured {
			fmt.Fprintf(b, "  export %s='YOUR-%s'\n", variable(n.Vendor, s.Name), strings.ToUpper(strings.ReplaceAll(s.Name, "_", "-")))
		}
	}
	fmt.Fprintf(b, "  loginwatch vet --config %s\n", file)
	fmt.Fprintf(b, "  loginwatch verify %s --config %s\n", n.Vendor, file)
	fmt.Fprintf(b, "  loginwatch serve --config %s\n", file)
}
