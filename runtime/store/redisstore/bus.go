package redisstore

import (
	"context"
	"errors"
	"log/slog"
	"net"
	"sync"
	"time"

	"github.com/redis/go-redis/v9"
)

// BusOptions say how a Bus uses Redis. The zero BusOptions are good.
type BusOptions struct {
	// Prefix begins the channel's name, as Options.Prefix begins keys.
	Prefix string
	// Logger is told when a subscription is interrupted; nil means slog.Default().
	Logger *slog.Logger
}

// Bus carries messages between processes by Redis pub/sub; it is a cachestore.Bus. A
// message arrives once or not at all. It is safe for concurrent use.
type Bus struct {
	client  redis.UniversalClient
	channel string
	logger  *slog.Logger
	silence time.Duration
}

const (
	// silence is after what time without a message a subscriber asks Redis whether it is
	// still there; twice that without an answer ends the connection.
	silence = 3 * time.Second
	// again is how long a subscriber waits before it connects once more.
	again = 200 * time.Millisecond
	// first is how long Subscribe waits for the subscription to begin.
	first = time.Second
)

// NewBus returns a Bus over a client, which it does not close. The client needs
// ContextTimeoutEnabled.
func NewBus(client redis.UniversalClient, o BusOptions) (*Bus, error) {
	if client == nil {
		return nil, errors.New("redisstore: there is no client")
	}
	if o.Prefix == "" {
		o.Prefix = "tenancy"
	}
	if !prefixRule.MatchString(o.Prefix) {
		return nil, errPrefix
	}
	if o.Logger == nil {
		o.Logger = slog.Default()
	}
	if err := heedsContext(client); err != nil {
		return nil, err
	}
	return &Bus{client: client, channel: o.Prefix + ":changes", logger: o.Logger, silence: silence}, nil
}

// Publish sends a message to all subscribers.
func (b *Bus) Publish(ctx context.Context, message []byte) error {
	return b.client.Publish(ctx, b.channel, message).Err()
}

// Subscribe calls receive with each message from one goroutine, and with nil each time
// when the subscription begins. It connects again when the connection ends or Redis does
// not answer. It waits up to a second for the begin, but not where Redis is down.
func (b *Bus) Subscribe(receive func(message []byte)) (stop func()) {
	ctx, cancel := context.WithCancel(context.Background())
	tried, once := make(chan struct{}), sync.Once{}
	told := false // that it was cut off; once, however long that takes
	begun := func() {
		told = false
		once.Do(func() { close(tried) })
	}
	var done sync.WaitGroup
	done.Go(func() {
		for ctx.Err() == nil {
			err := b.listen(ctx, receive, begun)
			once.Do(func() { close(tried) })
			if ctx.Err() != nil {
				return
			}
			level := slog.LevelWarn
			if told {
				level = slog.LevelDebug
			}
			told = true
			b.logger.Log(ctx, level, "tenancy: the caches of tenants were cut off from Redis; they hear of changes again when it is back", "error", err)
			select {
			case <-ctx.Done():
			case <-time.After(again):
			}
		}
	})
	select {
	case <-tried:
	case <-time.After(first):
	}
	return func() {
		cancel()
		done.Wait()
	}
}

// listen receives messages until the connection is no good.
func (b *Bus) listen(ctx context.Context, receive func(message []byte), begun func()) error {
	sub := b.client.Subscribe(ctx, b.channel)
	defer func() { _ = sub.Close() }()
	// Nothing but Close ends a read that waits.
	defer context.AfterFunc(ctx, func() { _ = sub.Close() })()
	asked := false
	for {
		got, err := sub.ReceiveTimeout(ctx, b.silence)
		var late net.Error
		switch {
		case err == nil:
			asked = false
		case errors.As(err, &late) && late.Timeout() && !asked:
			asked = true
			if err := sub.Ping(ctx); err != nil {
				return err
			}
			continue
		default:
			return err
		}
		switch m := got.(type) {
		case *redis.Subscription:
			receive(nil)
			begun()
		case *redis.Message:
			receive([]byte(m.Payload))
		}
	}
}
