package generator

// byAuthor are statements whose authors wrote out the tenant for every table.
var byAuthor = []string{"MergeTenantGiven", "TenantIsMore", "TenantTwice"}

// sameKey are upserts whose conflict target holds the tenant: they meet their
// own tenant's rows only, and the guard is there so that nobody has to know.
var sameKey = []string{
	"ConflictConstraint", "ConflictSubquery", "ConflictTenantGiven", "ConflictUpdate", "ConflictUpdateSelect",
	"ChildOfReturned", "ChildUpsert", "InsertQuoted", "PinHit", "PinUpsert", "PinUpsertParam", "SharedChildUpsert", "SharedUpsert", "ViewInConflict",
}

// throughParent are outer joins whose condition holds the tenant without the
// predicate: it leads to a parent, or an author's row, that is the tenant's.
var throughParent = []string{"GrandchildrenLeft", "GroupByKey", "LeftAuthorScoped", "SharedChildrenJoined"}

// matchedOnly are MERGE statements without an INSERT that another tenant's row
// could keep from happening, or in which the author compares the tenant: without
// the predicate in ON, the WHEN clauses keep to the tenant's rows.
var matchedOnly = []string{
	"MergeCTE", "MergeChildComputed", "MergeChildMove", "MergeFromGlobal", "MergeKeyPair", "MergePinMove", "MergeRoot", "MergeTargetIsNoCTE", "MergeTenantGiven", "MergeUpdate",
}

// ownOfView are statements that find nothing of other tenants in a view: the
// author compares its tenant, or keys that all tenants have apart; or of which the
// difference is known without that.
var ownOfView = []string{"ViewTenant", "ViewInDelete", "ViewLockedShared"}

// controls are the ways in which plans are spoilt, with what is expected.
var controls = []struct {
	name   string
	tamper tamper
	expected
}{
	{
		name: "no predicates", tamper: dropPredicates,
		expected: expected{
			certified: append([]string{"SharedByAuthor"}, byAuthor...),
			missed: []string{
				"MergeTenantGiven", "TenantIsMore", "TenantTwice", "ViewTenant",
				"AuthorScopes", "MergeFromGlobal", "RootUpdate", // by their authors, too, in ways that certify does not follow
				"ConflictConstraint", "ConflictTenantGiven", "ConflictUpdate", "ChildOfReturned", "ChildUpsert", "InsertQuoted",
				"PinHit", "PinUpsert", "PinUpsertParam",
				"SharedByAuthor", "OwnOnlyByAuthor", "SharedOnlyByAuthor", "SharedChildUpsert", "SharedUpsert",
				"SharedLockAll", "ViewLockedShared", // differ in the same way as they are known to
			},
			foreign: []string{
				"DeleteAll", "DeleteGrandchild", "DeleteInCTE", "DeleteUsingSelf", "MoveInCTE", "PartitionUpdate", "TargetIsNoCTE",
				"UpdateChild", "UpdateFromJoin", "UpdateFromSelf", "UpdateGrandchild", "UpdateInCTE", "UpdateNoWhere", "UpdateOr",
				"UpdateQuoted", "UpdateSubquery", "SharedUpdateAll", "SharedChildUpdate",
			},
		},
	},
	{
		name: "no predicates in the bodies of views", tamper: dropBodies,
		expected: expected{
			missed: ownOfView,
		},
	},
	{
		name: "views by their names", tamper: keepViews,
		expected: expected{
			missed: ownOfView,
		},
	},
	{
		name: "no predicates on outer joins", tamper: dropOn,
		expected: expected{
			certified: append([]string{"MergeFromGlobal", "MergeTenantGiven"}, throughParent...),
			missed: append([]string{
				"GrandchildrenLeft", "GroupByKey", "LeftAuthorScoped", "SharedChildrenJoined",
				"NaturalLeftJoin", "NaturalRoot", "RootJoin", // they join by the tenant column
				"SharedMergeChildren", // its source holds the tenant
			}, matchedOnly...),
		},
	},
	{
		name: "predicates of outer joins in WHERE", tamper: moveToWhere,
		expected: expected{
			// Rows get lost, but none of another tenant's appears: certify cannot know
			// what the author wanted.
			certified: throughParent,
			wrong:     throughParent,
			missed:    []string{"AliasIsParent", "FunctionJoin", "LeftOnTrue", "LeftThenInner", "PartitionDirect", "ViewMaterialized", "ViewCountsShared"},
		},
	},
	{
		name: "no guards", tamper: dropGuards,
		expected: expected{
			missed:  sameKey,
			foreign: []string{"ChildConflictUpdate", "ConflictForeignKeyless"},
		},
	},
	{
		name: "shared rows written and locked", tamper: shareTargets,
		expected: expected{
			missed: []string{
				"SharedChildUpsert", "SharedUpsert", // their keys hold the tenant
				"SharedLock", "SharedLockAll", "SharedLockChildren", // nobody sees a lock
				"SharedTableParents", "SharedTableOldParent", // all stamps are somebody's
			},
			foreign: []string{"SharedUpdateAll", "SharedUpdate", "SharedUpdateFrom", "SharedDeleteSelf", "SharedDeleteInCTE", "SharedChildUpdate"},
		},
	},
	{
		name: "no look-ups of foreign keys", tamper: dropLookups,
		expected: expected{
			certified: []string{"ChildOfValues"}, // a row of VALUES has its keys from subqueries
			missed: []string{
				"ChildOfValues",
				"ChildGrouped", "ChildMoveBare", "ChildMoveCoalesce", "ChildMoveScalar", "ChildStar", "ChildWindow", "KeyNamedBare",
				"PartComputed",                                                                                                   // their values are never another tenant's
				"ChildOfNewParent", "CopyFiles", "PartSpare", "PinCopied", "PinHit", "PinNothing", "PinUpsert", "PinUpsertParam", // known without that
			},
			foreign: []string{"ChildInsert", "ChildMove", "ChildSelected", "GrandchildInsert"},
		},
	},
	{
		name: "no tenant in new rows", tamper: dropInserts,
		expected: expected{
			missed: []string{
				"InsertNoColumnsTenant", "InsertStar", "InsertWithoutListFirst", // the author gives the tenant
				// They fail in the same class of ways as they are known to.
				"ChildOfNewParent", "ConflictForeignKeyless", "ConflictForeignNothing", "CopyDocsOfOrgInBulk", "CopyFiles", "InsertKeyOfAll", "MergeForeignKeyless",
				"PinHit", "PinNothing", "PinUpsert", "PinUpsertParam", "PlainForeignKeyless",
			},
		},
	},
}
