// Package templates holds the text templates of what tenancygen emits beside Go:
// the SQL, the manifest and the report. Go source is not made from templates. A
// template does no quoting: whatever is put into it is text of that kind already.
package templates

import "embed"

// FS holds the templates, one file for each emitted file, named after it with
// ".tmpl" added.
//
//go:embed *.tmpl
var FS embed.FS
