// Package entgen is written by ent.
package entgen

//go:generate go tool ent generate --target . ./schema
