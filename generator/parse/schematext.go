package parse

import (
	"cmp"
	"slices"
)

// textReader reads a statement whose parts are read as statements of their own.
type textReader struct{ schemaReader }

func (r *textReader) note(name RelationName) { r.out.Names = append(r.out.Names, name) }

// sorted is the statement with its names in the order of the text, each once.
func (r *textReader) sorted() *SchemaStatement {
	slices.SortStableFunc(r.out.Names, func(a, b RelationName) int { return cmp.Compare(a.Start, b.Start) })
	end := 0
	for _, name := range r.out.Names {
		switch {
		case name.End == 0:
		case name.Start < max(end, r.out.Start) || name.End > r.out.End:
			r.problem("the name %q could not be found in it", name.Name)
		}
		end = max(end, name.End)
	}
	return r.out
}

// expressionText reads an expression in which the columns of a table may be called by
// its name.
func (r *textReader) expressionText(table ObjectName, at Range) {
	r.text(at, "SELECT ", func(p *placed) {
		if p.Kind == QualifierMention && p.lost && p.Text == table.Name {
			r.note(RelationName{Range: p.Range, ObjectName: table, Use: PartName})
			return
		}
		r.mention(p, false)
	})
}

// statementText reads a statement. With unaliased, what it writes can have no alias.
func (r *textReader) statementText(at Range, unaliased bool) {
	r.text(at, "", func(p *placed) { r.mention(p, unaliased) })
}

// text reads a part of the statement, behind what makes a statement of it. RAISE, which
// SQLite's triggers alone have, is no expression of a statement.
func (r *textReader) text(at Range, before string, visit func(*placed)) {
	sql := before + withoutRaise(r.tokens.text[at.Start:at.End])
	places, _, err := mentions(r.dialect, sql)
	if err != nil {
		r.problem("%s", err.(*Error).Message)
		return
	}
	q, err := r.dialect.Statement(sql)
	if err != nil {
		r.problem("%s", err.(*Error).Message)
		return
	}
	q.EachQuery(func(q *Query) {
		q.Expressions(func(e *Expr) {
			if e.Kind == FuncExpr {
				r.out.Calls = append(r.out.Calls, e.Name)
			}
		})
	})
	for _, p := range places {
		for _, place := range []*Range{&p.Range, &p.name} {
			place.Start += at.Start - len(before)
			place.End += at.Start - len(before)
		}
		visit(&p)
	}
}

// mention notes what a part of the statement names.
func (r *textReader) mention(p *placed, unaliased bool) {
	name := RelationName{Range: p.name, ObjectName: ObjectName{p.Schema, p.Name}, Use: RefersName}
	unaliased = unaliased && p.Written != NotWritten
	switch p.Kind {
	case RelationMention:
		name.Alias = p.Alias == "" && !unaliased
		if p.Written != NotWritten && r.out.Kind == WritesRows {
			name.Use = SubjectName
		}
		if i := slices.IndexFunc(r.out.Names, func(n RelationName) bool { return n.Range == name.Range }); i >= 0 {
			r.out.Names[i].Alias = name.Alias // the subject, which is noted already
			return
		}
	case QualifierMention:
		if p.alias || p.lost || !unaliased && !p.Returned {
			return
		}
		name.Use = PartName
	case ConstraintMention:
		name.ObjectName = ObjectName{p.Schema, p.Text}
	case ArgumentMention:
		if !p.Constant {
			return
		}
		name = RelationName{Use: MentionName}
		name.Schema, name.Name, _ = r.dialect.SplitName(p.Text)
	default:
		r.problem("it names %s with its database", p.Name)
	}
	r.note(name)
}
