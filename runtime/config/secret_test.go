package config_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"testing"

	"github.com/tenancygen/tenancygen/runtime/config"
)

// passwords are what is hard to mask: what ends a part of a URL, what is escaped, and
// what looks as if it were another part. "hunter" is in each, and in nothing else.
var passwords = []string{
	"hunter2", "hunter@2", "@hunter", "hunter2@host.example", "hunter:2", ":hunter", "hunter/2", "hunter/2@x/y", "/hunter", "12/hunter",
	"hunter?2", "1?hunter", "hunter#2", "1#hunter", "hunter%40", "%zzhunter", "hunter%", "hunter 2", "hunter\n2", "hunter\x00", "hunter[2]", "[hunter", "hunter&password=hunter",
	"hunter://hunter", "postgres://hunter", "hünter-hunter", `hunter"2`, `hunter\2`, "hunter'2", "hunter,2", "hunter=2", "*hunter*", "",
}

// prints are all the ways in which a value reaches a log.
func prints(t *testing.T, value any) []string {
	t.Helper()
	var out []string
	for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x", "%X", "%d", "%10.3s", "%p", "%T %v"} {
		args := []any{value}
		if strings.Contains(verb, " ") {
			args = append(args, value)
		}
		out = append(out, fmt.Sprintf(verb, args...))
	}
	// Values within others, also where fmt may not call their methods.
	out = append(out, fmt.Sprint(value), fmt.Sprintf("%+v", []any{value}), fmt.Sprintf("%#v", map[string]any{"k": value}))
	type inner struct{ hidden any }
	out = append(out, fmt.Sprintf("%+v %#v", inner{value}, &inner{value}), fmt.Errorf("failed: %v", value).Error())
	text, err := json.Marshal(map[string]any{"v": value})
	if err != nil {
		t.Fatal(err)
	}
	var log bytes.Buffer
	slog.New(slog.NewTextHandler(&log, nil)).Info("m", "v", value)
	slog.New(slog.NewJSONHandler(&log, nil)).Info("m", slog.Group("g", "v", value))
	return append(out, string(text), log.String())
}

// TestNothingPrinted is weakness W30: no way to print a configuration shows a password,
// whatever the password is.
func TestNothingPrinted(t *testing.T) {
	t.Parallel()
	for _, password := range passwords {
		c := config.Default()
		c.DatabaseURL = config.NewURL("postgres://web:" + password + "@db.example:5432/app?sslmode=require")
		c.RedisURL = config.NewURL("rediss://:" + password + "@redis.example/0")
		c.DatabaseAdminURL = config.NewURL("postgres://db.example/app?user=x&password=hunter" + password)
		c.TenantDatabaseURLTemplate = config.NewURL("user=web password=hunter" + password + " dbname={database}")
		c.JWTKeys = config.Secrets{config.NewSecret("hunter" + password)}
		c.EncryptionKeys = config.Secrets{config.NewSecret("hunter" + password)}
		for _, value := range []any{
			c, &c, c.DatabaseURL, &c.DatabaseURL, c.RedisURL, c.DatabaseAdminURL, c.TenantDatabaseURLTemplate, c.JWTKeys, c.EncryptionKeys[0],
			struct{ config config.Config }{c}, struct{ urls []config.URL }{[]config.URL{c.DatabaseURL}},
		} {
			for _, text := range prints(t, value) {
				// In hexadecimal, a verb would show it too.
				if strings.Contains(text, "hunter") || strings.Contains(strings.ToLower(text), fmt.Sprintf("%x", "hunter")) {
					t.Errorf("password %q: a %T is printed as %s", password, value, text)
				}
			}
		}
		if err := c.Validate(); err != nil && strings.Contains(err.Error(), "hunter") {
			t.Errorf("password %q: Validate says %v", password, err)
		}
	}
}

// TestControl shows that prints sees what a plain string shows.
func TestControl(t *testing.T) {
	t.Parallel()
	type plain string
	found := 0
	for _, text := range prints(t, plain("hunter2")) {
		if strings.Contains(text, "hunter") {
			found++
		}
	}
	if found < 10 {
		t.Errorf("a plain string is seen %d times only", found)
	}
}

func TestURLString(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"": "",
		"postgres://web:secret@db.example:5432/app?sslmode=require": "postgres://db.example:5432/app",
		"postgres://db.example/app":                                 "postgres://db.example/app",
		"postgresql://web:p%40ss@[::1]:5432/app":                    "postgresql://[::1]:5432/app",
		"postgres://web:p@ss@db/app":                                "postgres://db/app",
		"postgres://web:p:s@db/app":                                 "postgres://db/app",
		"postgres://web:12/x@db/app":                                "postgres://***",
		"postgres://web:12?x@db/app":                                "postgres://***",
		"postgres://web:12#x@db/app":                                "postgres://***",
		"postgres://web:%zz@db/app":                                 "postgres://***",
		"postgres://web@tenants/{database}":                         "postgres://tenants/%7Bdatabase%7D",
		"redis://:secret@redis:6379/2":                              "redis://redis:6379/2",
		"unix:///run/redis.sock":                                    "unix:///run/redis.sock",
		"host=db password=secret":                                   "***",
		"secret://db":                                               "***",
		"secret":                                                    "***",
	} {
		if got := config.NewURL(text).String(); got != want {
			t.Errorf("%q is shown as %q, want %q", text, got, want)
		}
		if got := config.NewURL(text).Reveal(); got != text {
			t.Errorf("%q is kept as %q", text, got)
		}
	}
}

// TestErrorsRepeatNothing puts a secret where it does not belong.
func TestErrorsRepeatNothing(t *testing.T) {
	t.Parallel()
	var environ []string
	for _, name := range variables(t) {
		environ = append(environ, name+"=hunter2:@%zz/\x01")
	}
	_, err := config.Parse(environ)
	var problems *config.Error
	if !errors.As(err, &problems) || len(problems.Problems) < 20 {
		t.Fatalf("%v", err)
	}
	if strings.Contains(fmt.Sprintf("%v %+v %#v", err, err, problems), "hunter") {
		t.Errorf("%v", err)
	}
}
