package sqlcproc

import "github.com/pingcap/tidb/pkg/parser/charset"

// addCollations lets sqlc read schemas with the collations of MariaDB that its parser, made
// for MySQL, does not know: those under which two texts are equal only when their bytes are.
// MariaDB's number of one that does not pad is 1024 above that of the one that does.
func addCollations() {
	for _, c := range []charset.Collation{
		{ID: 1024 + 46, CharsetName: "utf8mb4", Name: "utf8mb4_nopad_bin"},
		{ID: 1024 + 83, CharsetName: "utf8", Name: "utf8_nopad_bin"},
		{ID: 1024 + 47, CharsetName: "latin1", Name: "latin1_nopad_bin"},
		{ID: 1024 + 65, CharsetName: "ascii", Name: "ascii_nopad_bin"},
	} {
		charset.AddCollation(&c)
	}
}
