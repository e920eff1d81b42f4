package equivalence

import (
	"strings"

	"github.com/tenancygen/tenancygen/generator/catalog"
	"github.com/tenancygen/tenancygen/generator/ir"
)

// keepShared makes a slice's shared rows what they are for a tenant: there to be
// read, and not there for UPDATE and DELETE. A row that would become shared is an
// integrity violation, as one with an unknown parent is.
func keepShared(sql *strings.Builder, cat *catalog.Catalog) {
	for _, t := range cat.Tables {
		if t.View != nil || t.Kind == ir.KindPartition || !t.Tenancy.Shared {
			continue
		}
		name := quote("keep shared " + t.Schema + "." + t.Name)
		sql.WriteString("CREATE FUNCTION frozen." + name + "() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN\n" +
			"IF TG_OP <> 'INSERT' AND " + inPostgreSQL.sharedRow(t, cat, "OLD") + " THEN RETURN NULL; END IF;\n" +
			"IF TG_OP = 'DELETE' THEN RETURN OLD; END IF;\n" +
			"IF " + inPostgreSQL.sharedRow(t, cat, "NEW") + " THEN RAISE integrity_constraint_violation; END IF;\n" +
			"RETURN NEW; END $$;\n" +
			"CREATE TRIGGER keep_shared BEFORE INSERT OR UPDATE OR DELETE ON " + qualified(t.Schema, t.Name) +
			" FOR EACH ROW EXECUTE FUNCTION frozen." + name + "();\n")
	}
}
