package parse

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/sqlc-dev/meyer/ast"
)

// sqliteColumn is a column of CREATE TABLE with what is written at it.
type sqliteColumn struct {
	def         ColumnDef
	constraints []ConstraintDef
	// counts is set for a column whose type is INTEGER, which may be the number of the
	// row. PRIMARY KEY DESC at the column makes it none.
	counts bool
}

// sqliteSpelling is how SQL that the compiler writes calls a table. SQLite takes a name
// in any case; sqlc, which types that SQL, takes one between double quotes as it stands
// there, and all others in lower case.
func sqliteSpelling(name *ast.Ident) string {
	if name.Quote == ast.QuoteDouble {
		return name.Name
	}
	return foldASCII(name.Name)
}

func (s *sqliteSchema) createTable(n *ast.CreateTableStmt) {
	s.temporary(n.Temp)
	t := &CreateTable{Name: s.object(n.Name), Spelling: sqliteSpelling(n.Name.Name), NamePos: n.Name.Pos(), IfNotExists: n.IfNotExists, Opaque: n.Select != nil}
	withoutRowid, strict := s.options(n.Options)
	var columns []*sqliteColumn
	for _, def := range n.Columns {
		col := s.column(def)
		columns = append(columns, col)
		t.Constraints = append(t.Constraints, col.constraints...)
	}
	var indexes []DDL
	for _, def := range n.Constraints {
		k, plain := s.tableConstraint(def)
		switch {
		case k == nil:
		case plain:
			t.Constraints = append(t.Constraints, *k)
		case k.Kind == PrimaryKeyConstraint || k.Replaces:
			s.refuse(def.Pos(), "a key with a collation or an expression here", "give the column the collation, or make the key a UNIQUE INDEX")
		default:
			indexes = append(indexes, DDL{CreateIndex: &CreateIndex{Name: cmp.Or(k.Name, fmt.Sprintf("sqlite_autoindex_%s_%d", t.Name.Name, len(indexes)+1)), Table: t.Name, Unique: true, Columns: k.Columns, Expressions: true}})
		}
	}
	for i := range t.Constraints {
		if k := &t.Constraints[i]; k.Kind == PrimaryKeyConstraint {
			primaryKey(k, columns, withoutRowid, strict)
		}
	}
	for _, col := range columns {
		t.Columns = append(t.Columns, col.def)
	}
	s.add(DDL{CreateTable: t})
	for _, d := range indexes {
		s.add(d)
	}
}

// primaryKey says what a primary key makes of its columns. A single INTEGER column is
// the number of the row, and gets one where NULL is written. Other columns take NULL,
// as SQLite never became stricter, but not in tables WITHOUT ROWID, nor in STRICT ones.
func primaryKey(k *ConstraintDef, columns []*sqliteColumn, withoutRowid, strict bool) {
	for _, col := range columns {
		switch {
		case !slices.Contains(k.Columns, col.def.Name):
		case len(k.Columns) == 1 && col.counts && !withoutRowid:
			col.def.Serial, col.def.NotNull, col.def.HasDefault = true, true, true
			k.Nullable = true
		case withoutRowid || strict:
			col.def.NotNull = true
		case !col.def.NotNull:
			k.Nullable = true
		}
	}
}

// options reads what stands behind the columns.
func (s *sqliteSchema) options(list []*ast.TableOption) (withoutRowid, strict bool) {
	for _, n := range list {
		switch word := foldASCII(n.Name.Name); {
		case n.Without && word == "rowid":
			withoutRowid = true
		case !n.Without && word == "strict":
			strict = true
		default:
			s.refuse(n.Pos(), "the table option "+s.text[n.Pos():n.End()], "SQLite knows STRICT and WITHOUT ROWID")
		}
	}
	return withoutRowid, strict
}

// column reads a column and the constraints written with it.
func (s *sqliteSchema) column(n *ast.ColumnDef) *sqliteColumn {
	col := &sqliteColumn{def: ColumnDef{Name: s.name(n.Name), Pos: n.Name.Pos(), Type: sqliteColumnType(n.Type)}}
	if strings.ContainsAny(col.def.Type, "\"'`[") {
		s.refuse(n.Type.Pos(), "a type in quotes", "write it without them")
	}
	col.counts = col.def.Type == "integer" && len(n.Type.Args) == 0
	key := func(kind ConstraintKind, k *ast.ColumnConstraint) {
		col.constraints = append(col.constraints, ConstraintDef{Kind: kind, Name: s.constraintName(k.Name), Pos: k.Pos(),
			Columns: []string{col.def.Name}, Replaces: k.OnConflict == ast.ConflictReplace})
	}
	for _, k := range n.Constraints {
		switch k.Kind {
		case ast.ColumnNotNull:
			// REPLACE puts the default in the place of NULL, and IGNORE leaves the row out.
			col.def.NotNull = k.OnConflict != ast.ConflictReplace && k.OnConflict != ast.ConflictIgnore
		case ast.ColumnPrimaryKey:
			col.counts = col.counts && k.Order != ast.SortDesc
			key(PrimaryKeyConstraint, k)
		case ast.ColumnUnique:
			key(UniqueConstraint, k)
		case ast.ColumnDefault:
			col.def.HasDefault = true
		case ast.ColumnGenerated:
			col.def.Generated = true
		case ast.ColumnCollate:
			col.def.Collation = foldASCII(k.Collation.Name)
		case ast.ColumnReferences:
			fk := s.foreignKey(k.References, []string{col.def.Name})
			fk.Name, fk.Pos = s.constraintName(k.Name), k.Pos()
			col.constraints = append(col.constraints, fk)
		}
	}
	return col
}

func (s *sqliteSchema) constraintName(n *ast.Ident) string {
	if n == nil {
		return ""
	}
	return foldASCII(n.Name)
}

// tableConstraint reads a constraint that stands for itself; nil for a CHECK. It is
// not plain if it is a key of other terms than columns.
func (s *sqliteSchema) tableConstraint(n *ast.TableConstraint) (k *ConstraintDef, plain bool) {
	k = &ConstraintDef{Name: s.constraintName(n.Name), Pos: n.Pos(), Replaces: n.OnConflict == ast.ConflictReplace}
	switch n.Kind {
	case ast.TablePrimaryKey:
		k.Kind = PrimaryKeyConstraint
	case ast.TableUnique:
		k.Kind = UniqueConstraint
	case ast.TableForeignKey:
		fk := s.foreignKey(n.References, s.names(n.FKColumns))
		fk.Name, fk.Pos = k.Name, k.Pos
		return &fk, true
	default:
		return nil, false
	}
	k.Columns, plain = s.keyColumns(n.Columns)
	return k, plain
}

func (s *sqliteSchema) foreignKey(n *ast.ForeignKeyClause, columns []string) ConstraintDef {
	k := ConstraintDef{Kind: ForeignKeyConstraint, Columns: columns, RefTable: ObjectName{Name: s.name(n.Table)}, RefColumns: s.names(n.Columns)}
	for _, arg := range n.Args {
		if foldASCII(arg.Event) == "insert" { // SQLite reads it, and does nothing
			continue
		}
		switch arg.Action {
		case ast.FKSetNull:
			k.SetNull = append(k.SetNull, columns...)
		case ast.FKSetDefault:
			k.SetDefault = append(k.SetDefault, columns...)
		}
	}
	return k
}
