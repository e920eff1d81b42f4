package redisstore

import (
	"encoding/json"
	"strconv"
	"strings"
	"time"

	"github.com/tenancygen/tenancygen/runtime"
)

// A key of a tenant holds one of these:
//
//	E1|<version>|<ttl in ms>|<the tenant as JSON>   an entry
//	M<token>                                        a mark: somebody is writing
//	L<token>                                        a lease: somebody is reading
//
// E1 is the form of the rest. A process that does not know the form of an entry does not
// use it, and a change of the form, or a field that is new in a tenant, needs another.
const (
	entryBegin = "E1|"
	markBegin  = "M"
	leaseBegin = "L"
)

// entry is what was read of a key.
type entry struct {
	raw    string
	tenant runtime.Tenant
	// age is how long ago, at most, the store below said so.
	age time.Duration
}

// wire is a tenant with everything that is stored of it. Package runtime's own JSON of a
// tenant shows no secret.
type wire struct {
	ID          string
	Identifier  runtime.Identifier
	Name        string
	Status      runtime.Status
	Metadata    json.RawMessage
	Strategy    runtime.Strategy
	SchemaName  string
	DatabaseURL string
	Version     int64
	CreatedAt   time.Time
	UpdatedAt   time.Time
}

func toWire(t runtime.Tenant) wire {
	return wire{
		t.ID, t.Identifier, t.Name, t.Status, json.RawMessage(t.Metadata.JSON()), t.Strategy,
		t.SchemaName, t.DatabaseURL, t.Version, t.CreatedAt, t.UpdatedAt,
	}
}

func (w wire) tenant() (runtime.Tenant, error) {
	metadata, err := runtime.ParseMetadata(w.Metadata)
	return runtime.Tenant{
		ID: w.ID, Identifier: w.Identifier, Name: w.Name, Status: w.Status, Metadata: metadata, Strategy: w.Strategy,
		SchemaName: w.SchemaName, DatabaseURL: w.DatabaseURL, Version: w.Version, CreatedAt: w.CreatedAt, UpdatedAt: w.UpdatedAt,
	}, err
}

// encode returns the text of an entry. It reports false for a tenant that would not come
// back as it is, such as one with bytes that JSON cannot hold.
func encode(t runtime.Tenant, ttl time.Duration) (string, bool) {
	text, err := json.Marshal(toWire(t))
	if err != nil {
		return "", false
	}
	raw := entryBegin + strconv.FormatInt(t.Version, 10) + "|" + strconv.FormatInt(ttl.Milliseconds(), 10) + "|" + string(text)
	back, ok := decode(raw, t.ID, ttl)
	return raw, ok && back.tenant == t
}

// decode reads an entry that has so long to live. It reports false for one that cannot
// be read, or is not that of the tenant with this id.
func decode(raw, id string, left time.Duration) (entry, bool) {
	rest, ok := strings.CutPrefix(raw, entryBegin)
	if !ok {
		return entry{}, false
	}
	parts := strings.SplitN(rest, "|", 3)
	if len(parts) != 3 {
		return entry{}, false
	}
	version, err := strconv.ParseInt(parts[0], 10, 64)
	if err != nil {
		return entry{}, false
	}
	ttl, err := strconv.ParseInt(parts[1], 10, 64)
	if err != nil {
		return entry{}, false
	}
	var w wire
	if err := json.Unmarshal([]byte(parts[2]), &w); err != nil {
		return entry{}, false
	}
	t, err := w.tenant()
	if err != nil || t.ID != id || t.Version != version || t.Identifier.IsZero() || !t.Status.Valid() {
		return entry{}, false
	}
	e := entry{raw: raw, tenant: t, age: time.Duration(ttl)*time.Millisecond - left}
	if left <= 0 || e.age < 0 {
		// Somebody has changed how long it lives, so nobody knows how old it is.
		e.age = time.Duration(1<<63 - 1)
	}
	return e, true
}

// holds reports whether a tenant has an identifier now. A deleted one has none.
func holds(t runtime.Tenant, identifier runtime.Identifier) bool {
	return t.Identifier == identifier && t.Status != runtime.StatusDeleted
}
