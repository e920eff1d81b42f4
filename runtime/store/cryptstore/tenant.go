package cryptstore

import (
	"encoding/json"
	"errors"
	"strings"

	"github.com/tenancygen/tenancygen/runtime"
)

// fieldURL is the DatabaseURL's field; the others are fieldMetadata and their key.
const (
	fieldURL      = "database_url"
	fieldMetadata = "metadata."
)

// sealTenant returns t as it is stored.
func (s *Store) sealTenant(t runtime.Tenant) (runtime.Tenant, error) {
	var err error
	if t.DatabaseURL, err = s.sealURL(t.ID, t.DatabaseURL); err != nil {
		return runtime.Tenant{}, err
	}
	if t.Metadata, err = s.sealMetadata(t.ID, t.Metadata); err != nil {
		return runtime.Tenant{}, err
	}
	return t, nil
}

// sealURL leaves an empty URL empty: there is none.
func (s *Store) sealURL(id, url string) (string, error) {
	if url == "" {
		return "", nil
	}
	return seal(s.ring.First(), place{id, fieldURL}, []byte(url))
}

// sealMetadata encrypts the JSON text of each secret, whatever its type, and puts the
// result in its place as a string.
func (s *Store) sealMetadata(id string, m runtime.Metadata) (runtime.Metadata, error) {
	return m.Map(func(key string, value json.RawMessage) (json.RawMessage, error) {
		if !strings.HasPrefix(key, runtime.SecretPrefix) {
			return value, nil
		}
		text, err := seal(s.ring.First(), place{id, fieldMetadata + key}, value)
		if err != nil {
			return nil, err
		}
		return json.Marshal(text)
	})
}

// openTenant returns a stored tenant as the application knows it. The error is a
// *runtime.CorruptError.
func (s *Store) openTenant(stored runtime.Tenant) (runtime.Tenant, error) {
	t, _, err := s.openWith(stored, s.allowPlaintext)
	return t, err
}

// openWith is openTenant, and says whether all of it is encrypted with the first key.
// With plaintext allowed, what is in no way encrypted is what it is.
func (s *Store) openWith(stored runtime.Tenant, plaintext bool) (t runtime.Tenant, current bool, err error) {
	if t, current, err = s.openFields(stored, plaintext); err != nil {
		return runtime.Tenant{}, false, &runtime.CorruptError{ID: stored.ID, Err: err}
	}
	return t, current, nil
}

func (s *Store) openFields(t runtime.Tenant, plaintext bool) (_ runtime.Tenant, current bool, err error) {
	current = true
	one := func(p place, text string, readable bool) (value []byte, isPlain bool, err error) {
		if _, _, ok := decode(text); !(readable && ok) && plaintext {
			current = false
			return nil, true, nil
		}
		if !readable {
			return nil, false, &FieldError{Field: p.field, Err: ErrPlaintext}
		}
		value, keyID, err := open(s.ring, p, text)
		current = current && keyID == s.ring.First().ID()
		return value, false, err
	}
	if t.DatabaseURL != "" {
		value, isPlain, err := one(place{t.ID, fieldURL}, t.DatabaseURL, true)
		if err != nil {
			return runtime.Tenant{}, false, err
		}
		if !isPlain {
			t.DatabaseURL = string(value)
		}
	}
	t.Metadata, err = t.Metadata.Map(func(key string, stored json.RawMessage) (json.RawMessage, error) {
		if !strings.HasPrefix(key, runtime.SecretPrefix) {
			return stored, nil
		}
		var text string
		// JSON reads null into a string, too.
		readable := strings.HasPrefix(string(stored), `"`) && json.Unmarshal(stored, &text) == nil
		value, isPlain, err := one(place{t.ID, fieldMetadata + key}, text, readable)
		if isPlain {
			return stored, nil
		}
		return value, err
	})
	if err != nil {
		return runtime.Tenant{}, false, err
	}
	return t, current, nil
}

// openAll is openTenant for many, with the error that they came with. Those that cannot
// be read are left out, and the error says so.
func (s *Store) openAll(stored []runtime.Tenant, err error) ([]runtime.Tenant, error) {
	var (
		out      []runtime.Tenant
		problems = []error{err}
	)
	for _, one := range stored {
		t, err := s.openTenant(one)
		if err != nil {
			problems = append(problems, err)
			continue
		}
		out = append(out, t)
	}
	return out, errors.Join(problems...)
}
