package show

import (
	"context"
	"database/sql"
	"fmt"
	"reflect"
)

// Row has values for the fields of a struct of parameters.
type Row map[string]any

// Call calls a method by its name, with those values of a row that it takes, and writes
// down whether it did something. What it returns is left out: of a derived method that is
// the row where the engine has RETURNING, and a count or nothing where it has not.
func Call(ctx context.Context, q any, out *Transcript, name string, row Row) {
	returned := invoke(ctx, q, name, row)
	last := returned[len(returned)-1].Interface()
	if err, ok := last.(error); ok {
		out.Error(name, err)
		return
	}
	if n := returned[0]; len(returned) == 2 && n.Kind() == reflect.Int64 && n.Int() == 0 {
		out.Error(name, sql.ErrNoRows)
		return
	}
	out.Error(name, nil)
}

// Read calls a method that reads, and writes down what it returned.
func Read(ctx context.Context, q any, out *Transcript, name string, row Row) {
	returned := invoke(ctx, q, name, row)
	err, _ := returned[1].Interface().(error)
	out.Value(name)(returned[0].Interface(), err)
}

// Has reports whether there is a method.
func Has(q any, name string) bool { return reflect.ValueOf(q).MethodByName(name).IsValid() }

func invoke(ctx context.Context, q any, name string, row Row) []reflect.Value {
	method := reflect.ValueOf(q).MethodByName(name)
	if !method.IsValid() {
		panic("no method " + name)
	}
	args := []reflect.Value{reflect.ValueOf(ctx)}
	if method.Type().NumIn() == 2 {
		arg := reflect.New(method.Type().In(1)).Elem()
		if _, single := arg.Addr().Interface().(sql.Scanner); !single && arg.Kind() == reflect.Struct {
			for i := range arg.NumField() {
				set(arg.Field(i), row[arg.Type().Field(i).Name])
			}
		} else {
			set(arg, row["key"])
		}
		args = append(args, arg)
	}
	return method.Call(args)
}

// set gives a field a value in the type that it has on the engine. No value is NULL, which
// a field without room for it has not.
func set(to reflect.Value, value any) {
	if value == nil && (to.Kind() == reflect.Struct || to.Kind() == reflect.Interface) {
		return
	}
	if scanner, ok := to.Addr().Interface().(sql.Scanner); ok {
		if err := scanner.Scan(value); err != nil {
			panic(err)
		}
		return
	}
	v := reflect.ValueOf(value)
	if !v.IsValid() || !v.CanConvert(to.Type()) || to.Kind() == reflect.String && v.Kind() != reflect.String {
		panic(fmt.Sprintf("no %T is a %s", value, to.Type()))
	}
	to.Set(v.Convert(to.Type()))
}
