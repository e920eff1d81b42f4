package sqlite

import (
	"testing"

	"go.uber.org/goleak"

	"github.com/tenancygen/tenancygen/internal/testserver"
	_ "github.com/tenancygen/tenancygen/internal/testsqlite" // compiles SQLite once for all
)

func TestMain(m *testing.M) { testserver.Main(m, func() error { return goleak.Find() }) }
