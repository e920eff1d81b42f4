package mysql

import (
	"testing"

	"go.uber.org/goleak"

	"github.com/tenancygen/tenancygen/internal/testmysql"
)

func TestMain(m *testing.M) { testmysql.Main(m, func() error { return goleak.Find() }) }
