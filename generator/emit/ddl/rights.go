package ddl

import (
	"fmt"

	"github.com/tenancygen/tenancygen/generator/ir"
)

// The rights that the role gets and loses. TRUNCATE and REFERENCES are not
// subject to policies, and a trigger runs with the rights of whoever fires it.
const (
	readAndWrite = "SELECT, INSERT, UPDATE, DELETE"
	notForRows   = "TRUNCATE, REFERENCES, TRIGGER"
	notForRead   = "INSERT, UPDATE, DELETE, " + notForRows
	everything   = readAndWrite + ", " + notForRows
)

// add appends a relation to the script.
func (b *builder) add(s *script, t *ir.Table) error {
	r := relationScript{
		Name: b.name(t),
		Role: s.Role,
		View: t.Kind == ir.KindView,
	}
	r.Invoker = r.View
	for _, sequence := range t.Sequences {
		r.Sequences = append(r.Sequences, relation(b.pkg, sequence))
	}

	forbidden := everything
	switch t.Kind {
	case ir.KindTable, ir.KindPartition:
		var err error
		if forbidden, err = b.addTable(&r, t); err != nil {
			return err
		}
	case ir.KindView:
		forbidden = b.addView(&r, t)
	case ir.KindMaterializedView:
		forbidden = b.addMaterializedView(&r, t)
	default:
		return fmt.Errorf("relation %s is of unknown kind %q", r.Name, t.Kind)
	}
	r.Note = comment(r.Note)

	if len(r.Policies) > 0 {
		s.Protected = append(s.Protected, r)
	} else {
		s.Unprotected = append(s.Unprotected, r)
	}
	s.Checks = append(s.Checks, check{Name: literal(r.Name), Forbidden: literal(forbidden)})
	return nil
}

// addTable fills in a table or partition, and returns the rights that the role
// must not have on it.
func (b *builder) addTable(r *relationScript, t *ir.Table) (forbidden string, err error) {
	scoped := false
	switch t.Tenancy.Class {
	case ir.ClassTenant:
		scoped = true
		r.Note = fmt.Sprintf("%s: the tenant is in %s.", r.Name, identifier(t.Tenancy.Column))
	case ir.ClassRoot:
		scoped = true
		r.Note = fmt.Sprintf("%s: the tenants themselves; each sees its own row.", r.Name)
	case ir.ClassChild:
		scoped = true
		r.Note = fmt.Sprintf("%s: belongs to a tenant through %s.", r.Name, b.parents(t.Tenancy.Path))
	case ir.ClassGlobal:
		r.Note = fmt.Sprintf("%s: global, the same rows for every tenant.", r.Name)
	case ir.ClassExcluded:
		r.Note = fmt.Sprintf("%s: excluded, not for the application.", r.Name)
	default:
		return "", fmt.Errorf("table %s is of unknown class %q", r.Name, t.Tenancy.Class)
	}
	if scoped {
		if r.Policies, err = b.policies(t); err != nil {
			return "", err
		}
		if t.Tenancy.Shared {
			r.Note += " Rows without a tenant are everybody's to read and nobody's to write."
		}
	}

	switch {
	case t.Tenancy.Class == ir.ClassExcluded:
		r.Revoked = "ALL"
		return everything, nil
	case t.Kind == ir.KindPartition && !t.Direct:
		// A query on the parent needs no right on its partitions. One on the
		// partition itself would not meet the parent's policies.
		r.Note += " A partition: reached through its parent only."
		r.Revoked = "ALL"
		return everything, nil
	case scoped || t.Written:
		r.Granted, r.Revoked, r.Inserts = readAndWrite, notForRows, true
		return notForRows, nil
	default:
		r.Granted, r.Revoked = "SELECT", notForRead
		return notForRead, nil
	}
}

// addView fills in a view. It reads its tables as the role that asks, and so
// under their policies; without security_invoker it would read them as its
// owner.
func (b *builder) addView(r *relationScript, t *ir.Table) (forbidden string) {
	if t.Tenancy.Class == ir.ClassExcluded {
		r.Note = fmt.Sprintf("%s: a view, excluded, not for the application.", r.Name)
		r.Revoked = "ALL"
		return everything
	}
	r.Note = fmt.Sprintf("%s: a view, under the policies of its tables.", r.Name)
	r.Granted, r.Revoked = "SELECT", notForRead
	return notForRead
}

// addMaterializedView fills in a materialized view. It cannot have policies, so
// only one that holds no tenant's rows is open.
func (b *builder) addMaterializedView(r *relationScript, t *ir.Table) (forbidden string) {
	if t.Tenancy.Class == ir.ClassGlobal {
		r.Note = fmt.Sprintf("%s: a global materialized view.", r.Name)
		r.Granted, r.Revoked = "SELECT", notForRead
		return notForRead
	}
	r.Note = fmt.Sprintf("%s: a materialized view can have no policy; closed.", r.Name)
	r.Revoked = "ALL"
	return everything
}
