package postgres

import (
	"container/list"
	"crypto/sha256"
	"encoding/hex"

	"github.com/jackc/pgx/v5/pgconn"
)

// statementKey is what a statement of one connection is known by: the text as the
// application wrote it, and the namespace that it was rendered for, which is empty
// where the text is sent as it is.
type statementKey struct {
	namespace, sql string
}

// statement is a statement that a connection knows.
type statement struct {
	key statementKey
	// description has the text that is sent, and a name where the server holds it
	// prepared. Without a name the text is parsed at each use.
	description *pgconn.StatementDescription
}

// statementCache holds the statements of one connection, as many as it has room
// for; the one that has not been used for the longest time goes first. The server
// does not hear of it at once: the names of what went wait in dropped for a request
// that can take them along. It is not safe for concurrent use.
type statementCache struct {
	capacity int
	entries  map[statementKey]*list.Element // of *statement
	used     list.List                      // the last used first
	dropped  []string
}

func newStatementCache(capacity int) *statementCache {
	return &statementCache{capacity: capacity, entries: map[statementKey]*list.Element{}}
}

// get returns the statement, or nil.
func (c *statementCache) get(key statementKey) *statement {
	e, ok := c.entries[key]
	if !ok {
		return nil
	}
	c.used.MoveToFront(e)
	return e.Value.(*statement)
}

// put adds a statement, in the place of one of the same key.
func (c *statementCache) put(s *statement) {
	c.remove(s.key)
	if c.used.Len() >= c.capacity {
		c.remove(c.used.Back().Value.(*statement).key)
	}
	c.entries[s.key] = c.used.PushFront(s)
}

// remove forgets the statement, if it is there.
func (c *statementCache) remove(key statementKey) {
	e, ok := c.entries[key]
	if !ok {
		return
	}
	delete(c.entries, key)
	c.used.Remove(e)
	if name := e.Value.(*statement).description.Name; name != "" {
		c.dropped = append(c.dropped, name)
	}
}

// clear forgets all statements.
func (c *statementCache) clear() {
	for c.used.Len() > 0 {
		c.remove(c.used.Front().Value.(*statement).key)
	}
}

// takeDropped returns the names that the server may forget, once.
func (c *statementCache) takeDropped() []string {
	names := c.dropped
	c.dropped = nil
	return names
}

// statementName returns the name under which the server holds a text. It is the
// same for the same text everywhere: behind a pooler that does not know of prepared
// statements, a name that another client has used then still means this text.
func statementName(sql string) string {
	digest := sha256.Sum256([]byte(sql))
	return "tenancy_" + hex.EncodeToString(digest[:24])
}
