// Command chinook runs the calls on one engine: its arguments are the engine, the data
// source, and "added" for the schema with a column for the tenant.
package main

import (
	"context"
	"database/sql"
	"fmt"
	"os"

	_ "github.com/go-sql-driver/mysql"
	_ "github.com/lib/pq"
	_ "github.com/ncruces/go-sqlite3/driver"
	_ "github.com/ncruces/go-sqlite3/embed"

	"example.com/chinook/mysql"
	mysqladded "example.com/chinook/mysql/added"
	"example.com/chinook/postgresql"
	postgresqladded "example.com/chinook/postgresql/added"
	"example.com/chinook/show"
	"example.com/chinook/sqlite"
	sqliteadded "example.com/chinook/sqlite/added"
)

func main() {
	engine := map[string]struct {
		driver     string
		run, added func(context.Context, *sql.DB, *show.Transcript)
	}{
		"postgresql": {"postgres", postgresql.Run, postgresqladded.Run},
		"mysql":      {"mysql", mysql.Run, mysqladded.Run},
		"sqlite":     {"sqlite3", sqlite.Run, sqliteadded.Run},
	}[os.Args[1]]
	db, err := sql.Open(engine.driver, os.Args[2])
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	if len(os.Args) > 3 {
		engine.run = engine.added
	}
	engine.run(context.Background(), db, &show.Transcript{To: os.Stdout})
}
