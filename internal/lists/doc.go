// Package lists is a project whose queries return many rows with values that have
// memory of their own, for pgx in pgxgen and for database/sql in sqlgen. Its tests
// hold that no row shares memory with another, and its benchmark compares lists with
// those that sqlc generates. make verify holds both packages to the generator.
package lists

import (
	"encoding/json"
	"fmt"
)

// Settings is a jsonb column. Reading into a map that is there adds to it.
type Settings map[string]any

// Profile is a jsonb column. What the json does not have, reading leaves as it was.
type Profile struct {
	Name  string
	Email *string
	Tags  []string
}

// Marks is a jsonb column that reads itself, into the map that is there.
type Marks map[string]string

// Scan reads the column.
func (m *Marks) Scan(value any) error {
	switch value := value.(type) {
	case nil:
		return nil
	case []byte:
		return json.Unmarshal(value, m)
	case string:
		return json.Unmarshal([]byte(value), m)
	}
	return fmt.Errorf("marks of %T", value)
}

// ScannedProfile is a Profile that reads itself, as database/sql needs it.
type ScannedProfile struct{ Profile }

// Scan reads the column.
func (p *ScannedProfile) Scan(value any) error {
	if value == nil {
		return nil
	}
	return json.Unmarshal(value.([]byte), &p.Profile)
}
