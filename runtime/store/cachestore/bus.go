package cachestore

import (
	"context"
	"encoding/json"
	"slices"
	"time"

	"github.com/tenancygen/tenancygen/runtime"
)

// Bus carries messages between the processes of an application, such as
// redisstore.Bus does. Messages hold ids and identifiers of tenants, and no other part
// of them. A Bus is safe for concurrent use.
type Bus interface {
	// Publish sends a message to every subscriber, also to those of this process. A
	// nil error does not say that anybody received it.
	Publish(ctx context.Context, message []byte) error

	// Subscribe calls receive with each message, from one goroutine at a time, and with
	// nil after messages may have been lost: when the subscription begins, and each time
	// when it was interrupted and goes on. It may wait a moment until it has begun, so
	// that what is read next is not forgotten again, and tries until it has. The function
	// that it returns ends the subscription and returns when receive will not be called
	// any more.
	Subscribe(receive func(message []byte)) (stop func())
}

// Change names what can have changed. The zero Change is everything.
type Change struct {
	// ID is the tenant's.
	ID string `json:"id"`
	// Identifier is one that the tenant may have been given; zero for none.
	Identifier runtime.Identifier `json:"identifier,omitzero"`
}

func (c Change) isAll() bool { return c == Change{} }

// message is what goes over the Bus.
type message struct {
	From    string   `json:"from"`
	Changes []Change `json:"changes"`
}

const (
	// messageSize is how many changes one message holds at most, so that it stays below
	// 8,000 bytes but for very long ids: some systems take no longer ones.
	messageSize = 50
	// publishTimeout is how long a write waits for the Bus at most.
	publishTimeout = time.Second
)

// publish tells other processes. A message that cannot be sent is logged, once for each
// write, and no error: the bound without messages holds.
func (s *Store) publish(ctx context.Context, changes []Change) {
	if s.o.Bus == nil {
		return
	}
	// The write has happened, whatever becomes of the caller.
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), publishTimeout)
	defer cancel()
	for part := range slices.Chunk(changes, messageSize) {
		text, err := json.Marshal(message{From: s.self, Changes: part})
		if err == nil {
			err = s.o.Bus.Publish(ctx, text)
		}
		if err != nil {
			s.o.Logger.ErrorContext(ctx, "tenancy: other processes were not told of a change of tenants; they see it when their caches expire",
				"tenants", len(changes), "ttl", s.o.TTL, "error", err)
			return
		}
	}
}

// receive forgets what a message says. One that cannot be read may have said anything.
func (s *Store) receive(text []byte) {
	ctx := s.life
	var m message
	if text != nil {
		if err := json.Unmarshal(text, &m); err != nil {
			s.o.Logger.WarnContext(ctx, "tenancy: a message to the caches of tenants cannot be read", "error", err)
			m = message{}
		}
	}
	if m.From == s.self {
		return // it was done before it was sent
	}
	if len(m.Changes) == 0 || slices.ContainsFunc(m.Changes, Change.isAll) {
		m.Changes = []Change{{}}
		s.o.Recorder.Count(ctx, runtime.CountInvalidations, "all", "")
	} else {
		for _, c := range m.Changes {
			s.o.Recorder.Count(ctx, runtime.CountInvalidations, "remote", c.ID)
		}
	}
	s.forget(m.Changes...)
	s.tell(m.Changes)
}
