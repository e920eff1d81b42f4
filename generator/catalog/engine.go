package catalog

import (
	"github.com/tenancygen/tenancygen/generator/diag"
	"github.com/tenancygen/tenancygen/generator/ir"
	"github.com/tenancygen/tenancygen/generator/parse"
)

func (l loader) setEngine(t *Table, e *parse.StorageEngine) {
	if e != nil {
		t.Engine, t.EngineSpan = e.Name, l.span(e.Pos, len("ENGINE"))
	}
}

// checkEngine refuses a tenants' table that is kept without transactions or foreign keys.
func (k *classifier) checkEngine(t *Table) {
	switch t.Tenancy.Class {
	case ir.ClassTenant, ir.ClassRoot, ir.ClassChild:
	default:
		return
	}
	if t.Engine == "" {
		return
	}
	if why := k.Dialect.UnfitEngine(t.Engine); why != "" {
		k.report.Errorf(diag.StorageEngine, t.EngineSpan, "the storage engine %s of the tenants' table %q %s", t.Engine, t.QualifiedName(), why).
			WithHelp("write ENGINE=InnoDB, also as ALTER TABLE %s ENGINE=InnoDB in one more migration, or declare the table global or excluded", t.QualifiedName())
	}
}
