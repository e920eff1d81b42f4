package diag

// Code identifies a kind of diagnostic. Codes are stable: tools and
// suppressions may rely on them.
type Code string

// The codes, by stage. TG00 configuration and input, TG01 schema and tenancy,
// TG02 statements that are refused, TG03 statements that need the author's
// attention, TG04 certification and analysis, TG09 bugs.
const (
	ConfigSyntax        Code = "TG0001" // not readable as YAML
	ConfigUnknownKey    Code = "TG0002"
	ConfigInvalid       Code = "TG0003" // a value that cannot be used
	FileMissing         Code = "TG0004" // a file or directory that cannot be read
	OutputUnwritable    Code = "TG0005"
	SQLSyntax           Code = "TG0006"
	QueryAnnotation     Code = "TG0007" // a broken -- name: line or @tenancy annotation
	QueryDuplicate      Code = "TG0008"
	OutputOfSQLC        Code = "TG0009" // a file of sqlc's that stays in the package
	TableUnknown        Code = "TG0101" // named in the config, not in the schema
	TableUnclassified   Code = "TG0102"
	TenantColumnType    Code = "TG0103" // tenant columns of different types, or missing
	TenantColumnNull    Code = "TG0104" // a tenant column that may be NULL
	ParentUnusable      Code = "TG0105" // a child table without a usable foreign key
	SchemaUnsupported   Code = "TG0106" // DDL that the catalog does not understand
	GlobalTenantColumn  Code = "TG0107" // a global table with the tenant column
	SharedUnusable      Code = "TG0108" // read: own_or_shared for a table that cannot have shared rows
	TriggerUnseen       Code = "TG0110" // a trigger whose function may touch other rows
	SchemaUnmovable     Code = "TG0111" // DDL that keeps the tables from a schema for each tenant
	StorageEngine       Code = "TG0112" // a tenants' table without transactions or foreign keys
	TableExcluded       Code = "TG0201" // a query uses an excluded table
	RelationUnknown     Code = "TG0202" // a query uses a relation that the schema does not have
	StatementRefused    Code = "TG0203" // a kind of statement that no tenant may run
	SyntaxUnsupported   Code = "TG0204" // a construct that the tool does not handle
	TenantColumnWrite   Code = "TG0205" // a value for the tenant column that is not the tenant
	FunctionRefused     Code = "TG0206"
	PlacementImpossible Code = "TG0207" // no correct place for the predicate
	GlobalWrite         Code = "TG0208" // a tenant's statement writes a global table, or a statement a global table's key to tenants' rows
	ConflictUnguarded   Code = "TG0301" // an upsert whose arbiter lacks the tenant column
	ForeignKeyOpen      Code = "TG0302" // a default for a foreign key that may be another tenant's; a global table's key to tenants' rows
	SampleOfAll         Code = "TG0303" // TABLESAMPLE over all tenants\' rows
	LockOfShared        Code = "TG0304" // FOR UPDATE leaves out shared rows
	RuleTripped         Code = "TG0305" // a rule of vet
	CertifyRefused      Code = "TG0401" // the independent check disagrees
	AnalysisFailed      Code = "TG0402" // sqlc cannot type the statement
	OptionUnsupported   Code = "TG0403" // a go option or command that is not implemented
	StatementUnmovable  Code = "TG0404" // a statement that cannot name tables of a tenant's own
	SlotsRefused        Code = "TG0405" // the check of the slots disagrees
	Internal            Code = "TG0901"
)
