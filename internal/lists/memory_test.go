package lists_test

import (
	"fmt"
	"reflect"
	"testing"
	"time"
)

// memory collects the addresses of all that can be changed through a value: what
// pointers point to, the elements of slices, and maps.
func memory(v reflect.Value, into map[string]bool) {
	switch v.Kind() {
	case reflect.Pointer:
		if v.IsNil() || v.Type() == reflect.TypeFor[*time.Location]() {
			return
		}
		into[fmt.Sprintf("%s at %x", v.Type(), v.Pointer())] = true
		memory(v.Elem(), into)
	case reflect.Interface:
		if !v.IsNil() {
			memory(v.Elem(), into)
		}
	case reflect.Slice:
		// The elements behind the length are memory, too: append writes there.
		for i := range v.Cap() {
			whole := v.Slice(0, v.Cap())
			into[fmt.Sprintf("%s at %x", v.Type(), whole.Index(i).Addr().Pointer())] = true
			memory(whole.Index(i), into)
		}
	case reflect.Map:
		if v.IsNil() {
			return
		}
		into[fmt.Sprintf("%s at %x", v.Type(), v.Pointer())] = true
		for _, key := range v.MapKeys() {
			memory(v.MapIndex(key), into)
		}
	case reflect.Struct:
		for i := range v.NumField() {
			memory(v.Field(i), into)
		}
	case reflect.Array:
		for i := range v.Len() {
			memory(v.Index(i), into)
		}
	}
}

// sharing returns what several rows of a list share, and how many addresses were
// looked at.
func sharing[T any](rows []T) (shared []string, seen int) {
	owner := map[string]int{}
	for i := range rows {
		row := map[string]bool{}
		memory(reflect.ValueOf(&rows[i]).Elem(), row)
		for address := range row {
			if other, taken := owner[address]; taken {
				shared = append(shared, fmt.Sprintf("rows %d and %d share %s", other, i, address))
			}
			owner[address] = i
		}
	}
	return shared, len(owner)
}

// TestSharingIsSeen is the control of what the other tests look with.
func TestSharingIsSeen(t *testing.T) {
	t.Parallel()
	word, bytes, words := "a", []byte("ab"), []string{"a"}
	entries := map[string]any{"a": words}
	type inner struct{ words []string }
	for name, rows := range map[string][]any{
		"pointer":                {&word, &word},
		"bytes":                  {bytes, bytes},
		"bytes of one array":     {bytes[:1], bytes},
		"bytes up to capacity":   {bytes[:0], bytes},
		"map":                    {entries, entries},
		"slice in a map":         {entries, words},
		"slice in a struct":      {inner{words}, &inner{words}},
		"slice in another slice": {[][]string{words}, words},
	} {
		if shared, _ := sharing(rows); len(shared) == 0 {
			t.Errorf("%s: nothing was seen", name)
		}
	}
	if shared, seen := sharing([]any{&word, bytes, words, map[string]any{}, "a"}); len(shared) != 0 || seen != 5 {
		t.Errorf("%d addresses, and shared %v", seen, shared)
	}
}
