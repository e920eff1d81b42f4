package parse

import (
	"strings"

	"github.com/sqlc-dev/marino/ast"
)

// dropIndex is the action that drops an index, which may be the primary key.
func dropIndex(name string) AlterAction {
	a := AlterAction{Kind: DropConstraint, Name: strings.ToLower(name), Of: UniqueConstraint}
	if a.Name == "primary" {
		a.Of = PrimaryKeyConstraint
	}
	return a
}

// alterTable reads ALTER TABLE. Its actions are done one after the other, so that
// names that are given and taken in one statement are refused.
func (s *mysqlSchema) alterTable(x *ast.AlterTableStmt) {
	table := mysqlObject(x.Table)
	old := map[string]bool{}
	for _, spec := range x.Specs {
		if spec.OldColumnName != nil {
			old[spec.OldColumnName.Name.L] = true
		}
	}
	var renames []*ast.TableName // the table keeps its name until all is done
	for _, spec := range x.Specs {
		if spec.Tp == ast.AlterTableRenameTable {
			renames = append(renames, spec.NewTable)
			continue
		}
		s.alterSpec(table, spec, old)
	}
	for _, to := range renames {
		s.rename(x.Table, to)
	}
}

func (s *mysqlSchema) alterSpec(table ObjectName, spec *ast.AlterTableSpec, old map[string]bool) {
	switch spec.Tp {
	case ast.AlterTableAddColumns:
		for _, def := range spec.NewColumns {
			column, keys := s.columnDef(def)
			s.alter(table, AlterAction{Kind: AddColumn, Name: column.Name, Column: &column, Constraints: keys, IfExists: spec.IfNotExists})
		}
		for _, k := range spec.NewConstraints {
			s.addConstraint(table, k)
		}
	case ast.AlterTableAddConstraint:
		s.addConstraint(table, spec.Constraint)
	case ast.AlterTableDropColumn:
		s.alter(table, AlterAction{Kind: DropColumn, Name: spec.OldColumnName.Name.L, IfExists: spec.IfExists, KeepsKeys: true})
	case ast.AlterTableDropPrimaryKey:
		s.alter(table, dropIndex("PRIMARY"))
	case ast.AlterTableDropIndex:
		s.alter(table, dropIndex(spec.Name))
	case ast.AlterTableDropForeignKey:
		s.alter(table, AlterAction{Kind: DropConstraint, Name: strings.ToLower(spec.Name), Of: ForeignKeyConstraint})
	case ast.AlterTableDropCheck: // also DROP CONSTRAINT, of whatever kind
		a := dropIndex(spec.Constraint.Name)
		if a.Of == UniqueConstraint {
			a.Of = ""
		}
		s.alter(table, a)
	case ast.AlterTableModifyColumn:
		s.setColumn(table, spec.NewColumns[0])
	case ast.AlterTableChangeColumn:
		if from, to := spec.OldColumnName.Name.L, spec.NewColumns[0].Name.Name.L; from != to {
			s.renameColumn(table, from, to, old)
		}
		s.setColumn(table, spec.NewColumns[0])
	case ast.AlterTableRenameColumn:
		s.renameColumn(table, spec.OldColumnName.Name.L, spec.NewColumnName.Name.L, old)
	case ast.AlterTableRenameIndex:
		s.add(DDL{Rename: &Rename{Kind: "constraint", Name: table, From: spec.FromKey.L, To: spec.ToKey.L}})
	case ast.AlterTableAlterColumn:
		a := AlterAction{Kind: DropDefault, Name: spec.NewColumns[0].Name.Name.L}
		if len(spec.NewColumns[0].Options) > 0 {
			a.Kind = SetDefault
		}
		s.alter(table, a)
	case ast.AlterTableOption:
		s.options(table, spec.Options)
		if e := s.engine(spec.Options); e != nil {
			s.alter(table, AlterAction{Kind: SetEngine, Engine: e})
		}
	}
}

func (s *mysqlSchema) renameColumn(table ObjectName, from, to string, old map[string]bool) {
	if old[to] && from != to {
		s.fail(unsupported(s.start(), "giving a column a name that another has in the same ALTER TABLE", "write a statement for each"))
	}
	s.add(DDL{Rename: &Rename{Kind: "column", Name: table, From: from, To: to}})
}

func (s *mysqlSchema) addConstraint(table ObjectName, k *ast.Constraint) {
	if defs := s.constraint(table, k); len(defs) > 0 {
		s.alter(table, AlterAction{Kind: AddConstraint, Constraints: defs})
	}
}

// setColumn reads the whole definition of a column that is there.
func (s *mysqlSchema) setColumn(table ObjectName, def *ast.ColumnDef) {
	column, keys := s.columnDef(def)
	notNull, filled := DropNotNull, DropDefault
	if column.NotNull {
		notNull = SetNotNull
	}
	if column.HasDefault {
		filled = SetDefault
	}
	s.alter(table, AlterAction{Kind: SetType, Name: column.Name, Column: &column, Constraints: keys, Whole: true},
		AlterAction{Kind: notNull, Name: column.Name}, AlterAction{Kind: filled, Name: column.Name})
}

// options reads the collation for columns to come, or, after CONVERT TO, of all.
func (s *mysqlSchema) options(table ObjectName, options []*ast.TableOption) {
	a := AlterAction{Kind: SetCollation, Name: mysqlCollation(options)}
	for _, o := range options {
		if o.Tp == ast.TableOptionCharset && o.UintValue == ast.TableOptionCharsetWithConvertTo {
			a.Kind = ConvertCollation
		}
	}
	if a.Name != "" || a.Kind == ConvertCollation {
		s.alter(table, a)
	}
}
