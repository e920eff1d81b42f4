// Package config is the configuration of an application's tenancy: one struct, Config,
// that is filled from environment variables with the prefix TENANCY_, or by hand from
// Default. Package runtime/pgtenancy builds everything from one Config.
//
// Each field's comment says what it is for; its tags hold the variable's name without
// the prefix, the default, and what is allowed. docs/configuration.md is made from them.
//
// What is secret has a type of its own, Secret or URL, which nothing prints.
package config
