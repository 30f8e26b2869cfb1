package main

import (
	"os"
	"regexp"
	"strings"

	"github.com/loginwatch/loginwatch/internal/importer"
)

// misplaced says what stands behind new and does not belong there: "" for nothing. None
// of it is repeated, since it may hold a password.
func misplaced(args []string) string {
	if len(args) == 0 || args[0] != "new" {
		return ""
	}
	for i, a := range args[1:] {
		switch {
		case args[i] == "--call", args[i] == "--format", strings.HasPrefix(a, "--call="):
		case isDescription.MatchString(a):
			return `a description does not belong here: others see it in the list of processes, and the shell keeps it. Put it into a file, or run "loginwatch new NEW-VENDOR -" and paste it there. A password that stood in it is best changed`
		case strings.Contains(a, "://"):
			return "an address does not belong here, since nothing is fetched: save what it leads to, and name that file"
		}
	}
	return ""
}

// unrepeated is a mistake on the command line, without an argument that stands behind new
// and is one too many: it may be a part of a line for curl, with a password.
func unrepeated(args []string, err error) string {
	const tooMany = "unexpected argument"
	if said := err.Error(); args[0] != "new" || !strings.HasPrefix(said, tooMany) {
		return said
	}
	return tooMany + " behind the new vendor's name and the file"
}

// isDescription tells one from the name of its file.
var isDescription = regexp.MustCompile(`(?i)^\s*(\$|curl|curl\.exe|irm|iwr|invoke-\w+)(\s|$)|[\n{]`)

// checkVendor says what a new vendor can't be called.
func checkVendor(name string) error {
	const longest = 40 // of what may be shown: nobody calls a vendor so, and a password may be longer
	switch {
	case name == "meta":
		return usage(`no vendor can be called "meta": schemas/meta has the program's own`)
	case vendorName.MatchString(name) && len(name) <= longestVendor:
		return nil
	case vendorName.MatchString(name):
		return usage("NEW-VENDOR must be %d letters, digits and hyphens at most", longestVendor)
	}
	hint := ""
	if info, err := os.Stat(name); err == nil && !info.IsDir() {
		hint = "; this is a file, which comes behind the name: loginwatch new NEW-VENDOR " + shellQuote(name)
	} else if slug := strings.ReplaceAll(importer.Name(name), "_", "-"); vendorName.MatchString(slug) && len(name) <= longest {
		hint = "; it could be " + slug
	}
	return usage("NEW-VENDOR must be lower-case letters and digits, joined by hyphens, such as example-login%s", hint)
}
