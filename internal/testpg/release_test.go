package testpg

import (
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"testing"
)

// TestReleaseIsVerified fetches from a registry that has something else, and from
// one that has nothing.
func TestReleaseIsVerified(t *testing.T) {
	registry := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if strings.Contains(r.URL.Path, "16.") {
			http.NotFound(w, r)
			return
		}
		_, _ = w.Write([]byte("not PostgreSQL"))
	}))
	defer registry.Close()
	cache := t.TempDir()
	t.Setenv(EnvCache, cache)
	t.Setenv("npm_config_registry", registry.URL)
	t.Setenv("PATH", "") // without npm
	for version, want := range map[string]string{"9": "there are only 15, 16, 17, 18", "16": "404", "17": "pinned sha512"} {
		s, err := StartRelease(t.Context(), version)
		if err == nil {
			s.Close()
			t.Errorf("PostgreSQL %s started", version)
			continue
		}
		if !strings.Contains(err.Error(), want) && !strings.Contains(err.Error(), "no binaries for") {
			t.Errorf("PostgreSQL %s: %v, want %q", version, err, want)
		}
	}
	left, err := os.ReadDir(cache)
	if err != nil {
		t.Fatal(err)
	}
	if len(left) > 0 {
		t.Errorf("the cache keeps %v", left)
	}
}
