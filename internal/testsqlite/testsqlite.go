// Package testsqlite gives the tests of this project SQLite, which needs no server.
//
// SQLite is WebAssembly that each process compiles: that takes a second, and fifteen
// under the race detector. Whoever imports this package shares what was compiled with
// other processes, in the user's cache directory.
package testsqlite

import (
	"database/sql"
	"os"
	"path/filepath"
	"testing"

	"github.com/ncruces/go-sqlite3"
	_ "github.com/ncruces/go-sqlite3/driver" // the driver "sqlite3"
	_ "github.com/ncruces/go-sqlite3/embed"  // SQLite itself
	"github.com/tetratelabs/wazero"
	"github.com/tetratelabs/wazero/api"
)

// memoryPages bound the memory of a connection to 256 MB, as the driver does where it is
// not configured.
const memoryPages = 4096

func init() {
	config := wazero.NewRuntimeConfig().WithMemoryLimitPages(memoryPages).WithCoreFeatures(api.CoreFeaturesV2)
	if home, err := os.UserCacheDir(); err == nil {
		if cache, err := wazero.NewCompilationCacheWithDir(filepath.Join(home, "tenancygen", "wazero")); err == nil {
			config = config.WithCompilationCache(cache)
		}
	}
	sqlite3.RuntimeConfig = config
}

// File returns the name of a file that is not there, in a directory of the test's own: in
// memory where that is possible, since each commit waits for the disk.
func File(t testing.TB) string {
	t.Helper()
	dir, err := os.MkdirTemp("/dev/shm", "testsqlite")
	if err != nil {
		return filepath.Join(t.TempDir(), "test.db")
	}
	t.Cleanup(func() { _ = os.RemoveAll(dir) })
	return filepath.Join(dir, "test.db")
}

// Open returns a handle on a data source, such as "file:" and a File. It opens conns
// connections at most, keeps them, and is closed at the end of the test.
func Open(t testing.TB, source string, conns int) *sql.DB {
	t.Helper()
	db, err := sql.Open("sqlite3", source)
	if err != nil {
		t.Fatal(err)
	}
	db.SetMaxOpenConns(conns)
	db.SetMaxIdleConns(conns)
	t.Cleanup(func() { _ = db.Close() })
	return db
}
