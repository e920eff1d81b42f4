package namespace

import (
	"crypto/sha256"
	"encoding/base32"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/tenancygen/tenancygen/runtime"
)

// maxName is how many bytes of a name PostgreSQL keeps. It cuts a longer one
// without an error, and two that differ behind the cut become one.
const maxName = 63

// maxPrefixPart is how long the tenant's part of a table's name may be: a UUID fits,
// and what is left is enough for the names of most tables.
const maxPrefixPart = 36

const (
	// space begins the names of schemas and databases, and so keeps them apart from
	// those of PostgreSQL and of the application.
	space = "tenant_"
	// prefixStart and prefixEnd are around the tenant's part of a table's name. The
	// part holds no prefixEnd, so that the first one ends it.
	prefixStart, prefixEnd = "t_", "__"
)

// hashLength is the number of characters of a hash. They are 80 bits, so that who
// chooses an id cannot search for one that has another tenant's name.
const hashLength = 16

var (
	lower = base32.NewEncoding("abcdefghijklmnopqrstuvwxyz234567").WithPadding(base32.NoPadding)

	// others are the characters that a name does not have.
	others = regexp.MustCompile(`[^a-z0-9]+`)
	// stored is what a name may be that somebody chose.
	stored = regexp.MustCompile(`\A[a-z_][a-z0-9_]*\z`)
)

// Schema returns the name of the schema of the tenant with the id.
func Schema(id string) (string, error) { return named(id) }

// Database returns the name of the database of the tenant with the id.
func Database(id string) (string, error) { return named(id) }

func named(id string) (string, error) {
	if id == "" {
		return "", runtime.ErrNoTenant
	}
	return space + part(id, maxName-len(space)), nil
}

// Prefix returns what the names of the tables of the tenant with the id begin with.
func Prefix(id string) (string, error) {
	if id == "" {
		return "", runtime.ErrNoTenant
	}
	return prefixStart + part(id, maxPrefixPart) + prefixEnd, nil
}

// Table returns the name of a table, or of another relation such as an index, of
// the tenant with the prefix. Names of one or of two tenants are the same only
// where prefix and name are.
func Table(prefix, name string) string {
	full := prefix + name
	if len(full) <= maxName && !isHashed(full) {
		return full
	}
	return withHash(full, prefix+"\x00"+name, maxName)
}

// Stored checks the name of a schema that is stored for the tenant with the id, and
// returns it. It never makes another name of it. The error wraps
// runtime.ErrNamespaceName: for a name that is not made of lower-case letters, digits
// and underscores, is too long, is reserved, or is one that is made from another id.
func Stored(name, id string, reserved ...string) (string, error) {
	own, err := Schema(id)
	if err != nil {
		return "", err
	}
	var why string
	switch {
	case name == own:
		return name, nil
	case !stored.MatchString(name):
		why = "it may have lower-case letters, digits and underscores only, and begins with no digit"
	case len(name) > maxName:
		why = fmt.Sprintf("it is longer than %d bytes", maxName)
	case isReserved(name) || slices.Contains(reserved, name):
		why = "it is reserved"
	case strings.HasPrefix(name, space):
		why = "names that begin with " + space + " are made from tenants' ids, and this is not the tenant's"
	default:
		return name, nil
	}
	return "", fmt.Errorf("%w: schema %q: %s", runtime.ErrNamespaceName, name, why)
}

// isReserved reports whether a name is PostgreSQL's, the registry's, or one that
// every tenant has.
func isReserved(name string) bool {
	switch name {
	case "public", "information_schema", "postgres", "template0", "template1", RegistrySchema:
		return true
	}
	return strings.HasPrefix(name, "pg_")
}

// RegistrySchema is the schema of the table that says whose a namespace is.
const RegistrySchema = "tenancy"

// Quote returns a name as SQL writes it, but that of MySQL.
func Quote(name string) string {
	return `"` + strings.ReplaceAll(name, `"`, `""`) + `"`
}

// part returns the tenant's part of a name, of at most limit bytes. It is lower
// case, has no two underscores in a row, and begins and ends with none. No two ids
// have the same: a part that ends in a hash tells the id, and one that does not is
// the id itself, or the id with the dashes of a UUID replaced.
func part(id string, limit int) string {
	if len(id) <= limit {
		if isPlain(id) && !isHashed(id) && !isUUID(id, '_') {
			return id
		}
		if isUUID(id, '-') {
			return strings.ReplaceAll(id, "-", "_")
		}
	}
	readable := strings.Trim(others.ReplaceAllString(asciiLower(id), "_"), "_")
	if readable == "" {
		readable = "id"
	}
	return withHash(readable, id, limit)
}

// The looks at an id are loops and no regular expressions, since every handle of a
// tenant needs its name.

// isPlain reports whether an id is a part of a name as it is.
func isPlain(id string) bool {
	before := byte('_')
	for i := range len(id) {
		if c := id[i]; !isLetter(c) && !isDigit(c) && (c != '_' || before == '_') {
			return false
		}
		before = id[i]
	}
	return before != '_'
}

// isHashed reports whether a name ends as if it had a hash.
func isHashed(name string) bool {
	from := len(name) - hashLength
	if from < 1 || name[from-1] != '_' {
		return false
	}
	for i := from; i < len(name); i++ {
		if c := name[i]; !isLetter(c) && (c < '2' || c > '7') {
			return false
		}
	}
	return true
}

// isUUID reports whether an id is a UUID in lower case with a separator. What a UUID
// becomes has underscores, and an id that is spelled so gets a hash.
func isUUID(id string, separator byte) bool {
	if len(id) != len("6f1c2a9e-0d5b-4c6e-8f2a-1b2c3d4e5f60") {
		return false
	}
	for i := range len(id) {
		switch c := id[i]; i {
		case 8, 13, 18, 23:
			if c != separator {
				return false
			}
		default:
			if !isDigit(c) && (c < 'a' || c > 'f') {
				return false
			}
		}
	}
	return true
}

func isLetter(c byte) bool { return 'a' <= c && c <= 'z' }
func isDigit(c byte) bool  { return '0' <= c && c <= '9' }

// withHash cuts a readable name so that it fits with the hash of what it is for.
func withHash(readable, of string, limit int) string {
	sum := sha256.Sum256([]byte(of))
	readable = cut(readable, limit-hashLength-1)
	return strings.TrimRight(readable, "_") + "_" + lower.EncodeToString(sum[:])[:hashLength]
}

// cut returns the first bytes of s, without a part of a character.
func cut(s string, limit int) string {
	if len(s) <= limit {
		return s
	}
	for limit > 0 && !utf8.RuneStart(s[limit]) {
		limit--
	}
	return s[:limit]
}

// asciiLower is lower case for the letters that a name can have. Other letters
// become none: which of them become ASCII depends on the language.
func asciiLower(s string) string {
	return strings.Map(func(r rune) rune {
		if 'A' <= r && r <= 'Z' {
			return r + 'a' - 'A'
		}
		return r
	}, s)
}
