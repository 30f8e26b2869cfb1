package repotest

import (
	"fmt"
	"strconv"
	"strings"
)

// room is what one package may import of the others, and why no more.
type room struct {
	folder string
	may    []string // folders; "." is the root package
	why    string
}

const oneWay = "the way of a run goes through the rooms in one direction"

// Guard is open to all that read foreign bytes, since nothing may parse them
// before it.
var rooms = []room{
	{"", nil, "the nouns stand alone, so that every package can speak in them"},
	{"internal/tree", nil, "a decoded document has no vendor and no contract"},
	{"internal/guard", []string{"."}, "it sees the vendor's bytes before anything of ours does, and knows of the nouns how a body is written"},
	{"internal/schema", []string{".", "internal/tree", "internal/guard"}, "it judges one body and knows no contract files"},
	{"internal/token", []string{".", "internal/tree", "internal/guard"}, "it reads one token and knows no schema"},
	{"internal/strictyaml", []string{".", "internal/tree"}, "it decodes any YAML of ours and knows none of its meanings"},
	{"internal/document", []string{"."}, "what became of a document is told of texts alone: no files, no network, no contract"},
	{"internal/fetch", nil, "a page is asked for once, within bounds, whatever is done with it"},
	{"internal/pack", []string{".", "internal/tree", "internal/schema", "internal/guard", "internal/strictyaml", "internal/token", "internal/wire", "internal/compute", "internal/route", "internal/document", "internal/window"}, "loading a pack must not depend on running it; its examples are decoded as answers are"},
	{"internal/place", nil, "who names a store and who opens it read its address alike, and neither knows the other"},
	{"internal/secret", []string{"internal/strictyaml"}, "a secret is read without knowing what it is for, or whose file names it"},
	{"internal/zone", nil, "instants and clocks are what they are whatever is reckoned with them"},
	{"internal/calendar", []string{".", "internal/zone"}, "a calendar file is read without knowing what it is for"},
	{"internal/window", []string{".", "internal/strictyaml", "internal/calendar", "internal/zone"}, "when nothing is tried, or does not count, is written alike in a contract, a clause and the operator's file"},
	{"internal/config", []string{".", "internal/strictyaml", "internal/place", "internal/secret", "internal/window"}, "the operator's file is read without knowing its consumers"},
	{"internal/wire", []string{".", "internal/tree", "internal/guard"}, "it decodes an answer and knows no contract"},
	{"internal/check", []string{".", "internal/tree", "internal/schema", "internal/token", "internal/guard", "internal/wire"}, "judging is pure: no files, no network, no clock"},
	{"internal/compute", []string{"."}, "a function is pure: it knows neither who asks for its value nor what it is sent in"},
	{"internal/certs", nil, "files of certificates are read alike, whoever is spoken to"},
	{"internal/evidence", []string{".", "internal/tree", "internal/schema", "internal/guard", "internal/wire"}, "what may stay of an exchange depends on the exchange alone"},
	{"internal/probe", []string{".", "internal/flow", "internal/check", "internal/wire", "internal/certs", "internal/evidence"}, oneWay + "; it sends and times, and reads headers, and the pages of TLS, as wire does"},
	{"internal/flow", []string{".", "internal/wire", "internal/compute", "internal/token"}, "what a run will send, and by which keys its token is verified, is resolved before anything is sent"},
	{"internal/daemon", []string{".", "internal/advice", "internal/flow"}, "what happens to a slot must be testable without cron, HTTP and Prometheus"},
	{"internal/route", []string{".", "internal/tree", "internal/guard"}, "what a contract is held to must be what the simulator does, and neither may know the other"},
	{"internal/sim", []string{".", "internal/tree", "internal/guard", "internal/compute", "internal/route"}, "the simulator answers from the contract alone and shares no code with what judges it; the functions of compute are held by their standards' vectors"},
	{"internal/plan", []string{".", "internal/zone"}, "when to run must not depend on what is run"},
	{"internal/persist", nil, "how versions share what they write does not depend on what it is"},
	{"internal/history", []string{"."}, "what was is counted the same whatever keeps it"},
	{"internal/drift", []string{".", "internal/persist"}, "what has changed is learned from runs alone, whatever carries them out or keeps what was learned"},
	{"internal/amend", []string{".", "internal/drift"}, "an edit is made of a change and the texts of a contract, whoever found the one and reads the others"},
	{"internal/sla", []string{".", "internal/history", "internal/strictyaml", "internal/window", "internal/zone"}, "a dossier is made of what was and of a clause, whatever keeps them"},
	{"internal/store", []string{".", "internal/history", "internal/place", "internal/persist"}, "a store must be replaceable by another one"},
	{"internal/metrics", []string{"."}, "recorders do not know each other"},
	{"internal/otlp", []string{".", "internal/certs"}, "recorders do not know each other"},
	{"internal/advice", []string{"."}, "words depend on reasons alone, never on who shows them"},
	{"internal/looks", nil, "colours have no meaning of their own"},
	{"internal/web", []string{".", "internal/advice", "internal/looks"}, "recorders do not know each other"},
	{"internal/report", []string{".", "internal/advice", "internal/history", "internal/drift"}, "a report is made from runs alone"},
	{"internal/exporter/page", []string{".", "internal/exporter", "internal/advice", "internal/history", "internal/drift", "internal/sla", "internal/looks"}, "a page for people says what a contract, a clause and a store say, and looks nothing up"},
	{"internal/exporter", []string{".", "internal/tree", "internal/compute", "internal/flow"}, "a description is made of a contract and its demo values alone: none of its writers can know a secret, a target or a run"},
	{"internal/pact/native", nil, "it hands pacts to the native verifier and knows no contract"},
	{"internal/pact", []string{".", "internal/tree", "internal/pact/native"}, "a pact says what the contract says and nothing that a check would say"},
	{"internal/dashboards", nil, "a dashboard asks for metrics by name and knows nothing of what makes them"},
	{"internal/importer/draft", []string{".", "internal/importer", "internal/guard", "internal/tree", "internal/schema", "internal/document"}, "a draft has schemas, examples and citations as a pack has them, and does not know who checks it"},
	{"internal/importer", []string{".", "internal/guard", "internal/tree", "internal/strictyaml"}, "what a description says of calls is read without knowing what becomes of it"},
	{"internal/faulty", nil, "it is a help of tests: what misbehaves on loopback must not depend on who meets it"},
	{"internal/repotest", nil, "it has nothing but tests"},
}

