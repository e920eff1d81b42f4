package redisstore

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/redis/go-redis/v9"

	"github.com/tenancygen/tenancygen/runtime"
)

const (
	// leaseTTL is how long a reader has to ask the store below. Longer, and what it read
	// is not stored.
	leaseTTL = 10 * time.Second
	// markTTL is how long a mark keeps readers from filling an entry, when whoever made
	// it could not replace it.
	markTTL = time.Minute
	// pause is how long look-ups leave Redis alone after a failure.
	pause = time.Second
	// batch is how many commands go to Redis at once.
	batch = 200
)

// readScript returns an entry and how long it has to live. Where there is none it leaves
// a lease and returns nothing.
var readScript = redis.NewScript(`
local v = redis.call('GET', KEYS[1])
if v then
	return {v, redis.call('PTTL', KEYS[1])}
end
redis.call('SET', KEYS[1], ARGV[1], 'PX', ARGV[2])
return {}`)

// replaceScript replaces what the reader saw, its lease or an old entry, and nothing
// else. With an empty text it removes it.
var replaceScript = redis.NewScript(`
if redis.call('GET', KEYS[1]) ~= ARGV[1] then
	return 0
end
if ARGV[2] == '' then
	redis.call('DEL', KEYS[1])
else
	redis.call('SET', KEYS[1], ARGV[2], 'PX', ARGV[3])
end
return 1`)

// finishScript ends a write. Its entry replaces the writer's own mark and older entries.
// Everything else, such as the mark of another writer or the lease of a reader, says
// that there were several at once, or that Redis has lost something: then nobody knows
// here who was last, and a mark keeps the entry away until all of them are over.
const finishScript = `
local v = redis.call('GET', KEYS[1])
local version = v and string.match(v, '^E%d+|(%d+)|')
if version and tonumber(version) >= tonumber(ARGV[3]) then
	return 0
end
if version or v == ARGV[1] then
	redis.call('SET', KEYS[1], ARGV[2], 'PX', ARGV[4])
	return 1
end
redis.call('SET', KEYS[1], ARGV[1], 'PX', ARGV[5])
return 0`

func (s *Store) tenantKey(id string) string { return s.o.Prefix + ":t:" + id }

func (s *Store) nameKey(identifier runtime.Identifier) string {
	return s.o.Prefix + ":n:" + identifier.String()
}

// paused reports whether look-ups leave Redis alone.
func (s *Store) paused() bool { return int64(time.Since(s.start)) < s.pausedUntil.Load() }

// command runs commands with a time limit. A failure is logged and counted once, and
// pauses look-ups. It is none that a key is not there, that it has another type, which is
// the key's fault, or that the caller went away.
func (s *Store) command(ctx context.Context, run func(ctx context.Context) error) error {
	limited, cancel := context.WithTimeout(ctx, s.o.Timeout)
	defer cancel()
	err := run(limited)
	if err == nil || errors.Is(err, redis.Nil) || wrongType(err) || ctx.Err() != nil {
		return err
	}
	s.pausedUntil.Store(int64(time.Since(s.start) + pause))
	s.fail(ctx, "")
	s.o.Logger.ErrorContext(ctx, "tenancy: Redis failed as a cache of tenants; the store below is asked", "error", err)
	return err
}

func wrongType(err error) bool { return err != nil && strings.HasPrefix(err.Error(), "WRONGTYPE") }

// fail counts a failure.
func (s *Store) fail(ctx context.Context, id string) {
	s.failures.Add(1)
	s.o.Recorder.Count(ctx, runtime.CountCache, "l2_error", id)
}

// seen is what a look-up found in Redis.
type seen struct {
	entry
	found bool
	// claim is what has to be there still when the answer of the store below is stored:
	// a lease or the entry itself. Empty means that it is not to be stored.
	claim string
}

