package parse

import "github.com/sqlc-dev/marino/charset"

// nopad is by how much MariaDB's number of a collation that does not pad is above that of
// the one that does.
const nopad = 1024

// The parser is MySQL's, and refuses names of collations that it does not know. These are
// the ones of MariaDB under which two texts are equal only when their bytes are: the ids of
// tenants need one of them.
func init() {
	for _, c := range []charset.Collation{
		{ID: 46 + nopad, CharsetName: "utf8mb4", Name: "utf8mb4_nopad_bin"},
		{ID: 83 + nopad, CharsetName: "utf8", Name: "utf8_nopad_bin"},
		{ID: 47 + nopad, CharsetName: "latin1", Name: "latin1_nopad_bin"},
		{ID: 65 + nopad, CharsetName: "ascii", Name: "ascii_nopad_bin"},
	} {
		charset.AddCollation(&c)
	}
}
