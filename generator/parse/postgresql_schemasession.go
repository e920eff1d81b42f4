package parse

import (
	"reflect"
	"slices"
	"strings"

	"github.com/sqlc-dev/oliphant/ast"
)

// harmlessSettings are what dumps set before they make a schema, and what none of
// it depends on.
var harmlessSettings = strings.Fields(`statement_timeout lock_timeout idle_in_transaction_session_timeout transaction_timeout
	client_encoding standard_conforming_strings check_function_bodies xmloption client_min_messages row_security
	default_table_access_method default_tablespace default_with_oids`)

// set reads SET: what makes no difference to the schema is for the session.
func (r *schemaReader) set(s *ast.VariableSetStmt) {
	r.out.Kind = SetsSession
	if at := r.from + 1; r.is(at, "session") && !r.is(at+1, "authorization") {
		r.out.Local = r.sub(at, at+1).span()
	} else if !s.IsLocal && r.is(r.from, "set") {
		r.out.Local = Range{r.list[r.from].End, r.list[r.from].End}
	}
	name := strings.ToLower(s.Name)
	var values []string
	for _, n := range s.Args {
		values = append(values, n.GetAConst().GetSval().GetSval())
	}
	switch {
	case s.Kind == ast.VariableSetKind_VAR_RESET_ALL || s.Kind == ast.VariableSetKind_VAR_SET_MULTI:
	case slices.Contains(harmlessSettings, name):
	case name == "search_path":
		r.searchPath(values)
	default:
		r.problem("it sets %s, on which the rest may depend", name)
	}
}

// searchPath refuses one under which names would mean something else.
func (r *schemaReader) searchPath(schemas []string) {
	for _, s := range schemas {
		for name := range strings.SplitSeq(s, ",") {
			switch strings.Trim(name, ` "`) {
			case "", "public", "pg_catalog", "$user":
			default:
				r.problem("it sets search_path to %s", s)
			}
		}
	}
}

func (r *schemaReader) transaction(s *ast.TransactionStmt) {
	r.out.Kind = SetsSession
	switch s.Kind {
	case ast.TransactionStmtKind_TRANS_STMT_BEGIN, ast.TransactionStmtKind_TRANS_STMT_START, ast.TransactionStmtKind_TRANS_STMT_COMMIT:
	default:
		r.out.Aborts = true
	}
}

// selectStatement reads a SELECT among the schema. Dumps set the search path by one.
func (r *schemaReader) selectStatement(s *ast.SelectStmt) {
	r.out.Kind = WritesRows
	if len(s.TargetList) == 1 && len(s.FromClause) == 0 {
		call := s.TargetList[0].GetResTarget().GetVal().GetFuncCall()
		if name := qualified(call.GetFuncname()); name.Name == "set_config" && len(call.GetArgs()) == 3 &&
			strings.EqualFold(call.Args[0].GetAConst().GetSval().GetSval(), "search_path") {
			r.out.Kind = SetsSession
			r.searchPath([]string{call.Args[1].GetAConst().GetSval().GetSval()})
			return
		}
	}
	var counted census
	counted.count(reflect.ValueOf(s))
	if s.IntoClause != nil || s.WithClause != nil || counted.functions > 0 {
		r.problem("nobody can tell what it makes")
	}
	if r.out.Problem == "" {
		r.out.Kind = SetsSession // it reads, and makes nothing
	}
}

// other reads statements about what is no relation.
func (r *schemaReader) other(n *ast.Node) {
	r.out.Kind = MakesOther
	switch s := n.GetNode().(type) {
	case *ast.Node_CreateFunctionStmt:
		r.out.Kind, r.out.Functions = MakesFunction, []ObjectName{qualified(s.CreateFunctionStmt.Funcname)}
	case *ast.Node_CreateEnumStmt:
		r.out.Functions = []ObjectName{qualified(s.CreateEnumStmt.TypeName)}
	case *ast.Node_CreateSchemaStmt:
		if len(s.CreateSchemaStmt.SchemaElts) > 0 {
			r.problem("it makes what is in the schema, too")
		}
	case *ast.Node_AlterEnumStmt:
		r.out.Removes = s.AlterEnumStmt.OldVal != ""
		r.out.Functions = []ObjectName{qualified(s.AlterEnumStmt.TypeName)}
	case *ast.Node_AlterDefaultPrivilegesStmt:
		if kind := s.AlterDefaultPrivilegesStmt.Action.GetObjtype(); kind == ast.ObjectType_OBJECT_TABLE || kind == ast.ObjectType_OBJECT_SEQUENCE {
			r.problem("it is about all tables that are made later")
		}
	case *ast.Node_AlterOwnerStmt:
		if relationKinds[s.AlterOwnerStmt.ObjectType] {
			r.problem("it gives a relation to another owner")
		}
	case *ast.Node_DefineStmt:
		r.definition(s.DefineStmt.Definition)
	case *ast.Node_CreateRangeStmt:
		r.definition(s.CreateRangeStmt.Params)
	case *ast.Node_CreateCastStmt:
		r.out.Calls = append(r.out.Calls, qualified(s.CreateCastStmt.GetFunc().GetObjname()).Name)
	case *ast.Node_CreateOpClassStmt:
		for _, n := range s.CreateOpClassStmt.Items {
			r.out.Calls = append(r.out.Calls, qualified(n.GetCreateOpClassItem().GetName().GetObjname()).Name)
		}
	case *ast.Node_CompositeTypeStmt: // other statements name it as they name a table
		r.out.Names = append(r.out.Names, RelationName{ObjectName: nameOf(s.CompositeTypeStmt.Typevar), Use: CreatesName})
	case *ast.Node_CreateDomainStmt, *ast.Node_AlterDomainStmt,
		*ast.Node_CreateExtensionStmt, *ast.Node_AlterExtensionStmt, *ast.Node_AlterFunctionStmt,
		*ast.Node_CreateOpFamilyStmt, *ast.Node_AlterOpFamilyStmt, *ast.Node_CreateConversionStmt,
		*ast.Node_CreateRoleStmt, *ast.Node_AlterRoleStmt, *ast.Node_GrantRoleStmt, *ast.Node_AlterTypeStmt, *ast.Node_AlterCollationStmt,
		*ast.Node_AlterTsdictionaryStmt, *ast.Node_AlterTsconfigurationStmt, *ast.Node_AlterOperatorStmt, *ast.Node_CreatePlangStmt:
	default:
		r.problem("nobody can tell what it does")
	}
}

// definition notes the functions of an operator, aggregate or type.
func (r *schemaReader) definition(list []*ast.Node) {
	for _, n := range list {
		if t := n.GetDefElem().GetArg().GetTypeName(); t != nil {
			r.out.Calls = append(r.out.Calls, qualified(t.Names).Name)
		}
	}
}
