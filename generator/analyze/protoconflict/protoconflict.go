// Package protoconflict lets sqlc and our own SQL parser live in one program:
// import it, for its effect, wherever both are linked.
//
// Both register a file pg_query.proto in the global registry of protobuf, which
// panics at start-up on the second. Neither looks anything up there, so which
// of the two it holds does not matter. The registry reads its policy from the
// environment at that moment. Go initialises packages in the order of their
// import paths as soon as what they import is ready: this one needs package os
// only, as the registry does, and its path sorts before the registry's. It must
// import nothing else, and its test notices if that ceases to be enough.
package protoconflict

import "os"

const policy = "GOLANG_PROTOBUF_REGISTRATION_CONFLICT"

func init() {
	if os.Getenv(policy) == "" {
		_ = os.Setenv(policy, "ignore")
	}
}
