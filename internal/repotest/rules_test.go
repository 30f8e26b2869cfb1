package repotest

import (
	"fmt"
	"go/ast"
	"go/token"
	"path"
	"regexp"
	"slices"
	"strings"
)

// rules are all rules; each looks at one file of the tree.
var rules = []func(*tree, *source) []offence{
	importRules, callRules, vendorRule, vendorListRule, lengthRule, machinePathRule, quoteRule,
}

func (t *tree) offences() (found []offence) {
	for _, s := range t.files {
		for _, rule := range rules {
			found = append(found, rule(t, s)...)
		}
	}
	return slices.Compact(found) // one line may break a rule twice
}

// call is a function that some files must not call.
type call struct {
	pkg   string // "" for a method of any value
	names []string
	tests bool // forbidden in tests; otherwise in code that ships
	why   string
}

var forbiddenCalls = []call{
	{"os", []string{"Exit"}, false, "only main.go ends the process: everything else is testable"},
	{"syscall", []string{"Exit"}, false, "only main.go ends the process: everything else is testable"},
	{"slog", []string{
		"Default", "SetDefault", "Debug", "DebugContext", "Info", "InfoContext",
		"Warn", "WarnContext", "Error", "ErrorContext", "Log", "LogAttrs",
	}, false, "loggers are injected; the default logger is global"},
	{"", []string{"Skip", "Skipf", "SkipNow"}, true, "a skipped test is a check left out in silence"},
}

// callRules looks for calls by name; a local variable named like a package is
// reported too, and better named otherwise.
func callRules(_ *tree, s *source) (found []offence) {
	if s.code == nil {
		return nil
	}
	isMain := s.code.Name.Name == "main" && path.Base(s.path) == "main.go"
	ast.Inspect(s.code, func(n ast.Node) bool {
		selector, ok := n.(*ast.SelectorExpr)
		if !ok {
			return true
		}
		left, _ := selector.X.(*ast.Ident)
		for _, c := range forbiddenCalls {
			if c.tests != s.isTest() || isMain && c.names[0] == "Exit" || !slices.Contains(c.names, selector.Sel.Name) {
				continue
			}
			noun := left != nil && left.Name == "loginwatch" // a type of the root package
			if c.pkg == "" && !noun || left != nil && left.Name == c.pkg {
				name := strings.TrimPrefix(c.pkg+"."+selector.Sel.Name, ".")
				found = append(found, offence{s.path, s.lineOf(selector), "uses " + name, c.why})
			}
		}
		return true
	})
	return found
}

// vendorRule looks for vendors' names in the engine's identifiers and strings
// and in what is served or generated. Comments may cite a vendor's document.
func vendorRule(t *tree, s *source) (found []offence) {
	const why = "vendors are data: a new one must need no edit of code"
	if s.isTest() || inTestdata(s.path) {
		return nil
	}
	report := func(line int, text string) {
		if v := t.named(text); len(v) > 0 {
			found = append(found, offence{s.path, line, "names the vendor " + v[0], why})
		}
	}
	if s.code != nil {
		ast.Inspect(s.code, func(n ast.Node) bool {
			switch n := n.(type) {
			case *ast.Ident:
				report(s.lineOf(n), n.Name)
			case *ast.BasicLit:
				if n.Kind == token.STRING {
					report(s.lineOf(n), n.Value)
				}
			}
			return true
		})
		return found
	}
	if within(s.path, "dashboards") || within(s.path, ".ci") || s.path == "Makefile" ||
		slices.Contains([]string{".html", ".tmpl", ".js", ".css", ".sh"}, path.Ext(s.path)) {
		for i, line := range strings.Split(s.text, "\n") {
			report(i+1, line)
		}
	}
	return found
}

// vendorListRule: a vendor may be a test's input, but a test that names all of
// them keeps a list which a new vendor would have to be added to.
func vendorListRule(t *tree, s *source) []offence {
	if !s.isTest() || len(t.vendors) < 2 {
		return nil
	}
	if len(t.named(s.text)) == len(t.vendors) {
		return []offence{{s.path, 0, "names every vendor", "tests range over the packs: a list by hand is forgotten"}}
	}
	return nil
}

// named gives the vendors that a text names, whatever stands for the hyphen of
// their slug: signzy-ezkra is also found as SignzyEzkra and SIGNZY_EZKRA.
func (t *tree) named(text string) (vendors []string) {
	squeeze := strings.NewReplacer("-", "", "_", "", " ", "")
	text = squeeze.Replace(strings.ToLower(text))
	for _, v := range t.vendors {
		if strings.Contains(text, squeeze.Replace(v)) {
			vendors = append(vendors, v)
		}
	}
	return vendors
}

const longest = 400

func lengthRule(_ *tree, s *source) []offence {
	written := []string{".go", ".yaml", ".yml", ".js", ".mjs", ".ts", ".css", ".sh", ".html", ".tmpl"}
	if !slices.Contains(written, path.Ext(s.path)) && !within(s.path, ".ci") {
		return nil
	}
	if n := strings.Count(s.text, "\n"); n >= longest {
		return []offence{{s.path, 0, fmt.Sprintf("has %d lines", n), fmt.Sprintf("a file under %d lines can be read in one sitting", longest)}}
	}
	return nil
}

// machinePath matches an absolute path below a folder that belongs to one
// machine or one person.
var machinePath = regexp.MustCompile(`(^|[^A-Za-z0-9_.$}-])/(work|root|home)/`)

func machinePathRule(_ *tree, s *source) (found []offence) {
	if strings.ContainsRune(s.text, 0) || within(s.folder(), "packs") {
		return nil // not text, or a contract, whose pointers into XML may begin so
	}
	for i, line := range strings.Split(s.text, "\n") {
		if machinePath.MatchString(line) {
			found = append(found, offence{s.path, i + 1, "holds an absolute path of a machine", "the repository must work wherever it is cloned"})
		}
	}
	return found
}

// quoteRule looks for words that are quoted, by [loginwatch.Cite], apart from the
// document that has them.
func quoteRule(_ *tree, s *source) (found []offence) {
	if s.code == nil || s.isTest() {
		return nil
	}
	ast.Inspect(s.code, func(n ast.Node) bool {
		var names []string
		switch n := n.(type) {
		case *ast.CompositeLit:
			for _, e := range n.Elts {
				if pair, ok := e.(*ast.KeyValueExpr); ok {
					if key, ok := pair.Key.(*ast.Ident); ok {
						names = append(names, key.Name)
					}
				}
			}
		case *ast.AssignStmt:
			for _, left := range n.Lhs {
				if selector, ok := left.(*ast.SelectorExpr); ok {
					names = append(names, selector.Sel.Name)
				}
			}
			if call, ok := n.Rhs[0].(*ast.CallExpr); ok && len(n.Lhs) == 1 {
				if of, ok := call.Fun.(*ast.SelectorExpr); !ok || of.Sel.Name != "Quote" {
					return true // what is quoted already is made fit to be shown
				}
			}
		}
		if slices.Contains(names, "Quote") && !slices.Contains(names, "Document") {
			found = append(found, offence{s.path, s.lineOf(n), "quotes and names no document", "a contract has several documents, and a finding shows the one that is cited"})
		}
		return true
	})
	return found
}
