package sqlcproc

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"time"
)

// request is what sqlc would send to a code generator, as far as it is used
// here (protos/plugin/codegen.proto in sqlc).
type request struct {
	Catalog struct {
		DefaultSchema string          `json:"default_schema"`
		Schemas       []requestSchema `json:"schemas"`
	} `json:"catalog"`
	Queries []requestQuery `json:"queries"`

	took time.Duration // what the child used of the processor
}

type requestSchema struct {
	Name   string         `json:"name"`
	Tables []requestTable `json:"tables"`
	Enums  []struct {
		Name    string   `json:"name"`
		Vals    []string `json:"vals"`
		Comment string   `json:"comment"`
	} `json:"enums"`
	CompositeTypes []struct {
		Name string `json:"name"`
	} `json:"composite_types"`
}

type requestTable struct {
	Rel     identifier      `json:"rel"`
	Columns []requestColumn `json:"columns"`
	Comment string          `json:"comment"`
}

type identifier struct {
	Schema string `json:"schema"`
	Name   string `json:"name"`
}

type requestColumn struct {
	Name         string      `json:"name"`
	NotNull      bool        `json:"not_null"`
	IsArray      bool        `json:"is_array"`
	ArrayDims    int         `json:"array_dims"`
	Comment      string      `json:"comment"`
	Length       int         `json:"length"`
	IsNamedParam bool        `json:"is_named_param"`
	IsFuncCall   bool        `json:"is_func_call"`
	Table        *identifier `json:"table"`
	TableAlias   string      `json:"table_alias"`
	Type         *identifier `json:"type"`
	IsSqlcSlice  bool        `json:"is_sqlc_slice"`
	EmbedTable   *identifier `json:"embed_table"`
	OriginalName string      `json:"original_name"`
	Unsigned     bool        `json:"unsigned"`
}

type requestQuery struct {
	Text            string          `json:"text"`
	Name            string          `json:"name"`
	Cmd             string          `json:"cmd"`
	Columns         []requestColumn `json:"columns"`
	InsertIntoTable *identifier     `json:"insert_into_table"`
	Params          []requestParam  `json:"params"`
}

type requestParam struct {
	Number int            `json:"number"`
	Column *requestColumn `json:"column"`
}

// readRequest reads what the child has written into dir, of texts that were fed in
// that encoding.
func (c *child) readRequest(dir string, encoding ascii) (*request, error) {
	data, err := os.ReadFile(filepath.Join(dir, requestFile))
	if err != nil {
		return nil, fmt.Errorf("sqlc analysis: %w", err)
	}
	var r request
	if err := json.Unmarshal(encoding.decode(withoutSystem(data)), &r); err != nil {
		return nil, fmt.Errorf("sqlc analysis: %s: %w", requestFile, err)
	}
	r.took = c.cmd.ProcessState.UserTime() + c.cmd.ProcessState.SystemTime()
	return &r, nil
}

// withoutSystem empties the schemas of PostgreSQL itself, which are most of what
// sqlc writes and take long to read. sqlc indents by two, and a string holds no line
// break, so that a schema ends where its brace is.
func withoutSystem(data []byte) []byte {
	for _, name := range systemSchemas {
		start := `
        "name": "` + name + `"`
		at := bytes.Index(data, []byte(start+",\n"))
		if at < 0 {
			continue
		}
		at += len(start)
		if size := bytes.Index(data[at:], []byte("\n      }")); size >= 0 {
			data = slices.Delete(data, at, at+size)
		}
	}
	return data
}
