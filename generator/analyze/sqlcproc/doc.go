// Package sqlcproc is the analysis by sqlc 1.31.1, run as a child process of
// the program itself. sqlc leaves the process on errors and keeps global state,
// so it cannot run in the compiler's own process. The child works in a temporary
// directory and gets nothing of the user's environment.
//
// The package feeds sqlc the statements, reads the request that sqlc would send
// to a code generator, and checks that it is about exactly the statements that
// were fed. It does not generate code, and refuses a result that it
// cannot relate to its input. It connects to a database only where the user names
// one for what sqlc cannot type by itself; then sqlc prepares the statements there
// and runs none.
package sqlcproc
