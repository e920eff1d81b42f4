package redisstore

import (
	"fmt"
	"io"
)

// String names the store, and nothing of what it keeps.
func (s *Store) String() string { return "redisstore" }

// Format writes String, whatever the verb: package fmt would print the fields.
func (s *Store) Format(f fmt.State, _ rune) { _, _ = io.WriteString(f, s.String()) }
