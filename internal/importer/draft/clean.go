package draft

import (
	"bytes"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/loginwatch/loginwatch/internal/importer"
)

// clean refuses files in which a secret of the description stands after all.
func (m *maker) clean() error {
	folded := make([][]byte, len(m.draft.Files))
	for i, f := range m.draft.Files {
		folded[i] = bytes.ToLower(f.Data)
	}
	report := m.report()
	check := func(raw, what string) error {
		if !strong(raw) || m.own(raw) {
			return nil
		}
		for _, form := range foldedForms(ending(raw)) {
			for i, data := range folded {
				if at := bytes.Index(data, []byte(form)); at >= 0 {
					return fmt.Errorf("%s would stand in %s, line %d, as part of something else: rename it in the description, or leave that part out of it",
						what, m.draft.Files[i].Name, bytes.Count(data[:at], []byte{'\n'})+1)
				}
			}
			if strings.Contains(report, form) {
				m.untold(form)
			}
		}
		return nil
	}
	for _, s := range m.secrets {
		if n, err := strconv.ParseInt(s.raw, 10, 64); err == nil && isTime(n) && madeAnew(s.name) {
			continue // when it was sent: an answer has about that time, too
		}
		if err := check(s.raw, "the value of "+s.name); err != nil {
			return err
		}
	}
	for _, raw := range m.invented.unseen {
		if err := check(raw, "a value that was left out"); err != nil {
			return err
		}
	}
	return nil
}

// ending is as much of a value as stands nowhere by chance: the end, since tokens of one
// kind begin alike.
func ending(raw string) string {
	const enough = 96
	if len(raw) <= enough {
		return raw
	}
	return strings.ToValidUTF8(raw[len(raw)-enough:], "")
}

// own tells whether a value is one that drafts have themselves, as when somebody drafts
// what was sent to a simulator, or tries 000000 for a code: each UUID of a draft has zeros.
func (m *maker) own(raw string) bool {
	return strings.HasPrefix(raw, "demo-") || strings.HasPrefix(raw, "invented") || strings.Contains(m.o.Vendor, raw) || raw == nobody || strings.Trim(raw, "0") == "" ||
		slices.ContainsFunc(m.secrets, func(s *secret) bool { return s.name == raw })
}

// report is all that a draft says beside its files, in small letters.
func (m *maker) report() string {
	var b strings.Builder
	for _, r := range m.draft.Replaced {
		b.WriteString(r.At + "\n")
	}
	for _, r := range m.draft.Remarks {
		b.WriteString(r.At.Path + " " + r.Text + "\n")
	}
	for _, c := range slices.Concat(m.draft.Calls, m.draft.Left) {
		b.WriteString(c + "\n")
	}
	return strings.ToLower(b.String())
}

// untold takes what has a form of a secret in it out of the report.
func (m *maker) untold(form string) {
	for i, r := range m.draft.Replaced {
		if strings.Contains(strings.ToLower(r.At), form) {
			m.draft.Replaced[i].At = "a place whose name has a secret in it"
		}
	}
	for i, r := range m.draft.Remarks {
		if said := strings.ToLower(r.At.Path + " " + r.Text); strings.Contains(said, form) {
			m.draft.Remarks[i] = importer.Remark{At: importer.Place{Line: r.At.Line}, Text: "something is left out or to be looked at, whose name has a secret in it"}
		}
	}
	for _, list := range [][]string{m.draft.Calls, m.draft.Left} {
		for i, c := range list {
			if strings.Contains(strings.ToLower(c), form) {
				method, _, _ := strings.Cut(c, " ")
				list[i] = method + " …"
			}
		}
	}
}
