package manifest

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/tenancygen/tenancygen/generator/ir"
)

// manifest is the form of the manifest. Its lists are sorted by name, and each
// table and each reference is one line, so that a change of one query changes no
// other line. For the same reason it holds no line numbers.
type manifest struct {
	Header     string
	Format     int
	Generator  string // the version; may be empty
	Engine     string
	TenantType string
	Tables     []table
	Queries    []query
}

type table struct {
	Table string       `json:"table"`
	Kind  ir.TableKind `json:"kind"`
	Class ir.Class     `json:"class"`
	// Column is the tenant column of a tenant or root table.
	Column string `json:"column,omitempty"`
	// Parent is the table through which a child belongs to its tenant, and Via its
	// columns that lead there.
	Parent string   `json:"parent,omitempty"`
	Via    []string `json:"via,omitempty"`
	// Shared is set where every tenant reads the rows without a tenant.
	Shared bool `json:"shared,omitempty"`
}

type query struct {
	Name, Cmd string
	// File is where the author wrote it; empty for a derived method.
	File   string
	Handle ir.Handle
	Reason string // of an unscoped query
	// SHA256 is of the text as it is sent: the value of the query's constant.
	SHA256 string
	// TenantParam is n of the $n that holds the tenant; zero without one.
	TenantParam int
	// Functions are those that only the configuration allows.
	Functions  []string
	References []reference
}

type reference struct {
	Table  string   `json:"table"`
	Alias  string   `json:"alias"`
	Class  ir.Class `json:"class"`
	Access string   `json:"access"` // read or write
	Anchor string   `json:"anchor"`
}

func manifestOf(pkg *ir.Package) manifest {
	m := manifest{Header: header(pkg), Format: Format, Generator: pkg.Version, Engine: pkg.Engine, TenantType: pkg.Tenant.SQLType}
	for _, t := range pkg.Tables {
		m.Tables = append(m.Tables, tableOf(t, pkg))
	}
	for _, q := range pkg.Queries {
		m.Queries = append(m.Queries, queryOf(q, pkg))
	}
	slices.SortStableFunc(m.Tables, func(a, b table) int { return strings.Compare(a.Table, b.Table) })
	slices.SortStableFunc(m.Queries, func(a, b query) int { return strings.Compare(a.Name, b.Name) })
	return m
}

func tableOf(t ir.Table, pkg *ir.Package) table {
	out := table{Table: display(ir.Name{Schema: t.Schema, Name: t.Name}, pkg), Kind: t.Kind, Class: t.Tenancy.Class, Column: t.Tenancy.Column, Shared: t.Tenancy.Shared}
	if len(t.Tenancy.Path) > 0 {
		step := t.Tenancy.Path[0]
		out.Parent, out.Via = display(step.Parent, pkg), step.Columns
	}
	return out
}

func queryOf(q ir.Query, pkg *ir.Package) query {
	out := query{
		Name: q.Name, Cmd: q.Cmd, File: q.Place.Path, Handle: q.Handle, Reason: q.Reason, SHA256: hash(q),
		TenantParam: 1 + slices.IndexFunc(q.Params, func(p ir.Param) bool { return p.Tenant }),
		Functions:   append([]string{}, q.Functions...),
	}
	for _, r := range q.References {
		access := "read"
		if r.Written {
			access = "write"
		}
		out.References = append(out.References, reference{Table: display(r.Table, pkg), Alias: r.Alias, Class: r.Class, Access: access, Anchor: r.Anchor})
	}
	return out
}

// hash is the SHA-256 of the text that is sent, which begins with the query's
// name, as gosrc writes it.
func hash(q ir.Query) string {
	sum := sha256.Sum256(fmt.Appendf(nil, "-- name: %s %s\n%s\n", q.Name, q.Cmd, q.SQL))
	return hex.EncodeToString(sum[:])
}

// emitManifest writes the manifest.
func emitManifest(pkg *ir.Package) ([]byte, error) {
	var out bytes.Buffer
	if err := forms.ExecuteTemplate(&out, ManifestFile+".tmpl", manifestOf(pkg)); err != nil {
		return nil, err
	}
	if !json.Valid(out.Bytes()) {
		return nil, errors.New("it is not JSON")
	}
	return out.Bytes(), nil
}

// oneLine is a value as JSON, as it can be read: SQL has < and >.
func oneLine(v any) (string, error) {
	var out bytes.Buffer
	enc := json.NewEncoder(&out)
	enc.SetEscapeHTML(false)
	err := enc.Encode(v)
	return strings.TrimSpace(out.String()), err
}
