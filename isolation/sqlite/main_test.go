package sqlite

import (
	"testing"

	"go.uber.org/goleak"

	"github.com/tenancygen/tenancygen/internal/testserver"
)

func TestMain(m *testing.M) { testserver.Main(m, func() error { return goleak.Find() }) }
