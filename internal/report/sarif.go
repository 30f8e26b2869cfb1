package report

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"net/url"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/loginwatch/loginwatch"
)

// renderSARIF writes SARIF 2.1.0: one result for each finding, and one for each
// failure without a breaking finding. Skipped cases have no place in it.
func renderSARIF(b *bytes.Buffer, r Report, _ TextOptions) error {
	run := sarifRun{
		Tool: sarifTool{Driver: sarifDriver{
			Name: "loginwatch", Version: r.Version, InformationURI: "https://github.com/loginwatch/loginwatch",
			Rules: []sarifRule{},
		}},
		AutomationDetails: sarifAutomation{ID: "loginwatch/verify/"},
		OriginalURIBaseIDs: map[string]sarifBase{
			srcRoot: {Description: sarifText{"the folder that holds the pack"}},
		},
		Invocations: []sarifInvocation{{
			ExecutionSuccessful: ExitCode(r) != exitOurs,
			ExitCode:            ExitCode(r),
			StartTimeUTC:        r.Started.UTC().Truncate(time.Second),
		}},
		Results: []sarifResult{},
	}
	if len(r.Results) == 0 {
		run.Invocations[0].Notifications = []sarifNotification{{Level: "error", Message: sarifText{nothingRan + "; " + nothingRanNext}}}
	}
	for _, res := range r.Results {
		if res.failed() && len(res.class(loginwatch.Breaking)) == 0 {
			run.add(runRule(res), runResult(res))
		}
		for _, f := range res.Findings {
			run.add(findingRule(f), findingResult(res, f))
		}
	}
	return encodeIndented(b, sarifLog{Schema: sarifSchema, Version: "2.1.0", Runs: []sarifRun{run}})
}

// add appends a result and, when it is the first of its kind, its rule.
func (run *sarifRun) add(rule sarifRule, result sarifResult) {
	rules := &run.Tool.Driver.Rules
	index := slices.IndexFunc(*rules, func(x sarifRule) bool { return x.ID == rule.ID })
	if index < 0 {
		index = len(*rules)
		*rules = append(*rules, rule)
	}
	result.RuleID, result.RuleIndex = rule.ID, index
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
		ShortDescription: sarifText{"The login could not be checked: " + reason},
		Help:             &sarifText{"Likely fault: " + fault + ".\nNext: " + next + "."},
	}
}

func findingRule(f loginwatch.Finding) sarifRule {
	return sarifRule{
		ID:               "finding/" + string(f.Kind),
		Name:             ruleName("finding", string(f.Kind)),
		ShortDescription: sarifText{"The answer differs from the contract: " + string(f.Kind)},
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

func runResult(res Result) sarifResult {
	sum := sha256.Sum256([]byte(strings.Join([]string{
		res.Vendor, res.Case, string(res.Verdict), string(res.Reason),
	}, "\x00")))
	return sarifResult{
		Level:        "error",
		Message:      sarifText{runTitle(res) + "\n" + runMessage(res)},
		Locations:    sarifLocations(res.Place, res.Vendor+"/"+res.Case),
		Fingerprints: map[string]string{fingerprintID: hex.EncodeToString(sum[:8])},
		Properties:   sarifProperties{Vendor: res.Vendor, Case: res.Case, Target: res.Target, Run: res.Run, Verdict: string(res.Verdict)},
	}
}

func findingResult(res Result, f loginwatch.Finding) sarifResult {
	return sarifResult{
		Level:        sarifLevel(f.Class),
		Message:      sarifText{res.Vendor + " " + res.Case + ": " + findingMessage(res, f)},
		Locations:    sarifLocations(f.Contract, res.Vendor+"/"+res.Case+f.Pointer),
		Related:      sarifRelated(f.Schema),
		Fingerprints: map[string]string{fingerprintID: f.Fingerprint},
		Properties: sarifProperties{
			Vendor: res.Vendor, Case: res.Case, Target: res.Target, Run: res.Run,
			Verdict: string(res.Verdict), Class: string(f.Class), Pointer: f.Pointer,
		},
	}
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
