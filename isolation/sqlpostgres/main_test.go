package sqlpostgres_test

import (
	"testing"

	"go.uber.org/goleak"

	"github.com/tenancygen/tenancygen/internal/testpg"
)

func TestMain(m *testing.M) {
	testpg.Main(m, func() error { return goleak.Find() })
}
