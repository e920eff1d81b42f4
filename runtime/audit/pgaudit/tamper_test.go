package pgaudit_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/tenancygen/tenancygen/runtime/audit/pgaudit"
	"github.com/tenancygen/tenancygen/runtime/internal/keyringtest"
)

// unlock lets the owner do what the triggers refuse.
const unlock = `ALTER TABLE tenancy.audit DISABLE TRIGGER only_grows; ALTER TABLE tenancy.audit_heads DISABLE TRIGGER only_grows;
	ALTER TABLE tenancy.audit DROP CONSTRAINT IF EXISTS audit_pkey; ALTER TABLE tenancy.audit DROP CONSTRAINT IF EXISTS audit_seq_check;
	ALTER TABLE tenancy.audit ALTER previous DROP NOT NULL, ALTER user_id DROP NOT NULL, DROP CONSTRAINT audit_previous_check, DROP CONSTRAINT audit_hash_check;`

// tampers are what somebody with all rights does to the entries of acme, which are 1 to
// 5, beside those of globex. Each is seen at an entry, with and without keys.
var tampers = map[string]struct {
	sql  string
	seq  int64
	says string
}{
	// Edits, of every column.
	"at":              {`UPDATE tenancy.audit SET at = at + interval '1 microsecond' WHERE tenant_id = 'acme' AND seq = 3`, 3, "not what was written"},
	"infinite at":     {`UPDATE tenancy.audit SET at = 'infinity' WHERE tenant_id = 'acme' AND seq = 3`, 3, "cannot be read"},
	"user":            {`UPDATE tenancy.audit SET user_id = 'somebody' WHERE tenant_id = 'acme' AND seq = 3`, 3, "not what was written"},
	"no user":         {`UPDATE tenancy.audit SET user_id = NULL WHERE tenant_id = 'acme' AND seq = 3`, 3, "cannot be read"},
	"action":          {`UPDATE tenancy.audit SET action = 'invoice.read' WHERE tenant_id = 'acme' AND seq = 3`, 3, "not what was written"},
	"resource":        {`UPDATE tenancy.audit SET resource = 'x' WHERE tenant_id = 'acme' AND seq = 3`, 3, "not what was written"},
	"resource id":     {`UPDATE tenancy.audit SET resource_id = 'x' WHERE tenant_id = 'acme' AND seq = 3`, 3, "not what was written"},
	"metadata":        {`UPDATE tenancy.audit SET metadata = '{ }' WHERE tenant_id = 'acme' AND seq = 3`, 3, "not what was written"},
	"client ip":       {`UPDATE tenancy.audit SET client_ip = '' WHERE tenant_id = 'acme' AND seq = 3`, 3, "not what was written"},
	"user agent":      {`UPDATE tenancy.audit SET user_agent = '' WHERE tenant_id = 'acme' AND seq = 3`, 3, "not what was written"},
	"one to the next": {`UPDATE tenancy.audit SET action = 'invoice.delet', resource = 'einvoice' WHERE tenant_id = 'acme' AND seq = 3`, 3, "not what was written"},
	"key":             {`UPDATE tenancy.audit SET key_id = '0123456789abcdef' WHERE tenant_id = 'acme' AND seq = 3`, 3, "key is not in the ring"},
	"previous":        {`UPDATE tenancy.audit SET previous = hash WHERE tenant_id = 'acme' AND seq = 3`, 3, "does not follow"},
	"no previous":     {`UPDATE tenancy.audit SET previous = NULL WHERE tenant_id = 'acme' AND seq = 3`, 3, "cannot be read"},
	"hash":            {`UPDATE tenancy.audit SET hash = previous WHERE tenant_id = 'acme' AND seq = 3`, 3, "not what was written"},
	"short hash":      {`UPDATE tenancy.audit SET hash = '' WHERE tenant_id = 'acme' AND seq = 3`, 3, "not what was written"},
	// Removal.
	"the first":          {`DELETE FROM tenancy.audit WHERE tenant_id = 'acme' AND seq = 1`, 1, "missing"},
	"one in the middle":  {`DELETE FROM tenancy.audit WHERE tenant_id = 'acme' AND seq = 3`, 3, "missing"},
	"gap closed":         {`DELETE FROM tenancy.audit WHERE tenant_id = 'acme' AND seq = 3; UPDATE tenancy.audit SET seq = seq - 1 WHERE tenant_id = 'acme' AND seq > 3`, 3, "does not follow"},
	"gap and link":       {`UPDATE tenancy.audit a SET previous = b.previous FROM tenancy.audit b WHERE a.tenant_id = 'acme' AND a.seq = 4 AND b.tenant_id = 'acme' AND b.seq = 3; DELETE FROM tenancy.audit WHERE tenant_id = 'acme' AND seq = 3; UPDATE tenancy.audit SET seq = seq - 1 WHERE tenant_id = 'acme' AND seq > 3`, 3, "not what was written"},
	"the last":           {`DELETE FROM tenancy.audit WHERE tenant_id = 'acme' AND seq = 5`, 5, "missing"},
	"all":                {`DELETE FROM tenancy.audit WHERE tenant_id = 'acme'`, 1, "missing"},
	"the head":           {`DELETE FROM tenancy.audit_heads WHERE tenant_id = 'acme'`, 5, "another last entry"},
	"the head put back":  {`UPDATE tenancy.audit_heads SET seq = 4 WHERE tenant_id = 'acme'`, 5, "another last entry"},
	"the head forged":    {`UPDATE tenancy.audit_heads SET hash = decode(repeat('00', 32), 'hex') WHERE tenant_id = 'acme'`, 5, "another last entry"},
	"the head truncated": {`UPDATE tenancy.audit_heads SET hash = '' WHERE tenant_id = 'acme'`, 5, "head cannot be read"},
	// Order and insertion.
	"two exchanged":    {`UPDATE tenancy.audit SET seq = 7 - seq WHERE tenant_id = 'acme' AND seq IN (3, 4)`, 3, "does not follow"},
	"one twice":        {`INSERT INTO tenancy.audit SELECT * FROM tenancy.audit WHERE tenant_id = 'acme' AND seq = 3`, 4, "missing"},
	"one between":      {`UPDATE tenancy.audit SET seq = seq + 1 WHERE tenant_id = 'acme' AND seq > 3; INSERT INTO tenancy.audit SELECT tenant_id, 4, at, user_id, 'login', resource, resource_id, metadata, client_ip, user_agent, key_id, hash, hash FROM tenancy.audit WHERE tenant_id = 'acme' AND seq = 3`, 4, "not what was written"},
	"one before":       {`INSERT INTO tenancy.audit SELECT tenant_id, 0, at, user_id, action, resource, resource_id, metadata, client_ip, user_agent, key_id, previous, hash FROM tenancy.audit WHERE tenant_id = 'acme' AND seq = 1`, 1, "missing"},
	"one behind":       {`INSERT INTO tenancy.audit SELECT tenant_id, 6, at, user_id, action, resource, resource_id, metadata, client_ip, user_agent, key_id, hash, hash FROM tenancy.audit WHERE tenant_id = 'acme' AND seq = 5`, 6, "not what was written"},
	"one of the other": {`DELETE FROM tenancy.audit WHERE tenant_id = 'acme' AND seq = 3; UPDATE tenancy.audit SET tenant_id = 'acme' WHERE tenant_id = 'globex' AND seq = 3`, 3, "does not follow"},
	"all of the other": {`DELETE FROM tenancy.audit WHERE tenant_id = 'acme'; DELETE FROM tenancy.audit_heads WHERE tenant_id = 'acme'; UPDATE tenancy.audit SET tenant_id = 'acme' WHERE tenant_id = 'globex'; UPDATE tenancy.audit_heads SET tenant_id = 'acme' WHERE tenant_id = 'globex'`, 1, "not what was written"},
	"moved away":       {`UPDATE tenancy.audit SET tenant_id = 'globex', seq = 6 WHERE tenant_id = 'acme' AND seq = 3`, 3, "missing"},
}

