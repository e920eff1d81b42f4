package pgtenancy_test

import (
	"crypto/ed25519"
	"crypto/rand"
	"crypto/x509"
	"encoding/base64"
	"encoding/pem"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/golang-jwt/jwt/v5"

	"github.com/tenancygen/tenancygen/runtime"
	"github.com/tenancygen/tenancygen/runtime/pgtenancy"
)

// statusWith returns the status of a request with a token.
func statusWith(t *testing.T, tenancy *pgtenancy.Tenancy, method jwt.SigningMethod, kid string, key any) int {
	t.Helper()
	now := time.Now()
	token := jwt.NewWithClaims(method, jwt.MapClaims{"iss": "i", "aud": "a", "sub": "s", "iat": now.Unix(), "exp": now.Add(time.Minute).Unix(), "tenant_id": acme.ID})
	if kid != "" {
		token.Header["kid"] = kid
	}
	text, err := token.SignedString(key)
	if err != nil {
		t.Fatal(err)
	}
	r := httptest.NewRequestWithContext(t.Context(), http.MethodGet, "/", nil)
	r.Header.Set("Authorization", "Bearer "+text)
	w := httptest.NewRecorder()
	tenancy.Middleware(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {})).ServeHTTP(w, r)
	return w.Code
}

// TestJWTKeys verifies tokens with keys from the environment: public ones in PEM by their
// names, two during a rotation, and a secret without a name.
func TestJWTKeys(t *testing.T) {
	t.Parallel()
	d := newDatabase(t)
	type pair struct {
		private ed25519.PrivateKey
		pem     string
	}
	newPair := func() pair {
		public, private, err := ed25519.GenerateKey(rand.Reader)
		if err != nil {
			t.Fatal(err)
		}
		der, err := x509.MarshalPKIXPublicKey(public)
		if err != nil {
			t.Fatal(err)
		}
		return pair{private, string(pem.EncodeToMemory(&pem.Block{Type: "PUBLIC KEY", Bytes: der}))}
	}
	old, young, foreign := newPair(), newPair(), newPair()
	jwtOf := []string{"RESOLVERS=jwt", "JWT_AUDIENCE=a", "JWT_ISSUER=i"}
	both := d.open(t, options(), append(jwtOf, "JWT_ALGORITHM=EdDSA", "JWT_KEYS=old:"+old.pem+",young:"+young.pem)...)
	if _, err := both.Register(t.Context(), acme); err != nil {
		t.Fatal(err)
	}
	secret := []byte("a secret of the tests, 32 bytes!")
	shared := d.open(t, options(), append(jwtOf, "JWT_KEYS="+base64.StdEncoding.EncodeToString(secret))...)
	for _, test := range []struct {
		name    string
		tenancy *pgtenancy.Tenancy
		method  jwt.SigningMethod
		kid     string
		key     any
		want    int
	}{
		{"the old key", both, jwt.SigningMethodEdDSA, "old", old.private, 200},
		{"the young key", both, jwt.SigningMethodEdDSA, "young", young.private, 200},
		{"under another name", both, jwt.SigningMethodEdDSA, "old", young.private, 401},
		{"without a name", both, jwt.SigningMethodEdDSA, "", young.private, 401},
		{"somebody's key", both, jwt.SigningMethodEdDSA, "old", foreign.private, 401},
		{"the public key as a secret", both, jwt.SigningMethodHS256, "old", []byte(old.pem), 401},
		{"the secret", shared, jwt.SigningMethodHS256, "", secret, 200},
		{"the secret with a name", shared, jwt.SigningMethodHS256, "old", secret, 401},
		{"another algorithm", shared, jwt.SigningMethodHS384, "", secret, 401},
	} {
		if got := statusWith(t, test.tenancy, test.method, test.kid, test.key); got != test.want {
			t.Errorf("%s: status %d, want %d", test.name, got, test.want)
		}
	}
	for _, keys := range []string{"old:" + old.pem + ",old:" + young.pem, old.pem + "," + young.pem, "old:garbage", "old:"} {
		cfg := d.config(t, append(jwtOf, "JWT_ALGORITHM=EdDSA", "JWT_KEYS="+keys)...)
		if tenancy, err := pgtenancy.Open(t.Context(), cfg, options()); err == nil || strings.Contains(err.Error(), "garbage") || strings.Contains(err.Error(), "BEGIN PUBLIC KEY-----\n") {
			t.Errorf("%.12s…: %v", keys, err)
			if tenancy != nil {
				_ = tenancy.Close()
			}
		}
	}
}

// TestEncryptionKeys goes the way of docs/operations.md from one key to another, with a
// secret that is readable all the time, and at rest never.
func TestEncryptionKeys(t *testing.T) {
	t.Parallel()
	d := newDatabase(t)
	newKey := func() string {
		secret := make([]byte, 32)
		_, _ = rand.Read(secret)
		return base64.StdEncoding.EncodeToString(secret)
	}
	old, young := newKey(), newKey()
	redis := withRedis(t)
	registration := acme
	var err error
	if registration.Metadata, err = runtime.NewMetadata(map[string]any{runtime.SecretPrefix + "password": "hunter2"}); err != nil {
		t.Fatal(err)
	}
	for i, keys := range []string{old, old + "," + young, young + "," + old, young} {
		tenancy := d.open(t, options(), append(redis, "ENCRYPTION_KEYS="+keys)...)
		if i == 0 {
			if _, err := tenancy.Register(t.Context(), registration); err != nil {
				t.Fatal(err)
			}
		}
		tenant, err := tenancy.Manager.Find(t.Context(), runtime.Reference{ID: acme.ID})
		if err != nil {
			t.Fatal(err)
		}
		var password string
		if _, err := tenant.Metadata.Get(runtime.SecretPrefix+"password", &password); err != nil || password != "hunter2" {
			t.Errorf("step %d: the secret is %q, %v", i, password, err)
		}
		var stored string
		if err := d.super.QueryRow(t.Context(), "SELECT metadata::text FROM tenancy.tenants").Scan(&stored); err != nil {
			t.Fatal(err)
		}
		secret(t, stored)
		if i == 2 {
			if _, err := tenancy.Secrets.Rotate(t.Context(), nil); err != nil {
				t.Fatal(err)
			}
		}
	}
	if tenancy, err := pgtenancy.Open(t.Context(), d.config(t, "ENCRYPTION_KEYS="+newKey(), "CACHE_SIZE=0"), options()); err == nil {
		defer func() { _ = tenancy.Close() }()
		if _, err := tenancy.Manager.Find(t.Context(), runtime.Reference{ID: acme.ID}); err == nil {
			t.Error("the control: another key decrypts")
		}
	}
}

// TestRedisAway opens, registers and limits while there is no Redis at all.
func TestRedisAway(t *testing.T) {
	t.Parallel()
	d := newDatabase(t)
	environ := []string{"REDIS_URL=redis://127.0.0.1:1/0", "RATE_LIMITER=exact", "RATE_LIMIT=4", "RATE_LIMIT_PROCESSES=2"}
	for mode, want := range map[string]int{"local": 2, "open": 6, "closed": 0} {
		tenancy := d.open(t, options(), append(environ, "RATE_LIMIT_ON_FAILURE="+mode)...)
		tenant, err := tenancy.Register(t.Context(), acme) // which finds it complete the next time
		if err != nil {
			t.Fatal(err)
		}
		allowed := 0
		for range 6 {
			if tenancy.Manager.CheckRateLimit(t.Context(), tenant) == nil {
				allowed++
			}
		}
		if allowed != want {
			t.Errorf("%s: %d calls were allowed, want %d", mode, allowed, want)
		}
	}
}
