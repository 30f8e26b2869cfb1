package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"path/filepath"
	"regexp"
	"slices"
	"strings"

	"github.com/loginwatch/loginwatch/internal/importer"
	"github.com/loginwatch/loginwatch/internal/importer/bruno"
	curlline "github.com/loginwatch/loginwatch/internal/importer/curl"
	"github.com/loginwatch/loginwatch/internal/importer/har"
	"github.com/loginwatch/loginwatch/internal/importer/openapi"
	"github.com/loginwatch/loginwatch/internal/importer/postman"
)

// format is something that descriptions are written in.
type format struct {
	name  string
	is    func(data []byte) bool
	read  func(data []byte) (*importer.Recording, error)
	words bool // the vendor says it: its words can be cited
}

// formats are all of them. What is asked first is the surest.
func formats() []format {
	return []format{
		{"curl", isCurl, curlline.Read, false},
		{"postman", isPostman, postman.Read, false},
		{"har", isHAR, func(data []byte) (*importer.Recording, error) { return har.Read(bytes.NewReader(data)) }, false},
		{"bruno", isBruno, bruno.Read, false},
		{"openapi", isOpenAPI, openapi.Read, true},
	}
}

func formatNames() []string {
	var names []string
	for _, f := range formats() {
		names = append(names, f.name)
	}
	return names
}

// lineForCurl is the name of the program, or of what PowerShell has in its place, where a
// command may begin: behind a prompt, a variable that is set or another command. No JSON, and no YAML of a description, has it.
var lineForCurl = regexp.MustCompile(`(?m)^(\s*|[^\n]*\|\s*|[^"'{}\n]*[$>#%;&|(=@]\s*|\s*[A-Za-z_]+=\S*\s+)["']?([^\s"'{]*[/\\])?(curl(\.exe)?|(?i:invoke-webrequest|invoke-restmethod|iwr|irm))["']?[\s^]`)

// lineOfPowerShell is what its own commands for a request begin with.
var lineOfPowerShell = regexp.MustCompile(`(?mi)^[^"'{}\n]*\b(Invoke-WebRequest|Invoke-RestMethod|iwr|irm)\s`)

func isCurl(data []byte) bool {
	head := bytes.TrimLeft(data[:min(len(data), headOf)], "\ufeff \t\r\n")
	if bytes.Contains(head[:min(len(head), 16)], []byte{0}) { // UTF-16, as PowerShell writes it
		return bytes.Contains(head, []byte("c\x00u\x00r\x00l")) || bytes.Contains(head, []byte("I\x00n\x00v\x00o\x00k\x00e\x00-"))
	}
	if bytes.HasPrefix(head, []byte("{")) || bytes.HasPrefix(head, []byte("[")) || isDocument(head) {
		return false
	}
	return lineForCurl.Match(head) || lineOfPowerShell.Match(head)
}

// documentBegins with a key in the first column, behind what YAML has before it, or with a
// block of Bru.
var documentBegins = regexp.MustCompile(`^(?:(?:#[^\n]*|---[ \t\r]*|%YAML[^\n]*)?\n)*(?:["']?[A-Za-z][\w-]*["']?:(?:\s|$)|[a-z]+(?::[a-z0-9-]+)?[ \t]*\{)`)

// isDocument tells a document of OpenAPI or a request of Bruno, which may show a line for
// curl in a description, from lines that somebody has typed.
func isDocument(head []byte) bool {
	return documentBegins.Match(head) && (isBruno(head) || isOpenAPI(head))
}

// isPostman tells a collection by the address of its schema, or by its own id.
func isPostman(data []byte) bool {
	head := data[:min(len(data), headOf)]
	return bytes.Contains(head, []byte("schema.getpostman.com")) || bytes.Contains(head, []byte("schema.postman.com")) || bytes.Contains(head, []byte(`"_postman_id"`))
}

// What archives and requests of Bruno begin with.
var (
	archive    = regexp.MustCompile(`^\s*(\{\s*)?["']?log["']?\s*:\s*\{`)
	bruBlock   = regexp.MustCompile(`^\s*(meta|vars|auth|headers|get|post|put|patch|delete)(:[a-z0-9-]+)?\s*\{\s*\n`)
	bruYAML    = regexp.MustCompile(`(?m)^(opencollection|http)\s*:`)
	bruExport  = regexp.MustCompile(`"items"\s*:\s*\[`)
	bruVersion = regexp.MustCompile(`"version"\s*:\s*"1"`)
)

func isHAR(data []byte) bool {
	return archive.Match(bytes.TrimPrefix(data[:min(len(data), headOf)], []byte("\ufeff")))
}

func isBruno(data []byte) bool {
	head := data[:min(len(data), headOf)]
	return bruBlock.Match(head) || bruYAML.Match(head) || bruExport.Match(head) && bruVersion.Match(head)
}

// headOf is how much of a description is looked at to tell what it is written in.
const headOf = 64 << 10

// openAPIKey is what a document of OpenAPI in JSON or YAML has at its top.
var openAPIKey = regexp.MustCompile(`(?m)(^|^\s*\{\s*|^\s{1,8}|,\s*)["']?(openapi|swagger)["']?\s*:`)

func isOpenAPI(data []byte) bool { return openAPIKey.Match(data[:min(len(data), headOf)]) }

// parse tells what a description is written in by what stands in it, and reads it.
func (n newCmd) parse(data []byte) (*importer.Recording, source, error) {
	all := formats()
	at := slices.IndexFunc(all, func(f format) bool { return n.Format == f.name || n.Format == "auto" && f.is(data) })
	if at < 0 {
		return nil, source{}, usage("%s: %w", n.shown(), fmt.Errorf("not recognised as one of %s; --format says which it is", strings.Join(formatNames(), ", ")))
	}
	rec, err := all[at].read(data)
	if err != nil {
		return nil, source{}, usage("%s, read as %s: %w", n.shown(), all[at].name, err)
	}
	s := source{}
	if all[at].words {
		s.text = bytes.Clone(data)
		if n.File != "" && n.File != "-" {
			s.name = filepath.Base(n.File)
		}
	}
	return rec, s, nil
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
	switch {
	case shellQuote(text) != text, yamlOther.MatchString(text):
		return quotedJSON(text)
	}
	return text
}

// yamlOther is what YAML takes for something else than a text, in any of its versions.
var yamlOther = regexp.MustCompile(`(?i)^(true|false|null|yes|no|on|off|y|n|[-+.]?[0-9].*|[-+]?\.(inf|nan)|)$`)
