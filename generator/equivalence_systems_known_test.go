package generator

import (
	"github.com/tenancygen/tenancygen/generator/diag"
	"github.com/tenancygen/tenancygen/internal/equivalence"
)

// sqliteKnown are differences that are documented and stay.
var sqliteKnown = []equivalence.Known{
	{Statement: "UpsertGlobalKey", Kind: equivalence.Tag, Reason: globalKey},
}

// sqliteRefused are the statements in sqlite/refused.sql.
var sqliteRefused = map[string][]diag.Code{
	"Attach":                   {diag.StatementRefused},
	"BracketedTable":           {diag.CertifyRefused},
	"CTEHidesTable":            {diag.CertifyRefused},
	"ConflictSetsTenant":       {diag.TenantColumnWrite},
	"CreateTenant":             {diag.TenantColumnWrite},
	"FullJoinIndexed":          {diag.PlacementImpossible},
	"FullJoinRowid":            {diag.PlacementImpossible},
	"GlobalFromTenant":         {diag.GlobalWrite},
	"InsertFail":               {diag.SyntaxUnsupported},
	"InsertOrReplaceGlobalKey": {diag.SyntaxUnsupported},
	"InsertSharedOld":          {diag.SyntaxUnsupported},
	"LiteralTenant":            {diag.TenantColumnWrite},
	"LoadExtension":            {diag.FunctionRefused},
	"NoSuchTable":              {diag.RelationUnknown},
	"NoSuchWord":               {diag.SyntaxUnsupported},
	"OtherDatabase":            {diag.SyntaxUnsupported},
	"Pragma":                   {diag.SyntaxUnsupported},
	"PragmaStatement":          {diag.StatementRefused},
	"ReplaceGlobalKey":         {diag.SyntaxUnsupported},
	"SetRootKey":               {diag.TenantColumnWrite},
	"SetTenant":                {diag.TenantColumnWrite},
	"SetTenantInColumns":       {diag.TenantColumnWrite},
	"SharedReplace":            {diag.SyntaxUnsupported},
	"Unknown":                  {diag.FunctionRefused},
	"UpdateOrReplaceGlobalKey": {diag.SyntaxUnsupported},
	"UpsertTwoClauses":         {diag.SyntaxUnsupported},
	"ViewUnderCTE":             {diag.CertifyRefused},
	"WriteView":                {diag.SyntaxUnsupported},
}
