package generator

import "testing"

// TestControlsOnOtherSystems spoils the plans of the statements for SQLite and MySQL in
// the same ways.
func TestControlsOnOtherSystems(t *testing.T) {
	t.Parallel()
	for _, s := range oracleSystems {
		honest := s.compile(t, "", nil)
		lab := s.lab(t, honest)
		for _, c := range controls {
			t.Run(s.engine+"/"+c.name, func(t *testing.T) {
				t.Parallel()
				want, ok := controlsOfSystems[s.engine][c.name]
				if !ok {
					t.Fatal("what is expected?")
				}
				list := spoilt(honest, s.compile(t, "", spoilAll(t, honest.catalog.Dialect, c.tamper)))
				if (len(list) == 0) != (want.none != "") {
					t.Fatalf("%d statements are spoilt, and none were to be because of %q", len(list), want.none)
				}
				want.compare(t, control(t, lab, list, []string{"one", "two", "four"}, s.known))
			})
		}
	}
}
