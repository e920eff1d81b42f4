package postgres

import (
	"strings"

	"github.com/jackc/pgx/v5"
)

// checkAlone returns an error for hand-written SQL that may be several statements.
// Only the simple protocol sends them. A semicolon within quotes or a comment counts,
// too: what is certain is that without one there is one statement.
func (d spaceDB) checkAlone(sql string, args []any) error {
	simple := d.simple
	for _, arg := range args {
		mode, ok := arg.(pgx.QueryExecMode)
		if ok {
			simple = mode == pgx.QueryExecModeSimpleProtocol
		}
	}
	if simple && strings.Contains(strings.TrimRight(sql, "; \t\r\n"), ";") {
		return ErrSeveralStatements
	}
	return nil
}

// controlsTransaction reports whether a statement begins or ends a transaction or a
// savepoint. Its first word tells.
func controlsTransaction(sql string) bool {
	switch firstWord(sql) {
	case "begin", "start", "commit", "end", "rollback", "abort", "prepare", "savepoint", "release":
		return true
	}
	return false
}

// firstWord returns the first word of a statement in lower case, behind comments and
// empty statements.
func firstWord(sql string) string {
	for {
		sql = strings.TrimLeft(sql, " \t\r\n\f\v;")
		switch {
		case strings.HasPrefix(sql, "--"):
			end := strings.IndexAny(sql, "\r\n")
			if end < 0 {
				return ""
			}
			sql = sql[end:]
		case strings.HasPrefix(sql, "/*"):
			sql = behindComment(sql)
		default:
			end := strings.IndexFunc(sql, func(r rune) bool { return (r < 'a' || r > 'z') && (r < 'A' || r > 'Z') })
			if end < 0 {
				end = len(sql)
			}
			return strings.ToLower(sql[:end])
		}
	}
}

// behindComment returns what is behind the comment that sql begins with. Comments may
// hold others.
func behindComment(sql string) string {
	depth := 0
	for len(sql) > 1 {
		switch sql[:2] {
		case "/*":
			depth++
		case "*/":
			depth--
		default:
			sql = sql[1:]
			continue
		}
		if sql = sql[2:]; depth == 0 {
			return sql
		}
	}
	return ""
}
