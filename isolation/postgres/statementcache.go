package postgres

import (
	"crypto/sha256"
	"encoding/hex"

	"github.com/jackc/pgx/v5/pgconn"

	"github.com/tenancygen/tenancygen/isolation/internal/namespace"
)

// statementKey is what a statement of one connection is known by: the text as the
// application wrote it, and the tenant's place that it was rendered for, which is
// none where the text is the same for all.
type statementKey struct {
	space namespace.Space
	sql   string
	// late is that of order.
	late bool
}

// statement is a statement that a connection knows.
type statement struct {
	key statementKey
	// description has the text that is sent, and a name where the server holds it
	// prepared. Without a name the text is parsed at each use.
	description *pgconn.StatementDescription
	// hold is set where the server is to hold it from this use on.
	hold bool
}

// statementCache holds the statements of one connection. There are two sorts. Where
// tenants share tables, a text is one statement. Where each has tables of its own,
// the same text is another statement for each tenant, and there may be more of them
// than the server should hold: then only those that come again and again are held,
// and the others are parsed at each use, with the types that the text was found to
// have for whichever tenant came first, since tenants' tables are alike. It is not
// safe for concurrent use.
type statementCache struct {
	// held are the statements that are not parsed again.
	held *lru[statementKey, *statement]
	// types are the descriptions by the author's text alone.
	types *lru[string, *pgconn.StatementDescription]
	// seen counts the uses of what is not held.
	seen *lru[statementKey, int]
	// dropped are the names that the server may forget. They wait for a request that
	// can take them along.
	dropped []string
}

// seenPerHeld is how many more statements are counted than held.
const seenPerHeld = 4

// usesToHold is at which use a statement of one tenant's is held. A statement that
// many tenants use in turn would otherwise displace another at each use.
const usesToHold = 3

func newStatementCache(capacity int) *statementCache {
	return &statementCache{
		held:  newLRU[statementKey, *statement](capacity),
		types: newLRU[string, *pgconn.StatementDescription](capacity),
		seen:  newLRU[statementKey, int](seenPerHeld * capacity),
	}
}

// get returns the statement if it is held, or nil.
func (c *statementCache) get(key statementKey) *statement {
	s, _ := c.held.get(key)
	return s
}

// put holds a statement, in the place of one of the same key.
func (c *statementCache) put(s *statement) {
	if displaced, ok := c.held.put(s.key, s); ok {
		c.drop(displaced)
	}
	c.seen.remove(s.key)
}

// remove forgets the statement, and the types of its text.
func (c *statementCache) remove(key statementKey) {
	if s, ok := c.held.remove(key); ok {
		c.drop(s)
	}
	c.types.remove(key.sql)
}

// clear forgets all statements.
func (c *statementCache) clear() {
	for _, s := range c.held.clear() {
		c.drop(s)
	}
	c.types.clear()
}

func (c *statementCache) drop(s *statement) {
	if s.description.Name != "" {
		c.dropped = append(c.dropped, s.description.Name)
	}
}

// takeDropped returns the names that the server may forget, once.
func (c *statementCache) takeDropped() []string {
	names := c.dropped
	c.dropped = nil
	return names
}

// wanted counts a use of a statement that is not held, and reports whether it is to
// be held from now on.
func (c *statementCache) wanted(key statementKey) bool {
	n, _ := c.seen.get(key)
	c.seen.put(key, n+1)
	return n+1 >= usesToHold
}

// statementName returns the name under which the server holds a text. It is the
// same for the same text everywhere: behind a pooler that does not know of prepared
// statements, a name that another client has used then still means this text.
func statementName(sql string) string {
	digest := sha256.Sum256([]byte(sql))
	return "tenancy_" + hex.EncodeToString(digest[:24])
}
