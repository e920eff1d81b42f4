package generator

import (
	"regexp"

	"github.com/tenancygen/tenancygen/generator/diag"
	"github.com/tenancygen/tenancygen/internal/equivalence"
)

// sqliteKnown are differences that are documented and stay.
var sqliteKnown = []equivalence.Known{
	{Statement: "UpsertGlobalKey", Kind: equivalence.Tag, Reason: globalKey},
}

// lookedUpFirst: MySQL and MariaDB evaluate a subquery without outer columns before they
// look for rows to update. A key of another tenant's and one that does not exist make
// the same difference.
const lookedUpFirst = "the look-up of a foreign key fails though the statement would write no row"

// mySQLKnown are differences that are documented and stay.
var mySQLKnown = []equivalence.Known{
	{Statement: "MoveFile", Kind: equivalence.Failure, Reason: lookedUpFirst, Some: true}, // of MariaDB
	{Statement: "MoveNote", Kind: equivalence.Failure, Reason: lookedUpFirst, Some: true},
	{Statement: "MovePart", Kind: equivalence.Failure, Reason: lookedUpFirst},
}

// mySQLStricter matches look-ups that are the first of two to fail, and those of a
// statement that writes no row: MySQL and MariaDB evaluate a subquery without outer
// columns before they look for rows. A row of another tenant and one that does not exist
// make the same difference. The last two are a DELETE that the server never runs for its
// author, who reads a view of the table or joins the table naturally: in the scoped one
// stands a subquery.
var mySQLStricter = regexp.MustCompile(`\A- (?:Error .*|no error, (?:key 0, 0)?)\n\+ Error 1690 .*'exp\(\(?case when|\A- Error (?:1443|1093) .*\n\+ (?:no error|Error )`)

// mySQLRefused are the statements in mysql/refused.sql.
var mySQLRefused = map[string][]diag.Code{
	"DeleteJoinedParent":  {diag.PlacementImpossible},
	"DeleteReturning":     {diag.SyntaxUnsupported},
	"DeleteTwo":           {diag.SyntaxUnsupported},
	"DuplicateLooksUp":    {diag.SyntaxUnsupported},
	"DuplicateSetsTenant": {diag.TenantColumnWrite},
	"GlobalFromTenant":    {diag.GlobalWrite},
	"InsertIgnore":        {diag.SyntaxUnsupported},
	"InsertReturning":     {diag.SyntaxUnsupported},
	"InsertSelectTenant":  {diag.TenantColumnWrite},
	"InsertSet":           {diag.SyntaxUnsupported},
	"IntoFile":            {diag.SyntaxUnsupported},
	"IntoVariable":        {diag.SyntaxUnsupported},
	"LiteralTenant":       {diag.TenantColumnWrite},
	"LoadData":            {diag.StatementRefused},
	"LoadFile":            {diag.FunctionRefused},
	"OtherDatabase":       {diag.SyntaxUnsupported},
	"ReplaceGlobalKey":    {diag.SyntaxUnsupported},
	"Schema":              {diag.SyntaxUnsupported},
	"SetTenant":           {diag.TenantColumnWrite},
	"SetTenantJoined":     {diag.TenantColumnWrite},
	"SetVariable":         {diag.SyntaxUnsupported},
	"Sleep":               {diag.FunctionRefused},
	"Truncate":            {diag.StatementRefused},
	"UpdateTwo":           {diag.SyntaxUnsupported},
	"UpsertAnyKey":        {diag.SyntaxUnsupported},
	"UpsertGlobalKey":     {diag.SyntaxUnsupported},
	"Variable":            {diag.SyntaxUnsupported},
	"WriteView":           {diag.SyntaxUnsupported},
}

// sqliteRefused are the statements in sqlite/refused.sql.
var sqliteRefused = map[string][]diag.Code{
	"Attach":                   {diag.StatementRefused},
	"BracketedTable":           {diag.CertifyRefused},
	"CTEHidesTable":            {diag.SyntaxUnsupported},
	"ConflictSetsTenant":       {diag.TenantColumnWrite},
	"CreateTenant":             {diag.TenantColumnWrite},
	"FullJoinIndexed":          {diag.PlacementImpossible},
	"FullJoinRowid":            {diag.PlacementImpossible},
	"GlobalFromTenant":         {diag.GlobalWrite},
	"InsertFail":               {diag.SyntaxUnsupported},
	"InsertOrReplaceGlobalKey": {diag.SyntaxUnsupported},
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
	"ViewUnderCTE":             {diag.SyntaxUnsupported},
	"ViewBeforeItsName":        {diag.SyntaxUnsupported},
	"ViewInItsOwnName":         {diag.SyntaxUnsupported},
	"WriteView":                {diag.SyntaxUnsupported},
}
