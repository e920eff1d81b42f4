package postgres

import (
	"context"
	"errors"
	"strings"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
)

// session is what the runner knows of one connection. It lies with the connection,
// and is used by whoever has acquired that.
type session struct {
	conn *pgx.Conn
	// described is set where the connection's mode has pgx ask the server for a
	// statement's types and keep them: the runner can then do so itself.
	described bool
	// named is set where the server is to keep the statements, too.
	named bool
	// simple is set where only the simple protocol is to be spoken.
	simple     bool
	statements *statementCache
	builder    pgx.ExtendedQueryBuilder
	prefix     prefix
	tracer     pgx.QueryTracer
	prepares   pgx.PrepareTracer
}

// idle is the status of a connection that is in no transaction.
const idle = 'I'

// sessionKey is where a connection's session is among its custom data.
const sessionKey = "github.com/tenancygen/tenancygen/isolation/postgres"

// sessionOf returns the session of a connection that the caller has acquired.
func sessionOf(conn *pgx.Conn) *session {
	data := conn.PgConn().CustomData()
	if s, ok := data[sessionKey].(*session); ok {
		return s
	}
	config := conn.Config()
	s := &session{conn: conn, tracer: config.Tracer}
	s.prepares, _ = config.Tracer.(pgx.PrepareTracer)
	capacity := 0
	switch config.DefaultQueryExecMode {
	case pgx.QueryExecModeCacheStatement:
		s.named = true
		capacity = config.StatementCacheCapacity
	case pgx.QueryExecModeCacheDescribe:
		capacity = config.DescriptionCacheCapacity
	case pgx.QueryExecModeSimpleProtocol:
		s.simple = true
	}
	// pgx has an error for a cached mode without a cache.
	s.described = capacity > 0
	s.statements = newStatementCache(capacity)
	data[sessionKey] = s
	return s
}

// runs reports whether the runner can run a statement on the connection. A single
// word may be the name of a statement that the application has prepared, which only
// pgx knows.
func (s *session) runs(sql string) bool {
	return s.described && strings.ContainsAny(sql, " \t\r\n")
}

// know returns the statements of a setting, if there is one, and of a key. Those that the connection
// does not know are described by the server, in one round trip for both, in which
// the server also forgets what the cache has dropped.
func (s *session) know(ctx context.Context, set setting, key statementKey) (known pair, err error) {
	if set.sql != "" {
		known.setting = s.statements.get(statementKey{sql: set.sql})
	}
	known.statement = s.statements.get(key)
	if known.statement != nil && (known.setting != nil || set.sql == "") {
		return known, nil
	}
	var missing []*statement
	if known.setting == nil && set.sql != "" {
		known.setting = newStatement(statementKey{sql: set.sql})
		missing = append(missing, known.setting)
	}
	if known.statement == nil {
		known.statement = newStatement(key)
		missing = append(missing, known.statement)
	}
	return known, s.prepare(ctx, missing)
}

// pair is what one call sends; the setting may be nil.
type pair struct {
	setting, statement *statement
}

func newStatement(key statementKey) *statement {
	return &statement{key: key, description: &pgconn.StatementDescription{SQL: key.sql}}
}

// prepare has the server describe statements, and keep them where they are to have
// names, and puts them in the cache.
func (s *session) prepare(ctx context.Context, missing []*statement) (err error) {
	last := missing[len(missing)-1]
	if s.prepares != nil {
		ctx = s.prepares.TracePrepareStart(ctx, s.conn, pgx.TracePrepareStartData{
			Name: last.description.Name, SQL: last.description.SQL,
		})
		defer func() { s.prepares.TracePrepareEnd(ctx, s.conn, pgx.TracePrepareEndData{Err: err}) }()
	}
	p := s.conn.PgConn().StartPipeline(ctx)
	dropped := s.statements.takeDropped()
	for _, name := range dropped {
		p.SendDeallocate(name)
	}
	for _, st := range missing {
		name := ""
		if s.named {
			name = statementName(st.description.SQL)
			// A failed attempt, or a deallocation behind our back, may have left one;
			// to close what is not there is no error.
			p.SendDeallocate(name)
		}
		st.description.Name = name
		p.SendPrepare(name, st.description.SQL, nil)
	}
	if err := p.Sync(); err != nil {
		// Such as a context that has ended: then nothing was sent.
		s.statements.dropped = append(dropped, s.statements.dropped...)
		_ = p.Close()
		return err
	}
	for len(missing) > 0 {
		result, err := p.GetResults()
		if err != nil {
			_ = p.Close()
			return err
		}
		switch d := result.(type) {
		case *pgconn.StatementDescription:
			missing[0].description.ParamOIDs, missing[0].description.Fields = d.ParamOIDs, d.Fields
			s.statements.put(missing[0])
			missing = missing[1:]
		case *pgconn.PipelineSync, nil:
			return errors.Join(errors.New("tenancy: the server did not describe the statement"), p.Close())
		}
	}
	return p.Close()
}

// failed looks at the error of a statement, and forgets the statement unless the
// error is one of data: others may come from a description that no longer holds.
func (s *session) failed(st *statement, err error) {
	if err == nil {
		return
	}
	var pgErr *pgconn.PgError
	if errors.As(err, &pgErr) && !aboutData(pgErr.Code) {
		s.statements.remove(st.key)
	}
}

// aboutData reports whether an error code tells of values and rows, so that the
// statement itself is as it was described.
func aboutData(code string) bool {
	switch code {
	case "22P03": // a value in a form that is not of its type
		return false
	case "42501": // such as a row that a policy rejects
		return true
	}
	switch code[:min(2, len(code))] {
	case "22", "23", "40", "P0":
		return true
	}
	return false
}

// outdated reports whether the error says that the server refused to begin one of
// the statements since it does not hold it any more, or holds it for a table that
// has changed. Nothing was run then.
func (p pair) outdated(err error) bool {
	if err == nil {
		return false
	}
	var pgErr *pgconn.PgError
	if !errors.As(err, &pgErr) {
		return false
	}
	switch pgErr.Code {
	case "26000": // invalid_sql_statement_name
		return p.setting.named(pgErr.Message) || p.statement.named(pgErr.Message)
	case "0A000": // cached plan must not change result type
		return pgErr.Routine == "RevalidateCachedQuery"
	case "08P01": // as many formats of results as there were columns
		return pgErr.Routine == "PortalSetResultFormat"
	}
	return false
}

// named reports whether a message names the statement.
func (s *statement) named(message string) bool {
	return s != nil && s.description.Name != "" && strings.Contains(message, s.description.Name)
}
