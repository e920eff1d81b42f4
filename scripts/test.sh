#!/usr/bin/env bash
# Runs all tests, and those of the packages given as arguments once more under
# the race detector, which needs a C compiler. `make test` calls it with the
# servers in the environment.
set -euo pipefail
cd "$(dirname "$0")/.."

go test ./...

if [ "$(go env CGO_ENABLED)" = 1 ]; then
	go test -race "$@"
else
	echo "the race detector is left out: it needs a C compiler (apt-get install gcc)"
fi