// look reads the entry of a tenant, or takes a lease.
func (s *Store) look(ctx context.Context, id string) seen {
	if s.paused() {
		return seen{}
	}
	key, lease := s.tenantKey(id), leaseBegin+runtime.NewID()
	var (
		raw  string
		left time.Duration
	)
	err := s.command(ctx, func(ctx context.Context) error {
		got, err := readScript.Run(ctx, s.client, []string{key}, lease, leaseTTL.Milliseconds()).Slice()
		if err != nil || len(got) == 0 {
			return err
		}
		text, ok := got[0].(string)
		ms, isInt := got[1].(int64)
		if len(got) != 2 || !ok || !isInt {
			return fmt.Errorf("redisstore: an answer of %d parts", len(got))
		}
		raw, left = text, time.Duration(ms)*time.Millisecond
		return nil
	})
	switch {
	case wrongType(err):
		s.remove(ctx, id)
		return seen{}
	case err != nil:
		return seen{}
	case raw == "":
		return seen{claim: lease}
	}
	return s.read(ctx, id, raw, left)
}

// read reads what was found under the key of a tenant.
func (s *Store) read(ctx context.Context, id, raw string, left time.Duration) seen {
	if strings.HasPrefix(raw, markBegin) || strings.HasPrefix(raw, leaseBegin) {
		return seen{}
	}
	e, ok := decode(raw, id, left)
	if !ok {
		// Who asks next takes a lease.
		s.fail(ctx, id)
		s.o.Logger.ErrorContext(ctx, "tenancy: an entry of a tenant in Redis cannot be read, or is that of another one; it is removed", "tenant", id)
		_ = s.replace(ctx, id, raw, "", 0)
		return seen{}
	}
	return seen{entry: e, found: true, claim: raw}
}

// remove removes a key of another type.
func (s *Store) remove(ctx context.Context, id string) {
	s.fail(ctx, id)
	_ = s.command(ctx, func(ctx context.Context) error { return s.client.Unlink(ctx, s.tenantKey(id)).Err() })
}

// replace puts text in the place of what was seen, or removes it.
func (s *Store) replace(ctx context.Context, id, claim, text string, ttl time.Duration) error {
	return s.command(ctx, func(ctx context.Context) error {
		return replaceScript.Run(ctx, s.client, []string{s.tenantKey(id)}, claim, text, ttl.Milliseconds()).Err()
	})
}

// fill stores what the store below said, if what was seen is still there.
func (s *Store) fill(ctx context.Context, v seen, t runtime.Tenant, began time.Time) {
	left := s.o.TTL - time.Since(began)
	if v.claim == "" || s.paused() || left <= 0 {
		return
	}
	if text, ok := encode(t, s.o.TTL); ok {
		_ = s.replace(ctx, t.ID, v.claim, text, left)
	}
}

// clear removes what was seen, if it is still there.
func (s *Store) clear(ctx context.Context, v seen, id string) {
	if v.found && !s.paused() {
		_ = s.replace(ctx, id, v.claim, "", 0)
	}
}

// name returns the id of the tenant that had an identifier once; empty for unknown.
func (s *Store) name(ctx context.Context, identifier runtime.Identifier) string {
	if s.paused() {
		return ""
	}
	var id string
	err := s.command(ctx, func(ctx context.Context) (err error) {
		id, err = s.client.Get(ctx, s.nameKey(identifier)).Result()
		return err
	})
	if wrongType(err) {
		s.fail(ctx, "")
		_ = s.command(ctx, func(ctx context.Context) error { return s.client.Unlink(ctx, s.nameKey(identifier)).Err() })
	}
	if err != nil || !cacheable(id) {
		return ""
	}
	return id
}

// setName remembers whose an identifier is. It is a hint: who follows it looks whether
// the tenant has the identifier.
func (s *Store) setName(ctx context.Context, identifier runtime.Identifier, id string) {
	if s.paused() {
		return
	}
	_ = s.command(ctx, func(ctx context.Context) error {
		return s.client.Set(ctx, s.nameKey(identifier), id, s.o.TTL).Err()
	})
}
