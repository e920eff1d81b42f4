package audit

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"net/url"
	"slices"
	"unicode/utf8"
)

// JSON writes the report as one JSON object.
func (r *Report) JSON(w io.Writer) error { return encode(w, r) }

func encode(w io.Writer, v any) error {
	enc := json.NewEncoder(w)
	enc.SetEscapeHTML(false)
	enc.SetIndent("", "  ")
	return enc.Encode(v)
}

// SARIF writes the findings in the form of SARIF 2.1.0, as GitHub's code scanning
// reads it. version is that of the tool.
func (r *Report) SARIF(w io.Writer, version string) error {
	run := sarifRun{ColumnKind: "unicodeCodePoints", Results: []sarifResult{}}
	run.Tool.Driver = sarifDriver{Name: "tenancygen", Version: version, SemanticVersion: trimV(version),
		InformationURI: "https://github.com/tenancygen/tenancygen", Rules: sarifRules()}
	seen := map[string]int{}
	for _, q := range r.Queries {
		for _, f := range q.Findings {
			run.Results = append(run.Results, f.sarif(seen))
		}
	}
	return encode(w, sarifLog{Schema: "https://json.schemastore.org/sarif-2.1.0.json", Version: "2.1.0", Runs: []sarifRun{run}})
}

func trimV(version string) string {
	if len(version) > 0 && version[0] == 'v' {
		return version[1:]
	}
	return version
}

type sarifLog struct {
	Schema  string     `json:"$schema"`
	Version string     `json:"version"`
	Runs    []sarifRun `json:"runs"`
}

type sarifRun struct {
	Tool struct {
		Driver sarifDriver `json:"driver"`
	} `json:"tool"`
	ColumnKind string        `json:"columnKind"`
	Results    []sarifResult `json:"results"`
}

type sarifDriver struct {
	Name            string      `json:"name"`
	Version         string      `json:"version"`
	SemanticVersion string      `json:"semanticVersion"`
	InformationURI  string      `json:"informationUri"`
	Rules           []sarifRule `json:"rules"`
}

type sarifText struct {
	Text     string `json:"text"`
	Markdown string `json:"markdown,omitempty"`
}

type sarifRule struct {
	ID                   string    `json:"id"`
	Name                 string    `json:"name"`
	ShortDescription     sarifText `json:"shortDescription"`
	FullDescription      sarifText `json:"fullDescription"`
	Help                 sarifText `json:"help"`
	HelpURI              string    `json:"helpUri"`
	DefaultConfiguration struct {
		Level Level `json:"level"`
	} `json:"defaultConfiguration"`
	Properties struct {
		Tags             []string `json:"tags"`
		Precision        string   `json:"precision"`
		SecuritySeverity string   `json:"security-severity"`
	} `json:"properties"`
}

func sarifRules() []sarifRule {
	var out []sarifRule
	for _, r := range Rules {
		s := sarifRule{ID: r.ID, Name: r.Name, ShortDescription: sarifText{Text: r.Short}, FullDescription: sarifText{Text: r.Short + ". " + r.Help},
			Help:    sarifText{Text: r.Help, Markdown: fmt.Sprintf("**%s.** %s", r.Short, r.Help)},
			HelpURI: "https://github.com/tenancygen/tenancygen/blob/main/docs/audit.md"}
		s.DefaultConfiguration.Level = r.Level
		s.Properties.Tags, s.Properties.Precision, s.Properties.SecuritySeverity = []string{"security", "multi-tenancy", "sql"}, "high", r.Severity
		out = append(out, s)
	}
	return out
}

type sarifResult struct {
	RuleID              string            `json:"ruleId"`
	RuleIndex           int               `json:"ruleIndex"`
	Level               Level             `json:"level"`
	Message             sarifText         `json:"message"`
	Locations           []sarifLocation   `json:"locations"`
	PartialFingerprints map[string]string `json:"partialFingerprints"`
	Properties          map[string]string `json:"properties,omitempty"`
}

type sarifLocation struct {
	PhysicalLocation struct {
		ArtifactLocation struct {
			URI       string `json:"uri"`
			URIBaseID string `json:"uriBaseId"`
		} `json:"artifactLocation"`
		Region sarifRegion `json:"region"`
	} `json:"physicalLocation"`
	LogicalLocations []sarifLogical `json:"logicalLocations,omitempty"`
}

type sarifRegion struct {
	StartLine   int `json:"startLine"`
	StartColumn int `json:"startColumn"`
	EndLine     int `json:"endLine"`
	EndColumn   int `json:"endColumn"`
}

type sarifLogical struct {
	Name string `json:"name"`
	Kind string `json:"kind"`
}

// sarif is the result for a finding. Its fingerprint has no line in it, so that
// it stays the same finding when the file changes above it; seen counts those
// that are otherwise alike.
func (f *Finding) sarif(seen map[string]int) sarifResult {
	text := f.Message
	if f.query.Name != "" {
		text = f.query.Name + ": " + text
	}
	if f.ScopedSQL != "" {
		text += "\n\ntenancygen would send:\n\n" + f.ScopedSQL
	}
	out := sarifResult{RuleID: f.Rule, Level: f.Level, Message: sarifText{Text: text}}
	out.RuleIndex = slices.IndexFunc(Rules, func(r Rule) bool { return r.ID == f.Rule })
	var at sarifLocation
	at.PhysicalLocation.ArtifactLocation.URI = (&url.URL{Path: f.File}).String()
	at.PhysicalLocation.ArtifactLocation.URIBaseID = "%SRCROOT%"
	at.PhysicalLocation.Region = sarifRegion{f.Line, f.runes(f.Line, f.Column), f.EndLine, f.runes(f.EndLine, f.EndColumn)}
	if f.query.Name != "" {
		at.LogicalLocations = []sarifLogical{{Name: f.query.Name, Kind: "function"}}
	}
	out.Locations = []sarifLocation{at}
	id := fmt.Sprintf("%s\x00%s\x00%s\x00%s", f.Rule, f.File, f.query.Name, f.Message)
	seen[id]++
	sum := sha256.Sum256(fmt.Appendf(nil, "%s\x00%d", id, seen[id]))
	out.PartialFingerprints = map[string]string{"tenancygenFinding/v1": hex.EncodeToString(sum[:16])}
	return out
}

// runes turns a column in bytes into one in characters.
func (f *Finding) runes(line, column int) int {
	if f.file == nil {
		return column
	}
	text := f.file.Line(line)
	return utf8.RuneCountInString(text[:min(max(column-1, 0), len(text))]) + 1
}
