package manager

import (
	"fmt"
	"io"
)

// String names the manager, and nothing of what it is made of.
func (m *Manager) String() string { return "manager" }

// Format writes String, whatever the verb: package fmt would print the fields, while they
// are in use.
func (m *Manager) Format(f fmt.State, _ rune) { _, _ = io.WriteString(f, m.String()) }