// TestCase76Tamper is attack case 76: edits, removals, insertions, another order and moves
// to another tenant are seen, at their place.
func TestCase76Tamper(t *testing.T) {
	t.Parallel()
	for mode, o := range map[string]pgaudit.Options{"plain": {}, "keyed": {Keys: keyringtest.Ring(t, "ab")}} {
		t.Run(mode, func(t *testing.T) {
			t.Parallel()
			s := setup(t)
			w := writer(t, s.app, o)
			fill(t, w, "acme", 5)
			fill(t, w, "globex", 5)
			run(t, s.owner, unlock)
			for name, tamper := range tampers {
				// Control: the same entries without the change.
				if head, err := w.Verify(t.Context(), "acme"); err != nil || head.Seq != 5 {
					t.Fatalf("before %s: %v, %v", name, head, err)
				}
				undo := keep(t, s.owner)
				run(t, s.owner, tamper.sql)
				_, err := w.Verify(t.Context(), "acme")
				typed, ok := errors.AsType[*pgaudit.TamperError](err)
				if !ok || !errors.Is(err, pgaudit.ErrTampered) || typed.TenantID != "acme" || typed.Seq != tamper.seq || !strings.Contains(err.Error(), tamper.says) {
					t.Errorf("%s: %v", name, err)
				}
				if list, err := w.List(t.Context(), "acme", 0, 0); err != nil && !errors.Is(err, pgaudit.ErrTampered) {
					t.Errorf("%s: %v, %v", name, list, err)
				}
				undo()
			}
		})
	}
}

