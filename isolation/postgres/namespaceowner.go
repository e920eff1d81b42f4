package postgres

import (
	"context"
	"fmt"
	"sync"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"

	"github.com/tenancygen/tenancygen/isolation/internal/namespace"
	"github.com/tenancygen/tenancygen/runtime"
	"github.com/tenancygen/tenancygen/runtime/pgxdb"
)

// ownerAge is how long a look at the registry counts. Afterwards the tenant may have
// been destroyed, by another process, and its schema's name be a new tenant's.
const ownerAge = time.Minute

// owners remembers which stored names were found to be recorded as the tenant's own,
// and when. Others are looked up again at each use. The zero value is empty. It is
// safe for concurrent use.
type owners struct {
	mu   sync.Mutex
	seen map[owner]time.Time
}

type owner struct{ schema, id string }

// knows reports whether a look that found the tenant to be the owner counts at a time.
func (o *owners) knows(who owner, now time.Time) bool {
	o.mu.Lock()
	defer o.mu.Unlock()
	at, ok := o.seen[who]
	return ok && now.Sub(at) < ownerAge
}

func (o *owners) put(who owner, at time.Time) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.seen == nil {
		o.seen = map[owner]time.Time{}
	}
	o.seen[who] = at
}

func (o *owners) remove(who owner) {
	o.mu.Lock()
	defer o.mu.Unlock()
	delete(o.seen, who)
}

// isStored reports whether the name of a tenant's schema is stored with the tenant, and
// not made from its id. Then nothing but the registry says that it is no other's.
func (p *namespaces) isStored(t runtime.Tenant, space namespace.Space) bool {
	if t.SchemaName == "" || p.strategy != runtime.StrategySchema {
		return false
	}
	made, err := namespace.Schema(t.ID)
	return err != nil || made != space.Schema
}

// checkOwner returns an error unless the schema is recorded as the tenant's.
func (p *namespaces) checkOwner(ctx context.Context, who owner) error {
	began := time.Now()
	if p.owners.knows(who, began) {
		return nil
	}
	err := rolledBack(ctx, p.admin(), func(tx pgx.Tx) error {
		has, err := hasRegistry(ctx, tx)
		if err != nil {
			return err
		}
		var rec *record
		if has {
			if rec, err = recorded(ctx, tx, p.strategy, who.schema, who.id); err != nil {
				return err
			}
		}
		if rec == nil {
			return fmt.Errorf("%w: schema %s is not recorded as the tenant's", runtime.ErrNotInitialized, who.schema)
		}
		return nil
	})
	if err != nil {
		return fmt.Errorf("tenancy: whose the stored schema is, in %s: %w", registryTable, err)
	}
	p.owners.put(who, began)
	return nil
}

// storedDB is the handle of a tenant whose schema has a stored name. It looks whose
// the schema is before it sends anything.
type storedDB struct {
	db spaceDB
	id string
}

// own returns the handle for the next statement, which returns an error where the
// schema is not the tenant's.
func (d storedDB) own(ctx context.Context) pgxdb.Handle {
	if err := d.db.checkOwner(ctx, owner{d.db.space.Schema, d.id}); err != nil {
		return pgxdb.Refuse(err)
	}
	return d.db
}

func (d storedDB) Exec(ctx context.Context, sql string, args ...any) (pgconn.CommandTag, error) {
	return d.own(ctx).Exec(ctx, sql, args...)
}

func (d storedDB) Query(ctx context.Context, sql string, args ...any) (pgx.Rows, error) {
	return d.own(ctx).Query(ctx, sql, args...)
}

func (d storedDB) QueryRow(ctx context.Context, sql string, args ...any) pgx.Row {
	return d.own(ctx).QueryRow(ctx, sql, args...)
}

func (d storedDB) SendBatch(ctx context.Context, b *pgx.Batch) pgx.BatchResults {
	return d.own(ctx).SendBatch(ctx, b)
}

func (d storedDB) CopyFrom(ctx context.Context, table pgx.Identifier, columns []string, rows pgx.CopyFromSource) (int64, error) {
	return d.own(ctx).CopyFrom(ctx, table, columns, rows)
}

func (d storedDB) Begin(ctx context.Context) (pgx.Tx, error) { return d.own(ctx).Begin(ctx) }

func (d storedDB) BeginTx(ctx context.Context, options pgx.TxOptions) (pgx.Tx, error) {
	return d.own(ctx).BeginTx(ctx, options)
}

func (d storedDB) InTx(ctx context.Context, fn func(pgxdb.DB) error) error {
	return d.own(ctx).InTx(ctx, fn)
}
