package generator

import (
	"slices"

	"github.com/tenancygen/tenancygen/generator/diag"
	"github.com/tenancygen/tenancygen/internal/equivalence"
)

// Reasons for differences that no rewriting of a statement can take away.
const (
	globalKey = "the unique key does not hold the tenant, so another tenant's row is in the way; TG0301 warns of it in ON CONFLICT"
	crossRow  = "the data holds a reference to another tenant's row, from before tenancygen: the slice has no such row, and keeps the reference"
	lockedOwn = "a tenant locks its own rows only: a lock on a shared row would make others wait; TG0304 warns of it, and PostgreSQL does the same under policies"
	cascade   = "ON DELETE acts on another tenant's row that refers to this one: PostgreSQL does it, and policies do not stop it either"
)

// nastyKnown are differences that are documented and stay.
var nastyKnown = []equivalence.Known{
	{Statement: "PlainForeignKeyless", Kind: equivalence.Failure, Reason: globalKey},
	{Statement: "InsertKeyOfAll", Kind: equivalence.Failure, Reason: globalKey},
	{Statement: "ConflictForeignKeyless", Kind: equivalence.Failure, Reason: globalKey},
	{Statement: "ConflictForeignKeyless", Kind: equivalence.Rows, Reason: globalKey},
	{Statement: "ConflictForeignNothing", Kind: equivalence.Failure, Reason: globalKey},
	{Statement: "ConflictForeignNothing", Kind: equivalence.Tag, Reason: globalKey},
	{Statement: "MergeForeignKeyless", Kind: equivalence.Failure, Reason: globalKey},
	{Statement: "ChildConflictByID", Kind: equivalence.Tag, Reason: globalKey},
	{Statement: "ChildConflictUpdate", Kind: equivalence.Tag, Reason: globalKey},
	{Statement: "SharedInsertGiven", Kind: equivalence.Failure, Reason: globalKey},
	{Statement: "SharedNothing", Kind: equivalence.Tag, Reason: globalKey},
	{Statement: "SharedNothing", Kind: equivalence.Failure, Reason: globalKey},
	{Statement: "SharedUpsertByID", Kind: equivalence.Rows, Reason: globalKey},
	{Statement: "SharedUpsertByID", Kind: equivalence.Failure, Reason: globalKey},
	{Statement: "SharedLockAll", Kind: equivalence.Rows, Reason: lockedOwn},
	{Statement: "ConflictMoves", Kind: equivalence.Tag, Reason: globalKey},
	{Statement: "PinUpsertParam", Kind: equivalence.Failure, Reason: crossRow},
	{Statement: "ViewLockedShared", Kind: equivalence.Rows, Reason: lockedOwn},
	{Statement: "CopyDocsOfOrg", Kind: equivalence.Failure, Reason: globalKey},
	{Statement: "CopyDocsOfOrgInBulk", Kind: equivalence.Failure, Reason: globalKey},
	{Statement: "CopyFiles", Kind: equivalence.Failure, Reason: globalKey},
	{Statement: "CopyFilesInBulk", Kind: equivalence.Failure, Reason: globalKey},
	{Statement: "DeleteForeignCascade", Kind: equivalence.Foreign, Reason: cascade},
}

// Reasons for differences of the look-ups that keep foreign keys within the tenant
// (docs/scoping.md). They make a statement stricter for the tenant itself, and
// show nothing of another: a row of another tenant and one that does not exist
// make the same difference.
const (
	// The row is checked before PostgreSQL looks for a conflict: the NULL that a
	// failed look-up puts in its place is an error also where the author's row
	// would have met the tenant's own and never been inserted.
	nullFirst = "a parent that is not the tenant's is an error though the row conflicts with the tenant's own"
	// A look-up sees the tables as they were before the statement.
	sameStatement = "a parent that the same statement inserts is not found"
	// The row would be nobody's, or its foreign key would not be checked.
	nullKey = "NULL in a key that says whose row it is, or in a part of a key, is an error"
)

