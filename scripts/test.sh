#!/usr/bin/env bash
# Runs all tests, those of the packages given as arguments under the race detector,
# which needs a C compiler. `make test` calls it with the servers in the environment.
set -euo pipefail
cd "$(dirname "$0")/.."

if [ "$(go env CGO_ENABLED)" != 1 ]; then
	echo "the race detector is left out: it needs a C compiler (apt-get install gcc)"
	exec go test ./...
fi
# Most of their time is the server's, so under the detector they take little longer,
# and once is enough.
mapfile -t others < <(comm -23 <(go list ./... | sort) <(go list "$@" | sort))
go test "${others[@]}"
go test -race "$@"
