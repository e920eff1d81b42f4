// Package templates holds the text templates of the SQL that tenancygen emits.
// Go source is not made from templates. A template does no quoting: whatever is
// put into it is SQL text already.
package templates

import "embed"

// FS holds the templates, one file for each emitted file, named after it with
// ".tmpl" added.
//
//go:embed *.sql.tmpl
var FS embed.FS