// nastyStricter are statements that are stricter than the author's by a look-up.
var nastyStricter = []equivalence.Known{
	{Statement: "ChildConflictByID", Kind: equivalence.Failure, Reason: nullFirst},
	{Statement: "ChildConflictUpdate", Kind: equivalence.Failure, Reason: nullFirst},
	{Statement: "PinNothing", Kind: equivalence.Failure, Reason: nullFirst},
	{Statement: "PinHit", Kind: equivalence.Failure, Reason: nullFirst},
	{Statement: "PinUpsert", Kind: equivalence.Failure, Reason: nullFirst},
	{Statement: "ChildOfNewParent", Kind: equivalence.Failure, Reason: sameStatement},
	{Statement: "PartSpare", Kind: equivalence.Failure, Reason: nullKey},
	{Statement: "TagInsert", Kind: equivalence.Failure, Reason: nullKey},
	{Statement: "CopyParts", Kind: equivalence.Failure, Reason: nullKey},
	{Statement: "CopyPartsInBulk", Kind: equivalence.Failure, Reason: nullKey},
	{Statement: "CopyTags", Kind: equivalence.Failure, Reason: nullKey},
	{Statement: "CopyTagsInBulk", Kind: equivalence.Failure, Reason: nullKey},
	{Statement: "TagMove", Kind: equivalence.Failure, Reason: nullKey},
}

// nastyDifferent are all differences of the statements as they are.
func nastyDifferent() []equivalence.Known { return slices.Concat(nastyKnown, nastyStricter) }

// nastyRefused are the statements in refused.sql, by the codes with which they
// are refused.
var nastyRefused = map[string][]diag.Code{
	"ChildDefault":          {diag.TenantColumnWrite},
	"ChildManyValues":       {diag.SyntaxUnsupported},
	"ChildNull":             {diag.TenantColumnWrite},
	"PartSaidTwice":         {diag.SyntaxUnsupported},
	"TagNull":               {diag.TenantColumnWrite},
	"ChildWithoutParent":    {diag.TenantColumnWrite},
	"ConflictSetsTenant":    {diag.TenantColumnWrite},
	"Copy":                  {diag.StatementRefused},
	"CreateTenant":          {diag.TenantColumnWrite},
	"CurrentOf":             {diag.SyntaxUnsupported},
	"DefaultTenant":         {diag.TenantColumnWrite},
	"FieldOfRow":            {diag.SyntaxUnsupported},
	"FullJoinByKey":         {diag.PlacementImpossible},
	"FullJoinSystemColumn":  {diag.PlacementImpossible},
	"InsertLiteralTenant":   {diag.TenantColumnWrite},
	"InsertSelectedTenant":  {diag.TenantColumnWrite},
	"InsertView":            {diag.SyntaxUnsupported},
	"Into":                  {diag.SyntaxUnsupported},
	"MergeGlobalFromTenant": {diag.GlobalWrite},
	"MergeInsertsTenant":    {diag.TenantColumnWrite},
	"MergeNeverReached":     {diag.SQLSyntax},
	"MergeSetsTenant":       {diag.TenantColumnWrite},
	"MergeSystemColumn":     {diag.PlacementImpossible},
	"MergeView":             {diag.SyntaxUnsupported},
	"SQLFunction":           {diag.FunctionRefused},
	"SameNames":             {diag.PlacementImpossible},
	"SetConfig":             {diag.FunctionRefused},
	"SetRootKey":            {diag.TenantColumnWrite},
	"SetTenant":             {diag.TenantColumnWrite},
	"SystemTable":           {diag.RelationUnknown},
	"Truncate":              {diag.StatementRefused},
	"UnknownFunction":       {diag.FunctionRefused},
	"UnknownTable":          {diag.RelationUnknown},
	"WriteGlobalFromTenant": {diag.GlobalWrite},
	"WriteView":             {diag.SyntaxUnsupported},
}
