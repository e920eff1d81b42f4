package postgres

import (
	"sync"

	"github.com/tenancygen/tenancygen/runtime"
)

// maxTexts is how many texts a generation of texts has.
const maxTexts = 4096

// texts remembers texts by their SQL, those that were used last. The zero value is
// empty. It is safe for concurrent use.
type texts struct {
	mu sync.Mutex
	// A full generation becomes the old one, and what was in the old one and has not
	// been used since is forgotten.
	young, old map[string]runtime.Text
}

func (c *texts) put(text runtime.Text) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.add(text)
}

func (c *texts) add(text runtime.Text) {
	if len(c.young) >= maxTexts {
		c.old, c.young = c.young, nil
	}
	if c.young == nil {
		c.young = map[string]runtime.Text{}
	}
	c.young[text.SQL] = text
}

func (c *texts) get(sql string) (runtime.Text, bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if text, ok := c.young[sql]; ok {
		return text, true
	}
	text, ok := c.old[sql]
	if ok {
		c.add(text)
	}
	return text, ok
}
