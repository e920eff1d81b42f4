package runtime_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/tenancygen/tenancygen/runtime"
)

// Of all texts that a database takes for one value, one is a tenant's id.
func TestIDForm(t *testing.T) {
	t.Parallel()
	const uuid = "3f0c5a52-8b44-4d3e-9d0e-0a4f7f0c2a01"
	for form, ids := range map[runtime.IDForm]struct{ good, bad []string }{
		runtime.IDText: {good: []string{"acme", " acme ", "01", strings.ToUpper(uuid)}},
		runtime.IDUnpadded: {
			good: []string{"acme", " acme", "a b", "01", "acme\u00a0"},
			bad:  []string{"acme ", "acme  ", " "},
		},
		runtime.IDInteger: {
			good: []string{"1", "9", "10", "1234567890", "999999999999999999", "9223372036854775807"},
			bad: []string{" 1", "1 ", "\t1", "1\n", "+1", "-1", "0", "-0", "00", "01", "0x1", "0b1", "1_000", "1.0", "1e3", "1abc", "abc", "９", "1\x00",
				"9223372036854775808", "9999999999999999999", "10000000000000000000", uuid},
		},
		runtime.IDIntegerTo + "127": {
			good: []string{"1", "9", "99", "127"},
			bad:  []string{"0", "-1", "128", "300", "1000", "0127", " 1", "1abc", "99999999999999999999"},
		},
		runtime.IDASCII + "4": {
			good: []string{"a", "acme", " a", "a b", "~!?'"},
			bad:  []string{"acmes", "acm ", "acme ", "a\x00", "a\n", "a\x7f", "é", "a\xff", "😀"},
		},
		runtime.IDASCII: {bad: []string{"a"}}, runtime.IDASCII + "x": {bad: []string{"a"}}, runtime.IDIntegerTo + "x": {bad: []string{"1"}},
		runtime.IDUUID: {
			good: []string{uuid, runtime.NewID(), "00000000-0000-0000-0000-000000000000", "ffffffff-ffff-ffff-ffff-ffffffffffff"},
			bad: []string{strings.ToUpper(uuid), "F" + uuid[1:], "{" + uuid + "}", strings.ReplaceAll(uuid, "-", ""), " " + uuid, uuid + " ", uuid + "\n", uuid[1:],
				"3f0c-5a52-8b44-4d3e-9d0e-0a4f-7f0c-2a01", "g" + uuid[1:], uuid[:8] + "0" + uuid[9:], strings.Replace(uuid, "-", "_", 1), "1"},
		},
		"another": {bad: []string{"1", "acme", uuid}},
	} {
		for _, id := range ids.good {
			if err := form.Check(id); err != nil {
				t.Errorf("%s: %q: %v", form, id, err)
			}
		}
		for _, id := range ids.bad {
			if err := form.Check(id); !errors.Is(err, runtime.ErrTenantID) {
				t.Errorf("%s: %q: %v; want ErrTenantID", form, id, err)
			}
		}
		if err := form.Check(""); !errors.Is(err, runtime.ErrNoTenant) {
			t.Errorf("%s: no id: %v; want ErrNoTenant", form, err)
		}
	}
}

// A handle is made for each request.
func TestIDFormAllocatesNothing(t *testing.T) {
	for form, id := range map[runtime.IDForm]string{runtime.IDInteger: "1234567890", runtime.IDUUID: runtime.NewID(), runtime.IDUnpadded: "acme", runtime.IDIntegerTo + "65535": "1234", runtime.IDASCII + "36": "acme"} {
		tenant := runtime.Tenant{ID: id}
		if n := testing.AllocsPerRun(100, func() {
			if tenant.CheckAs(form) != nil {
				t.Errorf("%s: %q is refused", form, id)
			}
		}); n != 0 {
			t.Errorf("%s: %v allocations", form, n)
		}
	}
}
