package report

import (
	"bytes"
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"net/url"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/loginwatch/loginwatch"
)

// renderSARIF writes SARIF 2.1.0: one result for each finding, and one for each
// failure without a breaking finding, in the order of [Report.issues]. Cases that
// were skipped have no place in it, but for the first that an interruption cut off.
func renderSARIF(b *bytes.Buffer, r Report, opts Options) error {
	run := sarifRun{
		Tool: sarifTool{Driver: sarifDriver{
			Name: "loginwatch", Version: numeric(r.Version), InformationURI: "https://github.com/loginwatch/loginwatch",
			Rules: []sarifRule{},
		}},
		AutomationDetails: sarifAutomation{ID: "loginwatch/verify/"},
		OriginalURIBaseIDs: map[string]sarifBase{
			srcRoot: {Description: sarifText{"the root of the git repository, otherwise the working directory; files of the built-in pack are named as in loginwatch's own repository"}},
		},
		Invocations: []sarifInvocation{{
			ExecutionSuccessful: ExitCode(r) != exitOurs,
			ExitCode:            ExitCode(r),
			StartTimeUTC:        r.Started.UTC().Truncate(time.Second),
		}},
		Results: []sarifResult{},
		alike:   map[string]int{},
	}
	if r.silent() {
		run.Invocations[0].Notifications = []sarifNotification{{Level: "error", Message: sarifText{nothingRan + "; " + nothingRanNext}}}
	}
	for _, i := range r.issues() {
		if i.finding == nil {
			run.add(runRule(i.Result), runResult(i.Result, opts))
		} else {
			run.add(findingRule(*i.finding), findingResult(i.Result, *i.finding, opts))
		}
	}
	return encodeIndented(b, sarifLog{Schema: sarifSchema, Version: "2.1.0", Runs: []sarifRun{run}})
}

// numeric makes a version that tools can compare: one begins with a figure, and
// that of a build without a number is before all of them.
func numeric(version string) string {
	version = strings.TrimPrefix(version, "v")
	switch {
	case version == "":
		return "0.0.0"
	case version[0] < '0' || version[0] > '9':
		return "0.0.0-" + version
	}
	return version
}

// add appends a result and, when it is the first of its kind, its rule.
//
// GitHub tells alerts apart by primaryLocationLineHash alone, and what uploads a
// report makes that from the line of the file where it is not there: two targets
// that differ from the same statement would be one alert. It ends with a count, as
// in github/codeql-action, fingerprints.ts, for findings that are alike.
func (run *sarifRun) add(rule sarifRule, result sarifResult) {
	rules := &run.Tool.Driver.Rules
	index := slices.IndexFunc(*rules, func(x sarifRule) bool { return x.ID == rule.ID })
	if index < 0 {
		index = len(*rules)
		*rules = append(*rules, rule)
	}
	result.RuleID, result.RuleIndex = rule.ID, index
	id := result.Fingerprints[fingerprintID]
	run.alike[id]++
	result.Fingerprints["primaryLocationLineHash"] = fmt.Sprintf("%s:%d", id, run.alike[id])
	run.Results = append(run.Results, result)
}

// runRule is the rule of a failed run. Findings and reasons share some words,
// so that ids carry a prefix.
func runRule(res Result) sarifRule {
	reason := string(res.Reason)
	if reason == "" {
		reason = string(res.Verdict)
	}
	fault, next := adviceFor(res)
	return sarifRule{
		ID:               "run/" + reason,
		Name:             ruleName("run", reason),
		ShortDescription: sarifText{"The run did not end as it should: " + reason},
		FullDescription:  sarifText{"The run did not end as it should. Likely fault: " + fault + "."},
		Help:             sarifText{sentences("Likely fault: "+fault, labelled("Next: ", next))},
	}
}

// findingHelp says what the levels of findings mean.
const findingHelp = "An error breaks consumers that are written to the document: warn them and tell the vendor.\n" +
	"A warning is a difference that a ruling of the contract allows.\n" +
	"A note is something that the document does not mention."

func findingRule(f loginwatch.Finding) sarifRule {
	return sarifRule{
		ID:               "finding/" + string(f.Kind),
		Name:             ruleName("finding", string(f.Kind)),
		ShortDescription: sarifText{"The answer differs from the contract: " + string(f.Kind)},
		FullDescription:  sarifText{"The answer differs from the contract, which cites the vendor's document: " + cmp.Or(kindWords()[f.Kind], string(f.Kind)) + "."},
		Help:             sarifText{findingHelp},
	}
}

