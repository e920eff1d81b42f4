package config

import (
	"slices"
	"strings"

	"github.com/tenancygen/tenancygen/generator/diag"
)

// Vet is the vet: entry, and what sqlc.yaml says.
type Vet struct {
	// Off are the rules that are not wanted.
	Off []string
	// SQLC is set where the project's sqlc.yaml gives the entry rules of its own.
	SQLC bool
}

// The rules of vet.
const (
	RuleConflictTarget    = "tenancy/conflict-target"
	RuleForeignKeyDefault = "tenancy/foreign-key-default"
	RuleGlobalWrite       = "tenancy/global-write"
	RuleSharedLock        = "tenancy/shared-lock"
	RuleTableSample       = "tenancy/table-sample"
	RuleUnscopedExpired   = "tenancy/unscoped-expired"
	RuleUnscopedWrite     = "tenancy/unscoped-write"
)

// VetRules are all rules of vet.
var VetRules = []string{
	RuleConflictTarget, RuleForeignKeyDefault, RuleGlobalWrite, RuleSharedLock, RuleTableSample,
	RuleUnscopedExpired, RuleUnscopedWrite,
}

// IsTenancyRule reports whether a rule is none of sqlc's.
func IsTenancyRule(name string) bool { return strings.HasPrefix(name, "tenancy/") }

// vet reads the vet: map, of rules to false or true.
func (p *parser) vet(e entry) {
	for _, e := range p.entries(e) {
		if !slices.Contains(VetRules, e.key.Value) {
			d := p.errorf(diag.ConfigInvalid, p.span(e.key), "there is no rule %q", e.key.Value).
				WithHelp("the rules are %s", list(VetRules))
			if near := Nearest(e.key.Value, VetRules); near != "" {
				d.WithHelp("did you mean %q?", near)
			}
			continue
		}
		if on, ok := p.boolean(e); ok && !on {
			p.config.Vet.Off = append(p.config.Vet.Off, e.key.Value)
		}
	}
}
