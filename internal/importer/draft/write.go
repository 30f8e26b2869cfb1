package draft

import (
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"path"
	"slices"
	"strings"
	"time"

	"github.com/loginwatch/loginwatch"
)

// file collects the lines of one.
type file struct{ strings.Builder }

func (f *file) line(indent int, format string, args ...any) {
	f.WriteString(strings.Repeat("  ", indent))
	fmt.Fprintf(f, format, args...)
	f.WriteByte('\n')
}

// write makes the files of the pack.
func (m *maker) write() {
	m.prune()
	contract := &file{}
	m.head(contract)
	for _, op := range m.ops {
		m.operation(contract, op)
	}
	m.cases(contract)
	folder := path.Join("contracts", m.o.Vendor)
	m.add(path.Join(folder, "contract.yaml"), []byte(contract.String()))
	for _, op := range m.ops {
		for _, o := range op.outcomes {
			if o.contains != "" {
				m.add(path.Join(folder, "examples", op.id+"."+o.id+".txt"), []byte(o.contains+"\n"))
			}
			if o.schema != nil {
				m.add(path.Join(folder, "examples", op.id+"."+o.id+".json"), append(layout(o.doc, 0), '\n'))
				if m.schemaName(op, o) == op.id+"."+o.id {
					m.addSchema(op.id+"."+o.id, o.schema)
				}
			}
		}
		if op.schema != nil {
			m.addSchema(op.id+".request", op.schema)
		}
	}
	m.add(path.Join("probes", m.o.Vendor+".yaml"), m.probe())
	slices.SortFunc(m.draft.Files, func(a, b File) int { return cmp.Compare(a.Name, b.Name) })
}

func (m *maker) add(name string, data []byte) {
	m.draft.Files = append(m.draft.Files, File{name, data})
}

func (m *maker) addSchema(name string, s map[string]any) {
	m.add(path.Join("schemas", m.o.Vendor, name+".schema.json"), written(m.o.Vendor, name, s))
}

// schemaName names the schema of an outcome: outcomes of one operation share what is
// the same.
func (m *maker) schemaName(op *operation, o *outcome) string {
	text := string(flatJSON(o.schema))
	for _, other := range op.outcomes {
		if other.schema != nil && string(flatJSON(other.schema)) == text {
			return op.id + "." + other.id
		}
	}
	return op.id + "." + o.id
}

// prune drops captures that no later call sends, and secrets that none does.
func (m *maker) prune() {
	var sent [][]string // by each operation
	for _, op := range m.ops {
		sent = append(sent, op.names(m))
	}
	sends := func(all [][]string, name string) bool {
		return slices.ContainsFunc(all, func(names []string) bool { return slices.Contains(names, name) })
	}
	for i, op := range m.ops {
		op.captures = slices.DeleteFunc(op.captures, func(c capture) bool { return !sends(sent[i+1:], c.name) })
	}
	captured := func(name string) bool {
		return slices.ContainsFunc(m.ops, func(op *operation) bool {
			return slices.ContainsFunc(op.captures, func(c capture) bool { return c.name == name })
		})
	}
	m.secrets = slices.DeleteFunc(m.secrets, func(s *secret) bool {
		s.captured = captured(s.name)
		unused := !sends(sent, s.name)
		if unused && s.raw != "" {
			m.invented.unseen = append(m.invented.unseen, s.raw)
		}
		return unused
	})
}

// names gives what an operation sends.
func (op *operation) names(m *maker) []string {
	texts := []string{op.path}
	for _, p := range slices.Concat(op.headers, op.query) {
		texts = append(texts, p.value)
	}
	for _, v := range scalars(op.body) {
		if text, ok := v.(string); ok {
			texts = append(texts, text)
		}
	}
	names := loginwatch.Placeholders(strings.Join(texts, "\n"))
	if m.basic != "" && slices.Contains(names, m.basic) {
		names = append(names, m.basicOf[:]...)
	}
	return names
}