// library is a module that only some folders may import.
type library struct {
	path    string
	folders []string // nil: tests alone
	why     string
}

var libraries = []library{
	{"github.com/xeipuuv/gojsonschema", []string{"internal/schema"}, "its traps are fenced in one place"},
	{"modernc.org/sqlite", []string{"internal/store"}, "one binary without cgo keeps its memory in a file, and no rule depends on how"},
	{"github.com/jackc/pgx", []string{"internal/store"}, "no rule depends on how a server keeps it"},
	{"github.com/go-json-experiment/json", []string{"internal/persist"}, "encoding/json keeps no member that it does not know; this is encoding/json/v2 of Go 1.27"},
	{"filippo.io/age", []string{"internal/secret"}, "opens the keys of files of sops, whose own library brings the clients of all clouds along"},
	{"github.com/openbao/openbao/api/v2", []string{"internal/secret"}, "secrets are read in one place; it reads the variables of Vault and of OpenBao"},
	{"github.com/robfig/cron", []string{"internal/plan"}, "its traps are fenced in one place"},
	{"github.com/arran4/golang-ical", []string{"internal/calendar"}, "calendar files are read within bounds in one place"},
	{"github.com/teambition/rrule-go", []string{"internal/calendar"}, "it panics of some rules and computes others for hours: its traps are fenced in one place"},
	{"github.com/goccy/go-yaml", []string{"internal/strictyaml", "internal/dashboards"}, "all YAML that an operator or a pack brings is decoded by the same strict rules, OpenAPI too: libraries for that (kin-openapi 0.153, libopenapi 0.42) add 7 and 11 MB and some 45 packages to the program, take seconds for a megabyte of references, and log"},
	{"github.com/prometheus/client_golang", []string{"internal/metrics"}, "one recorder knows Prometheus"},
	{"github.com/prometheus/client_model", []string{"internal/metrics"}, "one recorder knows Prometheus"},
	{"google.golang.org/protobuf", []string{"internal/metrics", "internal/otlp"}, "what client_model and OTLP are made of"},
	{"go.opentelemetry.io/proto/slim/otlp", []string{"internal/otlp"}, "one recorder knows OpenTelemetry, by its messages alone: the exporters of its SDK read the environment, and print the secrets that they find there"},
	{"google.golang.org/grpc", []string{"internal/otlp"}, "collectors are spoken to in one place; beside Pact's tools nothing else needs it"},
	{"github.com/klauspost/compress", []string{"internal/metrics"}, "compresses what is served, while it is written"},
	{"github.com/prometheus/common", []string{"internal/metrics"}, "one recorder knows Prometheus"},
	{"github.com/prometheus/exporter-toolkit", []string{"internal/app"}, "our own port is opened in one place"},
	{"github.com/coreos/go-systemd", []string{"internal/app"}, "the service manager is told how we stand in one place"},
	{"golang.org/x/net/html", []string{"internal/document"}, "pages are read in one place"},
	{"golang.org/x/text", []string{"internal/document"}, "pages are read in one place, whatever their encoding"},
	{"golang.org/x/net/publicsuffix", []string{"internal/wire"}, "whose a cookie is, is decided where answers are read"},
	{"github.com/pquerna/otp", []string{"internal/compute"}, "one room computes values"},
	{"github.com/lestrrat-go/jwx", []string{"internal/compute"}, "one room signs; every key and token goes through its bounds first"},
	{"github.com/alecthomas/kong", []string{"cmd"}, "only the command has a command line"},
	{"github.com/owenrumney/go-sarif", []string{"internal/report"}, "one package writes reports"},
	{"github.com/santhosh-tekuri/jsonschema", nil, "it is the second opinion of tests"},
	{"go.yaml.in/yaml/v2", nil, "it is the second opinion of tests"},
	{"github.com/pact-foundation/pact-go", nil, "it needs cgo, imports testing and replaces the standard logger: the program must never see it"},
	{"github.com/rogpeppe/go-internal", []string{"internal/amend"}, "it prints an edit as a unified diff; the rest of it is a help of tests"},
	{"github.com/yuin/goldmark", nil, "it is the second opinion of tests, on Markdown"},
	{"github.com/google/go-cmp", nil, "it is a help of tests"},
	{"go.uber.org/goleak", nil, "it is a help of tests"},
	{"pgregory.net/rapid", nil, "it is a help of tests"},
}

