package postgres

import (
	"context"
	"errors"
	"strings"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgtype"

	"github.com/tenancygen/tenancygen/isolation/internal/namespace"
)

// session is what the runner knows of one connection. It lies with the connection,
// and is used by whoever has acquired that.
type session struct {
	conn *pgx.Conn
	// caches is set where the connection's mode has pgx ask the server for a
	// statement's types and keep them: the runner can then do so itself.
	caches bool
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
	s.caches = capacity > 0
	s.statements = newStatementCache(capacity)
	data[sessionKey] = s
	return s
}

// runs reports whether the runner can run a statement on the connection. A single
// word may be the name of a statement that the application has prepared, which only
// pgx knows.
func (s *session) runs(sql string) bool {
	return s.caches && strings.ContainsAny(sql, " \t\r\n")
}

// know returns the statements of an order, and of its setting if it has one. Those
// that the connection does not know are described by the server, in one round trip
// for both, in which the server also forgets what the cache has dropped.
func (s *session) know(ctx context.Context, o *order) (known pair, err error) {
	var missing []*statement
	if o.setting.sql != "" {
		key := statementKey{sql: o.setting.sql}
		if known.setting = s.statements.get(key); known.setting == nil {
			known.setting = s.newStatement(key, key.sql, s.named)
			missing = append(missing, known.setting)
		}
	}
	if known.statement = s.find(o); known.statement == nil {
		known.statement = s.newStatement(o.key(), o.text(), s.named)
		missing = append(missing, known.statement)
	}
	if len(missing) == 0 {
		return known, nil
	}
	return known, s.prepare(ctx, o, missing)
}

// find returns the statement of an order, or nil where the server has to describe it.
func (s *session) find(o *order) *statement {
	key := o.key()
	if st := s.statements.get(key); st != nil || key.space == (namespace.Space{}) {
		return st
	}
	types, ok := s.statements.types.get(o.sql)
	if !ok {
		return nil
	}
	st := s.newStatement(key, o.text(), false)
	st.description.ParamOIDs, st.description.Fields = types.ParamOIDs, types.Fields
	if s.statements.wanted(key) {
		if s.named {
			st.hold = true
		} else {
			s.statements.put(st)
		}
	}
	return st
}

func (s *session) newStatement(key statementKey, text string, named bool) *statement {
	st := &statement{key: key, description: &pgconn.StatementDescription{SQL: text}}
	if named && key.late {
		// The same text, read under another setting, is another statement.
		st.description.Name = statementName(key.space.Schema + "\x00" + text)
	} else if named {
		st.description.Name = statementName(text)
	}
	return st
}

// pair is what one call sends; the setting may be nil.
type pair struct {
	setting, statement *statement
}

// prepare has the server describe the statements of an order, and keep them where
// they have names, and puts them in the cache.
func (s *session) prepare(ctx context.Context, o *order, missing []*statement) (err error) {
	last := missing[len(missing)-1].description
	if s.prepares != nil {
		ctx = s.prepares.TracePrepareStart(ctx, s.conn, pgx.TracePrepareStartData{Name: last.Name, SQL: last.SQL})
		defer func() { s.prepares.TracePrepareEnd(ctx, s.conn, pgx.TracePrepareEndData{Err: err}) }()
	}
	p := s.conn.PgConn().StartPipeline(ctx)
	dropped := s.forget(p)
	for _, st := range missing {
		if o.late && st.description == last {
			// What the text means depends on the setting.
			sendSetting(p, o.setting)
		}
		sendPrepare(p, st.description)
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
			s.described(missing[0], d)
			missing = missing[1:]
		case *pgconn.PipelineSync, nil:
			return errors.Join(errNoResult, p.Close())
		}
	}
	return p.Close()
}

// sendSetting has the server make a setting, whether it holds the statement or not.
func sendSetting(p *pgconn.Pipeline, set setting) {
	p.SendQueryParams(set.sql, [][]byte{[]byte(set.value)}, []uint32{pgtype.TextOID}, nil, nil)
}

// forget tells the server what the cache has dropped.
func (s *session) forget(p *pgconn.Pipeline) []string {
	dropped := s.statements.takeDropped()
	for _, name := range dropped {
		p.SendDeallocate(name)
	}
	return dropped
}

// sendPrepare has the server describe a statement, with the types of its parameters
// where they are known.
func sendPrepare(p *pgconn.Pipeline, d *pgconn.StatementDescription) {
	if d.Name != "" {
		// A failed attempt, or a deallocation behind our back, may have left one; to
		// close what is not there is no error.
		p.SendDeallocate(d.Name)
	}
	p.SendPrepare(d.Name, d.SQL, d.ParamOIDs)
}

// described takes note of what the server says of a statement.
func (s *session) described(st *statement, d *pgconn.StatementDescription) {
	st.description.ParamOIDs, st.description.Fields = d.ParamOIDs, d.Fields
	s.statements.put(st)
	if st.key.space != (namespace.Space{}) {
		s.statements.types.put(st.key.sql, st.description)
	}
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
