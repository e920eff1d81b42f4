// Command chinook runs the calls on one engine: its arguments are the engine and the data
// source.
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
	"example.com/chinook/postgresql"
	"example.com/chinook/show"
	"example.com/chinook/sqlite"
)

func main() {
	engine := map[string]struct {
		driver string
		run    func(context.Context, *sql.DB, *show.Transcript)
	}{
		"postgresql": {"postgres", postgresql.Run},
		"mysql":      {"mysql", mysql.Run},
		"sqlite":     {"sqlite3", sqlite.Run},
	}[os.Args[1]]
	db, err := sql.Open(engine.driver, os.Args[2])
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	engine.run(context.Background(), db, &show.Transcript{To: os.Stdout})
}