// keep copies the tables, and returns what puts them back.
func keep(t *testing.T, p *pgxpool.Pool) func() {
	t.Helper()
	run(t, p, "CREATE TABLE public.a AS TABLE tenancy.audit; CREATE TABLE public.h AS TABLE tenancy.audit_heads")
	return func() {
		t.Helper()
		run(t, p, `TRUNCATE tenancy.audit, tenancy.audit_heads; INSERT INTO tenancy.audit TABLE public.a; INSERT INTO tenancy.audit_heads TABLE public.h;
			DROP TABLE public.a, public.h`)
	}
}

// anew makes the chain of acme anew, with what is in the statement done to the entries, as
// somebody would who owns the table and has read this package.
func anew(t *testing.T, s setting, o pgaudit.Options, change string) {
	t.Helper()
	w := writer(t, s.owner, o)
	run(t, s.owner, change)
	old, err := w.List(t.Context(), "acme", 0, 0)
	if err != nil {
		t.Fatal(err)
	}
	run(t, s.owner, "DELETE FROM tenancy.audit WHERE tenant_id = 'acme'; DELETE FROM tenancy.audit_heads WHERE tenant_id = 'acme'")
	for _, r := range old {
		if _, err := w.Write(t.Context(), r.AuditEntry); err != nil {
			t.Fatal(err)
		}
	}
}

// TestCase76Forgery is what a plain chain cannot see and keys, or a head that was kept,
// can: all hashes made anew, and an end that was cut off together with the head.
func TestCase76Forgery(t *testing.T) {
	t.Parallel()
	keyed, forger := pgaudit.Options{Keys: keyringtest.Ring(t, "a")}, pgaudit.Options{Keys: keyringtest.Ring(t, "z")}
	const (
		edit = "UPDATE tenancy.audit SET action = 'invoice.read' WHERE tenant_id = 'acme' AND seq = 3"
		cut  = "DELETE FROM tenancy.audit WHERE tenant_id = 'acme' AND seq > 3; UPDATE tenancy.audit_heads h SET seq = 3, hash = a.hash FROM tenancy.audit a WHERE h.tenant_id = 'acme' AND a.tenant_id = 'acme' AND a.seq = 3"
		gone = "DELETE FROM tenancy.audit WHERE tenant_id = 'acme'; DELETE FROM tenancy.audit_heads WHERE tenant_id = 'acme'"
	)
	for name, c := range map[string]struct {
		options pgaudit.Options
		forge   func(t *testing.T, s setting)
		// seen is whether Verify sees it alone. With the head that was kept it always does.
		seen bool
	}{
		"plain, anew":                  {pgaudit.Options{}, func(t *testing.T, s setting) { anew(t, s, pgaudit.Options{}, edit) }, false},
		"plain, end cut":               {pgaudit.Options{}, func(t *testing.T, s setting) { run(t, s.owner, cut) }, false},
		"plain, all gone":              {pgaudit.Options{}, func(t *testing.T, s setting) { run(t, s.owner, gone) }, false},
		"keyed, anew":                  {keyed, func(t *testing.T, s setting) { anew(t, s, pgaudit.Options{}, edit) }, true},
		"keyed, anew with another key": {keyed, func(t *testing.T, s setting) { anew(t, s, forger, edit) }, true},
		"keyed, end cut":               {keyed, func(t *testing.T, s setting) { run(t, s.owner, cut) }, false},
		"keyed, all gone":              {keyed, func(t *testing.T, s setting) { run(t, s.owner, gone) }, false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := setup(t)
			w := writer(t, s.app, c.options)
			head := fill(t, w, "acme", 5)
			if _, err := w.Verify(t.Context(), "acme", head, pgaudit.Head{}); err != nil {
				t.Fatal(err)
			}
			if _, err := w.Write(t.Context(), entry("acme", 6)); err != nil {
				t.Fatal(err)
			}
			if _, err := w.Verify(t.Context(), "acme", head); err != nil {
				t.Fatal("the chain has grown, and the head is not in it:", err)
			}
			run(t, s.owner, unlock)
			c.forge(t, s)
			if _, err := w.Verify(t.Context(), "acme"); errors.Is(err, pgaudit.ErrTampered) != c.seen {
				t.Error("without a head:", err)
			}
			if _, err := w.Verify(t.Context(), "acme", head); !errors.Is(err, pgaudit.ErrTampered) {
				t.Error("with a head:", err)
			}
		})
	}
}

