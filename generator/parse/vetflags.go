package parse

import (
	"slices"
	"strings"
)

// VetFlags say which rules of vet a query is exempt from.
type VetFlags struct {
	// All is set by sqlc's @sqlc-vet-disable without names.
	All bool
	// Rules are the rules named behind it, or behind @tenancy vet-disable.
	Rules []string
}

// Exempts reports whether the rule is not for the query.
func (v VetFlags) Exempts(rule string) bool { return v.All || slices.Contains(v.Rules, rule) }

// sqlc takes in sqlc's flag, if the comment line is that.
func (v *VetFlags) sqlc(text string) {
	words := strings.Fields(text)
	if len(words) == 0 || words[0] != "@sqlc-vet-disable" {
		return
	}
	v.All = v.All || len(words) == 1
	v.Rules = append(v.Rules, words[1:]...)
}

// tenancy takes in what is behind @tenancy, if it is our flag with names of rules.
func (v *VetFlags) tenancy(text string) bool {
	words := strings.Fields(text)
	if len(words) < 2 || words[0] != "vet-disable" {
		return false
	}
	v.Rules = append(v.Rules, words[1:]...)
	return true
}