// importRules holds every import of code that ships. Tests may import more: they
// put parts together that do not know each other.
func importRules(_ *tree, s *source) (found []offence) {
	if s.code == nil || s.isTest() || within(s.folder(), "tools") {
		return nil
	}
	for _, spec := range s.code.Imports {
		name, err := strconv.Unquote(spec.Path.Value)
		if err != nil {
			continue // the parser accepts no such import
		}
		if what, why := judgeImport(s.folder(), name); what != "" {
			found = append(found, offence{s.path, s.lineOf(spec), what, why})
		}
	}
	return found
}

func judgeImport(folder, name string) (what, why string) {
	if name == "log" {
		return "imports log", "loggers are injected log/slog loggers; the standard logger is global"
	}
	if ours, ok := ourFolder(name); ok {
		return judgeOurs(folder, ours)
	}
	if first, _, _ := strings.Cut(name, "/"); !strings.Contains(first, ".") {
		return "", "" // the standard library
	}
	for _, l := range libraries {
		if !within(name, l.path) {
			continue
		}
		for _, f := range l.folders {
			if within(folder, f) {
				return "", ""
			}
		}
		if len(l.folders) == 0 {
			return "imports " + name + ", which only tests may", l.why
		}
		return fmt.Sprintf("imports %s, which only %s may", name, listed(l.folders)), l.why
	}
	return "imports " + name + ", which no rule knows", "a new dependency is a decision: give it a line and a reason in internal/repotest"
}

// ourFolder gives the folder of a package of this module, "" for the root.
func ourFolder(name string) (folder string, ours bool) {
	if name == module {
		return "", true
	}
	return strings.CutPrefix(name, module+"/")
}

// testHelp is for tests alone, though it is no test itself.
const testHelp = "internal/faulty"

func judgeOurs(folder, imported string) (what, why string) {
	if within(imported, testHelp) {
		return "imports " + testHelp + ", which only tests may", "what misbehaves on purpose has no place in the program"
	}
	if within(folder, "cmd") || within(folder, "internal/app") {
		return "", "" // they wire everything
	}
	for _, r := range rooms {
		if folder != r.folder && (r.folder == "" || !within(folder, r.folder)) {
			continue
		}
		// A folder below a room belongs to it.
		if r.folder != "" && within(imported, r.folder) {
			return "", ""
		}
		for _, m := range r.may {
			if imported == strings.TrimPrefix(m, ".") || m != "." && within(imported, m) {
				return "", ""
			}
		}
		return fmt.Sprintf("imports %s, but may import %s", shown(imported), listed(r.may)), r.why
	}
	return "the package has no rule for its imports", "give it a line and a reason in internal/repotest"
}

func listed(folders []string) string {
	if len(folders) == 0 {
		return "nothing of ours"
	}
	names := make([]string, len(folders))
	for i, f := range folders {
		names[i] = shown(strings.TrimPrefix(f, "."))
	}
	return strings.Join(names, ", ")
}

func shown(folder string) string {
	if folder == "" {
		return "the root package"
	}
	return folder
}