// TestSmuggledEntry holds that an entry that the application's role appends by hand, in its
// place and with any hash, is seen where there are keys.
func TestSmuggledEntry(t *testing.T) {
	t.Parallel()
	s := setup(t)
	w := writer(t, s.app, pgaudit.Options{Keys: keyringtest.Ring(t, "a")})
	head := fill(t, w, "acme", 2)
	var appended bool
	if err := s.app.QueryRow(t.Context(), `SELECT appended FROM tenancy.audit_append('acme', now(), '', 'login', 'session', '', '{}', '', '', $1, 2, $2, $2)`,
		keyringtest.Ring(t, "a").First().ID(), head.Hash[:]).Scan(&appended); err != nil || !appended {
		t.Fatal(appended, err)
	}
	if _, err := w.Write(t.Context(), entry("acme", 4)); err != nil {
		t.Error("it keeps others from writing:", err)
	}
	_, err := w.Verify(t.Context(), "acme")
	if typed, ok := errors.AsType[*pgaudit.TamperError](err); !ok || typed.Seq != 3 {
		t.Error(err)
	}
}

// TestKeysRotate holds that entries under all keys of the ring are verified, and that a
// ring without one of them says so.
func TestKeysRotate(t *testing.T) {
	t.Parallel()
	s := setup(t)
	fill(t, writer(t, s.app, pgaudit.Options{Keys: keyringtest.Ring(t, "a")}), "acme", 2)
	w := writer(t, s.app, pgaudit.Options{Keys: keyringtest.Ring(t, "ba")})
	if _, err := w.Write(t.Context(), entry("acme", 3)); err != nil {
		t.Fatal(err)
	}
	if head, err := w.Verify(t.Context(), "acme"); err != nil || head.Seq != 3 {
		t.Errorf("%v, %v", head, err)
	}
	for letters, seq := range map[string]int64{"a": 3, "b": 1, "z": 1} {
		_, err := writer(t, s.app, pgaudit.Options{Keys: keyringtest.Ring(t, letters)}).Verify(t.Context(), "acme")
		if typed, ok := errors.AsType[*pgaudit.TamperError](err); !ok || typed.Seq != seq {
			t.Errorf("%s: %v", letters, err)
		}
	}
	if _, err := writer(t, s.app, pgaudit.Options{}).Verify(t.Context(), "acme"); !errors.Is(err, pgaudit.ErrTampered) {
		t.Error("without keys:", err)
	}
}

// TestPages holds that Verify reads a chain that is longer than a page to its end.
func TestPages(t *testing.T) {
	t.Parallel()
	s := setup(t)
	w := writer(t, s.app, pgaudit.Options{})
	const n = 2*pgaudit.MaxList + 1
	tx, err := s.app.Begin(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = tx.Rollback(t.Context()) }()
	for i := range n {
		if _, err := w.WriteTx(t.Context(), tx, entry("acme", i)); err != nil {
			t.Fatal(err)
		}
	}
	if err := tx.Commit(t.Context()); err != nil {
		t.Fatal(err)
	}
	if head, err := w.Verify(t.Context(), "acme"); err != nil || head.Seq != n {
		t.Errorf("%v, %v", head, err)
	}
	run(t, s.owner, unlock)
	for name, change := range map[string]string{
		"the last of all":        fmt.Sprintf("UPDATE tenancy.audit SET action = 'x' WHERE seq = %d", n),
		"the last of a page":     fmt.Sprintf("UPDATE tenancy.audit SET action = 'x' WHERE seq = %d", pgaudit.MaxList),
		"two at the end of one":  fmt.Sprintf("INSERT INTO tenancy.audit SELECT * FROM tenancy.audit WHERE seq = %d", pgaudit.MaxList),
		"one less than the page": fmt.Sprintf("DELETE FROM tenancy.audit WHERE seq = %d", pgaudit.MaxList),
	} {
		undo := keep(t, s.owner)
		run(t, s.owner, change)
		if _, err := w.Verify(t.Context(), "acme"); !errors.Is(err, pgaudit.ErrTampered) {
			t.Errorf("%s: %v", name, err)
		}
		undo()
	}
}
