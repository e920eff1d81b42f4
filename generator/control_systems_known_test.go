package generator

// plainByAuthor are statements whose authors wrote out the tenant in a way that certify
// does not follow, or of which they compare the tenant in a view.
var plainByAuthor = []string{"AuthorsTenant", "UpdateByTenant", "ViewOfTenant"}

// plainSameKey are upserts of SQLite whose conflict target holds the tenant.
var plainSameKey = []string{"SharedUpsert", "UpsertChild", "UpsertOwn", "UpsertOwnReturning", "UpsertPin"}

// plainChanges are statements that without predicates change rows of other tenants.
var plainChanges = []string{
	"UpdateAll", "UpdateOr", "UpdateSubquery", "UpdateChild", "UpdateGrandchild", "UpdateRoot",
	"DeleteAll", "DeleteOr", "DeleteIn", "DeleteGrandchild", "DeleteCascade", "DeleteNobodys",
}

// plainThroughParent are outer joins whose condition leads to a parent that is the
// tenant's; their rows get lost where the predicate is in WHERE.
var plainThroughParent = []string{"LeftJoin", "NestedJoins"}

// plainOwnKeys are statements that write only keys out of the tenant's own rows.
var plainOwnKeys = []string{"InsertComputedKey", "InsertLeastKey", "InsertOpenKeys"}

// plainForeignKeys are statements that without look-ups give another tenant's row a child.
var plainForeignKeys = []string{"InsertChild", "InsertTwoColumns"}

// controlsOfSystems is what each way to spoil plans is expected to do, by the database
// and by its name in controls.
var controlsOfSystems = map[string]map[string]expected{
	"sqlite": {
		"no predicates": {
			missed:  append(plainSameKey[:len(plainSameKey):len(plainSameKey)], plainByAuthor...),
			foreign: append([]string{"UpdateFrom", "UpdateReturning", "UpdateWith", "UpdateByRowid", "DeleteReturning", "DeleteByRowid", "SharedUpdate", "SharedDelete"}, plainChanges...),
		},
		"no predicates in the bodies of views": {missed: []string{"InTable", "ViewOfTenant"}},
		"views by their names":                 {missed: []string{"InTable", "ViewOfTenant"}},
		"no predicates on outer joins": {
			certified: append([]string{"NotIndexed"}, plainThroughParent...),
			missed:    append([]string{"NotIndexed", "RowidsOuter", "LeftUsing", "NaturalLeft"}, plainThroughParent...), // two join by the tenant column
		},
		"predicates of outer joins in WHERE": {
			certified: append([]string{"NotIndexed"}, plainThroughParent...),
			wrong:     append([]string{"NotIndexed"}, plainThroughParent...),
		},
		"no guards":                      {missed: append([]string{"UpsertSelect"}, plainSameKey...), foreign: []string{"UpsertGlobalKey"}},
		"shared rows written and locked": {missed: []string{"SharedUpsert"}, foreign: []string{"SharedUpdate", "SharedDelete"}},
		"no look-ups of foreign keys":    {missed: append([]string{"InsertSharedOld"}, plainOwnKeys...), foreign: plainForeignKeys},
		"no tenant in new rows":          {},
	},
	"mysql": {
		"no predicates": {
			missed:  plainByAuthor,
			foreign: append([]string{"UpdateJoin", "UpdateFirst", "UpdateComma", "DeleteJoin", "DeleteFirst", "DeleteUsing"}, plainChanges...),
		},
		"no predicates in the bodies of views": {missed: []string{"ViewOfTenant"}},
		"views by their names":                 {missed: []string{"ViewOfTenant"}},
		"no predicates on outer joins": {
			certified: append([]string{"IndexHints", "UpdateLeftJoin", "UpdateMissingSide"}, plainThroughParent...),
			missed:    append([]string{"IndexHints", "UpdateLeftJoin", "UpdateMissingSide", "LeftUsing", "NaturalLeft"}, plainThroughParent...),
		},
		"predicates of outer joins in WHERE": {
			certified: append([]string{"IndexHints"}, plainThroughParent...),
			wrong:     append([]string{"IndexHints"}, plainThroughParent...),
		},
		"no guards":                      {none: "ON DUPLICATE KEY UPDATE can have none"},
		"shared rows written and locked": {none: "no statement writes a table with shared rows: the oracle cannot keep those on the slice"},
		"no look-ups of foreign keys":    {missed: append([]string{"MoveFile"}, plainOwnKeys...), foreign: plainForeignKeys}, // known to differ
		"no tenant in new rows":          {},
	},
}