// head says who the vendor is and which values there are.
func (m *maker) head(f *file) {
	title := oneLine(m.rec.Title)
	if title == "" || looksSecret(title) || m.betrays(title) != nil || m.invented.hidden(title) {
		title = m.o.Vendor
	}
	f.line(0, "# Drafted by loginwatch new. Each %s is a statement whose words nobody has looked up in the vendor's document yet.", loginwatch.Todo)
	f.line(0, "vendor: %s", y(m.o.Vendor))
	f.line(0, "title: %s", y(title))
	f.line(0, "document: %s", m.document(title))
	if m.target != "" {
		f.WriteByte('\n')
		f.line(0, "targets:")
		f.line(1, "production: {url: %s, cite: %s}", y(m.target), y(m.cites.find(m.target)))
	}
	if len(m.secrets) > 0 {
		f.WriteByte('\n')
		f.line(0, "secrets:")
	}
	for _, s := range m.secrets {
		note := ""
		if s.captured {
			note = " # captured"
		}
		f.line(1, "%s: {demo: %s}%s", s.name, y(s.demo), note)
	}
	if m.basic != "" {
		f.WriteByte('\n')
		f.line(0, "computed:")
		f.line(1, `%s: {function: basic, of: ["${%s}", "${%s}"], cite: %s}`, m.basic, m.basicOf[0], m.basicOf[1], y(m.cites.find("basic")))
	}
	f.WriteByte('\n')
	f.line(0, "operations:")
}

// document names the description: as the file that it is, when it is the vendor's own,
// else as what was recorded at an address.
func (m *maker) document(title string) string {
	read := m.o.Read.Format(time.DateOnly)
	name := path.Base(strings.ReplaceAll(m.o.Source, `\`, "/"))
	address := m.rec.Address
	if !strings.HasPrefix(address, "http://") && !strings.HasPrefix(address, "https://") || strings.ContainsAny(address, " \t\n") || secretURL(address) {
		address = ""
	}
	if m.o.Text != nil && m.o.Source != "" && name != "." && name != "/" {
		sum := sha256.Sum256(m.o.Text)
		more := ""
		if address != "" {
			more = ", address: " + y(address)
		}
		return fmt.Sprintf("{title: %s, file: %s, read: %s, sha256: %s%s}", y(title), y(name), read, hex.EncodeToString(sum[:]), more)
	}
	if m.o.Text == nil || title == m.o.Vendor {
		title = "What was sent to " + m.o.Vendor
	}
	if address == "" {
		address = cmp.Or(m.target, "about:blank")
	}
	return fmt.Sprintf("{title: %s, address: %s, read: %s}", y(title), y(address), read)
}

// operation writes one.
func (m *maker) operation(f *file, op *operation) {
	call := op.call.first()
	name := call.Name
	if m.betrays(name) != nil || m.people.in(name) {
		name = ""
	}
	f.line(1, "%s:", op.id)
	f.line(2, "cite: %s", y(m.cites.find(name, op.shown())))
	f.line(2, "request:")
	f.line(3, "method: %s", op.method)
	f.line(3, "path: %s", y(op.path))
	if op.format != "" && op.format != loginwatch.BodyJSON {
		f.line(3, "body: %s", op.format)
	}
	m.pairs(f, "headers", op.headers)
	m.pairs(f, "query", op.query)
	if len(op.cookies) > 0 {
		f.line(3, "cookies:")
		for _, c := range op.cookies {
			f.line(4, "%s: {cite: %s}", y(c), y(m.cites.find(c)))
		}
	}
	if op.schema != nil {
		f.line(3, "schema: %s", op.id+".request")
	}
	f.line(2, "outcomes:")
	for _, o := range op.outcomes {
		m.outcomeLines(f, op, o)
	}
	m.tokenLines(f, op)
}

func (m *maker) pairs(f *file, what string, all []pair) {
	if len(all) == 0 {
		return
	}
	f.line(3, "%s:", what)
	for _, p := range all {
		f.line(4, "%s: {value: %s, cite: %s}", y(p.name), y(p.value), y(m.cites.find(p.name)))
	}
}
