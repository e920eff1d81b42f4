package sqldb_test

import "runtime"

// exit is apart since the package runtime of this module has the same name.
func exit() { runtime.Goexit() }
