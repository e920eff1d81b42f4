package dynamic_test

import (
	"embed"
	"errors"
	"fmt"
	"io/fs"
	"log"
	"strings"

	"github.com/tenancygen/tenancygen/isolation/dynamic"
	"github.com/tenancygen/tenancygen/runtime"
)

//go:embed testdata/tenancy.yaml testdata/schema.sql
var embedded embed.FS

// A search whose conditions are the user's choice. Each is SQL of the program's own;
// what the user typed goes into the arguments.
func Example() {
	files, err := fs.Sub(embedded, "testdata")
	if err != nil {
		log.Fatal(err)
	}
	filter, err := dynamic.New(files, "tenancy.yaml")
	if err != nil {
		log.Fatal(err)
	}

	conditions, args := []string{"true"}, []any{}
	for condition, value := range map[string]any{"qty > $%d": 5} {
		args = append(args, value)
		conditions = append(conditions, fmt.Sprintf(condition, len(args)))
	}
	q := runtime.Query{SQL: "SELECT number FROM orders WHERE " + strings.Join(conditions, " AND ") + " ORDER BY id", Args: args}

	tenant := runtime.Tenant{ID: "7c0b7a8e-0000-4000-8000-000000000001"}
	text, args, err := filter.Filter(q, tenant) // provider.ApplyFilters(q, tenant) does this
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(text.SQL)
	fmt.Println(args)

	_, _, err = filter.Filter(runtime.Query{SQL: "SELECT number FROM orders; DROP TABLE orders"}, tenant)
	fmt.Println(errors.Is(err, dynamic.ErrRefused), err)
	// Output:
	// SELECT number FROM orders WHERE (true AND qty > $1) AND orders.tenant_id = $2::uuid ORDER BY id
	// [5 7c0b7a8e-0000-4000-8000-000000000001]
	// true tenancy: the statement is refused: 1:28: there is more than one statement [TG0006]
}
