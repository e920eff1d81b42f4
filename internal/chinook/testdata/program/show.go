// Package show writes values so that those of several databases can be compared.
package show

import (
	"database/sql"
	"database/sql/driver"
	"errors"
	"fmt"
	"io"
	"os"
	"reflect"
	"strconv"
	"strings"
	"time"

	"github.com/tenancygen/tenancygen/runtime"
)

// Transcript is what came of calls, a line for each.
type Transcript struct {
	To     io.Writer
	Tenant string
}

// Value writes down what the call of a method returned.
func (t *Transcript) Value(call string) func(any, error) {
	return func(v any, err error) {
		if err != nil {
			t.Error(call, err)
			return
		}
		t.Text(call, plain(reflect.ValueOf(v)))
	}
}

// Error writes down of which kind an error is. Its text is the database's own.
func (t *Transcript) Error(call string, err error) {
	switch {
	case err == nil:
		t.Text(call, "done")
	case errors.Is(err, sql.ErrNoRows):
		t.Text(call, "no rows")
	case errors.Is(err, runtime.ErrTenantInactive):
		t.Text(call, "inactive")
	case errors.Is(err, runtime.ErrTenantID):
		t.Text(call, "no id")
	case errors.Is(err, runtime.ErrTenantConflict):
		t.Text(call, "conflict")
	case strings.Contains(err.Error(), "'exp(") && !errors.Is(err, runtime.ErrForeignKey):
		t.Text(call, "not known as the error of a look-up: "+err.Error())
	default:
		fmt.Fprintf(os.Stderr, "%s: %s: %v\n", t.Tenant, call, err)
		t.Text(call, "refused")
	}
}

// Text writes down a text.
func (t *Transcript) Text(call, text string) { fmt.Fprintf(t.To, "%s: %s: %s\n", t.Tenant, call, text) }

// plain is a value without what the types of one engine say beside it: numbers of any
// type, also in a text, are the same number.
func plain(v reflect.Value) string {
	if !v.IsValid() {
		return "NULL"
	}
	switch x := v.Interface().(type) {
	case time.Time:
		return x.UTC().Format(time.DateTime)
	case driver.Valuer:
		value, err := x.Value()
		if err != nil {
			return err.Error()
		}
		return plain(reflect.ValueOf(value))
	case []byte:
		return number(string(x))
	case string:
		return number(x)
	}
	switch v.Kind() {
	case reflect.Interface, reflect.Pointer:
		return plain(v.Elem())
	case reflect.Struct:
		var fields []string
		for i := range v.NumField() {
			fields = append(fields, v.Type().Field(i).Name+"="+plain(v.Field(i)))
		}
		return "{" + strings.Join(fields, " ") + "}"
	case reflect.Slice:
		var rows []string
		for i := range v.Len() {
			rows = append(rows, plain(v.Index(i)))
		}
		return fmt.Sprintf("%d [%s]", v.Len(), strings.Join(rows, " "))
	}
	return number(fmt.Sprint(v.Interface()))
}

// number is a text, in one form if it is a number.
func number(s string) string {
	n, err := strconv.ParseFloat(s, 64)
	if err != nil {
		return strconv.Quote(s)
	}
	return strings.TrimSuffix(strconv.FormatFloat(n, 'f', 2, 64), ".00")
}