// kindWords says what each kind of finding is about.
func kindWords() map[loginwatch.Kind]string {
	return map[loginwatch.Kind]string{
		loginwatch.KindStatus:         "the HTTP status is another one",
		loginwatch.KindContentType:    "the content type is another one",
		loginwatch.KindHeader:         "a header of the answer is another one, or is missing",
		loginwatch.KindCookie:         "a cookie lacks an attribute, or is missing",
		loginwatch.KindNotJSON:        "the body is not the documented JSON",
		loginwatch.KindMalformed:      "the body is not the documented XML or form data",
		loginwatch.KindMissing:        "a required field is missing",
		loginwatch.KindType:           "a value has another JSON type",
		loginwatch.KindValue:          "a value is not one of the documented ones",
		loginwatch.KindFormat:         "a value does not have the documented form",
		loginwatch.KindExtra:          "the answer has something that is not mentioned",
		loginwatch.KindDuplicateKey:   "a key stands twice in one object, and clients differ in which they take",
		loginwatch.KindEncoding:       "the body's encoding is another one",
		loginwatch.KindTruncated:      "the body ends before it is complete",
		loginwatch.KindTokenMissing:   "there is no token where one is due",
		loginwatch.KindTokenForm:      "the token has another form",
		loginwatch.KindTokenExpired:   "the token has expired already",
		loginwatch.KindTokenLifetime:  "the token lives for another time",
		loginwatch.KindTokenAlgorithm: "the token is signed in another way, or not at all",
		loginwatch.KindTokenMismatch:  "the token and the answer around it contradict each other",
		loginwatch.KindTokenReused:    "the token is one that was handed out before",
		loginwatch.KindTokenSignature: "the token's signature does not verify",
		loginwatch.KindTokenKey:       "the keys that verify the token are not as they should be",
		loginwatch.KindTokenClaim:     "the token says something else of itself",
		loginwatch.KindClockSkew:      "the vendor's clock and ours differ",
		loginwatch.KindRedirect:       "it redirects elsewhere than documented, or instead of answering",
		loginwatch.KindOwnCertificate: "our own client certificate ends soon",
		loginwatch.KindFollowUp:       "what uses the login's answer failed",
		loginwatch.KindCleanup:        "what the login opened could not be closed",
	}
}

// ruleName is the id in PascalCase, as viewers expect it.
func ruleName(words ...string) string {
	var b strings.Builder
	for _, w := range strings.Split(strings.Join(words, "-"), "-") {
		if w != "" {
			b.WriteString(strings.ToUpper(w[:1]) + w[1:])
		}
	}
	return b.String()
}

func runResult(res Result, opts Options) sarifResult {
	return sarifResult{
		Level:        "error",
		Message:      sarifText{runTitle(res) + "\n" + runMessage(res)},
		Locations:    sarifLocations(opts.place(res.Place), res.Vendor+"/"+res.Case),
		Fingerprints: fingerprint(res.Vendor, res.Case, string(res.Verdict), string(res.Reason), res.Target),
		Properties:   sarifProperties{Vendor: res.Vendor, Case: res.Case, Target: res.Target, Run: res.Run, Verdict: string(res.Verdict)},
	}
}

func findingResult(res Result, f loginwatch.Finding, opts Options) sarifResult {
	return sarifResult{
		Level:        sarifLevel(f.Class),
		Message:      sarifText{subject(res) + ": " + findingMessage(res, f)},
		Locations:    sarifLocations(opts.place(cmp.Or(f.Contract, res.Place)), res.Vendor+"/"+res.Case+f.Pointer),
		Related:      sarifRelated(opts.place(f.Schema)),
		Fingerprints: fingerprint(f.Fingerprint, res.Target),
		Properties: sarifProperties{
			Vendor: res.Vendor, Case: res.Case, Target: res.Target, Run: res.Run,
			Verdict: string(res.Verdict), Class: string(f.Class), Pointer: f.Pointer,
		},
	}
}

// fingerprint identifies a result from run to run, at one target.
func fingerprint(parts ...string) map[string]string {
	sum := sha256.Sum256([]byte(strings.Join(parts, "\x00")))
	return map[string]string{fingerprintID: hex.EncodeToString(sum[:8])}
}

func sarifLevel(c loginwatch.Class) string {
	switch c {
	case loginwatch.Breaking:
		return "error"
	case loginwatch.Tolerated:
		return "warning"
	}
	return "note"
}

// sarifLocations points to FILE:LINE, and to the field of the answer by name.
func sarifLocations(place, name string) []sarifLocation {
	loc := sarifLocation{Logical: []sarifLogical{{FullyQualifiedName: name, Kind: "member"}}}
	loc.Physical = sarifPlace(place)
	return []sarifLocation{loc}
}

func sarifRelated(place string) []sarifLocation {
	p := sarifPlace(place)
	if p == nil {
		return nil
	}
	return []sarifLocation{{Physical: p, Message: &sarifText{"the schema's statement"}}}
}

// sarifPlace gives nil for an empty place. A relative file is below the source
// root; a pack elsewhere on the machine has an absolute one.
func sarifPlace(place string) *sarifPhysical {
	if place == "" {
		return nil
	}
	file, line := splitPlace(place)
	p := &sarifPhysical{}
	if filepath.IsAbs(file) {
		p.Artifact.URI = (&url.URL{Scheme: "file", Path: filepath.ToSlash(file)}).String()
	} else {
		p.Artifact = sarifArtifact{URI: relativeURI(filepath.ToSlash(file)), BaseID: srcRoot}
	}
	if line > 0 {
		p.Region = &sarifRegion{StartLine: line}
	}
	return p
}

// relativeURI escapes a path; url.URL would put "./" before some.
func relativeURI(path string) string {
	parts := strings.Split(path, "/")
	for i, part := range parts {
		parts[i] = url.PathEscape(part)
	}
	return strings.Join(parts, "/")
}
