// Package policy has what the providers for row-level security on PostgreSQL share,
// whatever their driver is: the setting that policies read, and the question whether
// they hold.
package policy

import "regexp"

// DefaultSetting is the setting that generated policies read.
const DefaultSetting = "app.current_tenant"

// A custom setting has two or more identifiers joined by dots. One without a
// dot would be a setting of PostgreSQL's own, such as role or search_path.
var settingName = regexp.MustCompile(`^[A-Za-z_][A-Za-z0-9_]*(\.[A-Za-z_][A-Za-z0-9_]*)+$`)

// IsSetting reports whether the name is that of an application's own setting. Such
// a name needs no quotes in SQL.
func IsSetting(name string) bool { return settingName.MatchString(name) }

// RoleSQL asks what would take the current role past its policies; its one
// parameter is the name of the setting, and its columns are the fields of Role in
// their order. Whoever has the privileges of a table's owner counts as the owner,
// also by membership.
const RoleSQL = `
SELECT r.rolsuper,
       r.rolbypassrls,
       coalesce((SELECT min(c.oid::pg_catalog.regclass::text)
                   FROM pg_catalog.pg_class c
                  WHERE pg_catalog.pg_has_role(r.oid, c.relowner, 'USAGE')
                    AND (c.relrowsecurity
                         OR EXISTS (SELECT 1 FROM pg_catalog.pg_policy p WHERE p.polrelid = c.oid))), ''),
       coalesce(pg_catalog.current_setting($1, true), '') <> ''
  FROM pg_catalog.pg_roles r
 WHERE r.rolname = current_user`

// Role is what the database says about the current role.
type Role struct {
	Superuser, Bypass bool
	Owned             string // a table with row-level security that it owns
	Preset            bool   // the setting has a value outside a transaction
}

// Unsafe says why policies do not hold for the role; it is empty where they do.
func (r Role) Unsafe(setting string) string {
	switch {
	case r.Superuser:
		return "its role is a superuser"
	case r.Bypass:
		return "its role has BYPASSRLS"
	case r.Owned != "":
		return "its role owns table " + r.Owned
	case r.Preset:
		return "setting " + setting + " has a value outside a transaction"
	}
	return ""
}
