package isolationtest

import (
	"encoding/binary"
	"testing"

	"pgregory.net/rapid"
)

// Messages arrive cut anywhere, and a Z in a body is not a message.
func TestWireScan(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		var stream []byte
		want := 0
		for range rapid.IntRange(0, 20).Draw(t, "messages") {
			kind := rapid.SampledFrom([]byte("ZTDCZ1")).Draw(t, "kind")
			body := rapid.SliceOfN(rapid.SampledFrom([]byte("Z\x00\x05I")), 0, 12).Draw(t, "body")
			if kind == 'Z' {
				want++
			}
			stream = append(stream, kind)
			stream = binary.BigEndian.AppendUint32(stream, uint32(len(body)+4))
			stream = append(stream, body...)
		}
		c := &wireConn{wire: &Wire{}}
		for len(stream) > 0 {
			n := rapid.IntRange(1, len(stream)).Draw(t, "cut")
			c.scan(stream[:n])
			stream = stream[n:]
		}
		if got := c.wire.counts.Ready; got != want {
			t.Fatalf("%d ReadyForQuery, want %d", got, want)
		}
	})
}
