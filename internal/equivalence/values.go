package equivalence

import "github.com/tenancygen/tenancygen/generator/catalog"

// Values are the values of a column in the shared database, each once and without
// NULL: those of the tenant, and those that only other tenants' rows have, or,
// for a global table, all rows.
func (p *Pair) Values(t *catalog.Table, column string) (own, others []Argument) {
	for _, s := range p.samples {
		if s.table.Schema != t.Schema || s.table.Name != t.Name {
			continue
		}
		for k, name := range s.columns {
			if name == column {
				return s.values(k, p.tenant)
			}
		}
	}
	return nil, nil
}

func (s *sample) values(k int, tenant string) (own, others []Argument) {
	seen := map[string]bool{}
	for _, mine := range []bool{true, false} {
		for _, row := range s.rows {
			v := row.values[k]
			if (row.owner == tenant) != mine || v == nil || seen[string(v)] {
				continue
			}
			seen[string(v)] = true
			if mine {
				own = append(own, v)
			} else {
				others = append(others, v)
			}
		}
	}
	return own, others
}

// Tenant is whose pair it is.
func (p *Pair) Tenant() string { return p.tenant }
