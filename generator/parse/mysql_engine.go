package parse

import (
	"slices"
	"strings"

	"github.com/sqlc-dev/marino/ast"
)

// StorageEngine is the engine that keeps the rows of a table.
type StorageEngine struct {
	Name string // in lower case
	Pos  int
}

// engine is the last one that options name; nil where it is the server's default.
func (s *mysqlSchema) engine(options []*ast.TableOption) *StorageEngine {
	var found *StorageEngine
	for _, o := range options {
		if o.Tp == ast.TableOptionEngine {
			found = &StorageEngine{Name: strings.ToLower(o.StrValue), Pos: s.enginePos()}
		}
	}
	return found
}

// tableEngine is that of a table, or of its partitions, which have no other.
func (s *mysqlSchema) tableEngine(x *ast.CreateTableStmt) *StorageEngine {
	found := s.engine(x.Options)
	if x.Partition == nil {
		return found
	}
	for _, p := range x.Partition.Definitions {
		all := [][]*ast.TableOption{p.Options}
		for _, sub := range p.Sub {
			all = append(all, sub.Options)
		}
		for _, options := range all {
			if of := s.engine(options); of != nil {
				found = of
			}
		}
	}
	return found
}

// enginePos is where the last option ENGINE stands: what is behind the columns comes
// behind a column of that name.
func (s *mysqlSchema) enginePos() int {
	for i := s.to - 1; i >= s.from; i-- {
		if strings.EqualFold(s.original(i), "engine") {
			return s.list[i].Start
		}
	}
	return s.start()
}

// mysqlEngineSettings say which engine a table has that names none.
var mysqlEngineSettings = strings.Fields("default_storage_engine storage_engine enforce_storage_engine table_type")

// set refuses what gives the tables that follow another engine.
func (s *mysqlSchema) set(x *ast.SetStmt) {
	for _, v := range x.Variables {
		if slices.Contains(mysqlEngineSettings, strings.ToLower(v.Name)) {
			s.fail(unsupported(s.start(), "SET "+strings.ToLower(v.Name), "write ENGINE=InnoDB behind each table, or leave it out"))
		}
	}
}
