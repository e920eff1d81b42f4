// Package sqlcplugin is how sqlc talks to a plugin that it runs as a process: it
// calls the program with the name of a method, writes a request to its standard
// input, and reads a response from its standard output.
//
// The request holds what sqlc made of the author's statements: their text without
// comments and with their stars expanded, and no syntax tree. That is not enough to
// scope a statement, so only the settings of the request are used, and the names of
// its queries, by which the files that are read are known to be sqlc's.
package sqlcplugin

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"

	"github.com/tenancygen/tenancygen/generator/diag"
	"github.com/tenancygen/tenancygen/generator/parse"
	"github.com/tenancygen/tenancygen/generator/source"
)

// Method is the first argument that sqlc runs a plugin with.
const Method = "/plugin.CodegenService/Generate"

// IsCall reports whether the arguments are those by which sqlc runs a plugin.
func IsCall(args []string) bool { return len(args) == 1 && strings.HasPrefix(args[0], "/plugin.") }

// Request is what a plugin is asked, as far as it is used here
// (protos/plugin/codegen.proto in sqlc).
type Request struct {
	Settings struct {
		Engine  string   `json:"engine"`
		Schema  []string `json:"schema"`
		Queries []string `json:"queries"`
		Codegen struct {
			Out string `json:"out"`
		} `json:"codegen"`
	} `json:"settings"`
	Queries []struct {
		Name string `json:"name"`
		Cmd  string `json:"cmd"`
	} `json:"queries"`
	// PluginOptions are the entry's options, GlobalOptions those for all entries.
	PluginOptions []byte `json:"plugin_options"`
	GlobalOptions []byte `json:"global_options"`
}

// Read reads a request. The error is one for the user.
func Read(in io.Reader) (*Request, error) {
	data, err := io.ReadAll(in)
	if err != nil {
		return nil, err
	}
	if !bytes.HasPrefix(bytes.TrimSpace(data), []byte("{")) {
		return nil, errors.New("sqlc's request is not in JSON; add `format: json` to the plugin's `process:` in sqlc's configuration")
	}
	r := &Request{}
	if err := json.Unmarshal(data, r); err != nil {
		return nil, fmt.Errorf("sqlc's request cannot be read: %w", err)
	}
	if len(r.GlobalOptions) > 0 && string(r.GlobalOptions) != "null" {
		return nil, errors.New("sqlc's configuration has `options:` for the plugin at its top; write them under `codegen:`, where the plugin is used")
	}
	return r, nil
}

// Options are the entry's options as text to read and to point at.
func (r *Request) Options() *source.File {
	var text bytes.Buffer
	if err := json.Indent(&text, r.PluginOptions, "", "  "); err != nil || text.Len() == 0 || text.String() == "null" {
		text.Reset()
		text.WriteString("{}")
	}
	return source.NewFile("options", text.String())
}

// Differs compares the queries of the files with those that sqlc has read. It
// returns what is different, or "".
func (r *Request) Differs(files []*source.File) string {
	theirs, ours := map[string]bool{}, map[string]bool{}
	for _, q := range r.Queries {
		theirs[q.Name+" "+q.Cmd] = true
	}
	var ignored diag.Report // what is wrong with them is said when they are compiled
	for _, f := range files {
		for _, q := range parse.QueryFile(parse.PostgreSQL, f, &ignored) {
			ours[q.Name+" "+q.Cmd] = true
		}
	}
	for _, q := range slices.Sorted(maps.Keys(theirs)) {
		if !ours[q] {
			return fmt.Sprintf("query %s is in sqlc's request and not in the files", q)
		}
	}
	for _, q := range slices.Sorted(maps.Keys(ours)) {
		if !theirs[q] {
			return fmt.Sprintf("query %s is in the files and not in sqlc's request", q)
		}
	}
	return ""
}

// Write writes the response: the generated files, in the order of their names.
func Write(out io.Writer, files map[string][]byte) error {
	type file struct {
		Name     string `json:"name"`
		Contents []byte `json:"contents"`
	}
	var response struct {
		Files []file `json:"files"`
	}
	for _, name := range slices.Sorted(maps.Keys(files)) {
		response.Files = append(response.Files, file{name, files[name]})
	}
	return json.NewEncoder(out).Encode(response)
}
