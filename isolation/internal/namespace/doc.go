// Package namespace says what a tenant's schema, database and tables are called on
// PostgreSQL, for every strategy that gives tenants a place of their own.
//
// Names come from the tenant's id, which never changes, and not from its slug. No two
// ids have one name: an id that can be a part of a name is one, and any other is
// made readable and gets a hash of the id behind it. A name that looks as if it had
// such a hash gets one, too, so that no id can be chosen to meet another's name.
//
//	acme                                  tenant_acme
//	acme_corp                             tenant_acme_corp
//	6f1c2a9e-0d5b-4c6e-8f2a-1b2c3d4e5f60  tenant_6f1c2a9e_0d5b_4c6e_8f2a_1b2c3d4e5f60
//	Acme                                  tenant_acme_g4bwzwhzorwtguby
package namespace
