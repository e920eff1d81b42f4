SHELL := bash
.SHELLFLAGS := -euo pipefail -c
.DELETE_ON_ERROR:
MAKEFLAGS += --warn-undefined-variables --no-builtin-rules

GO ?= go
BIN := bin/tenancygen
# Packages whose tests run under the race detector.
RACE := ./runtime/... ./isolation/dynamic/... ./isolation/isolationtest/... ./isolation/postgres/... ./isolation/sqlpostgres/... ./isolation/sqlite/... ./isolation/mysql/... ./isolation/internal/sqlspace/... ./examples/...
# Packages whose tests talk to PostgreSQL, and the versions for test-matrix.
MATRIX := ./generator ./generator/emit/ddl ./internal/equivalence ./internal/bulk ./internal/lists ./isolation/dynamic ./isolation/internal/... ./isolation/isolationtest ./isolation/postgres ./isolation/sqlpostgres ./runtime/store/pgstore ./runtime/audit/pgaudit ./runtime/pgtenancy ./examples/...
POSTGRES ?= 15,16,17,18
# Flags for make bench, such as -only=rls; bench/README.md has them.
BENCH ?=
# Tests that say the same whatever the server is: of the compiler, of what the suites
# of the providers find, of the load on a provider, of PgBouncer, and of other databases.
ANY_SERVER := ^(Fuzz|TestGolden|TestMutants|TestMinderRefusals|TestBench)|^(TestEveryCheck|TestSuiteCatches|TestStress|TestHandlesHoldNothing|TestDatabaseUnderLoad)|PgBouncer|TestTwoClientsOnOneBackend|SQLite|MySQL|OnOtherSystems

.PHONY: help
help: ## List the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  %-14s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

.PHONY: demo
demo: build ## Generate the examples, and play the one on SQLite; needs no server
	@$(BIN) generate -f internal/bulk/tenancy.yaml >/dev/null
	@$(BIN) generate -f internal/places/sqlite/tenancy.yaml >/dev/null
	@$(BIN) generate -f internal/places/mysql/tenancy.yaml >/dev/null
	@$(BIN) generate -f isolation/isolationtest/sqltest/generated/sqlite/tenancy.yaml >/dev/null
	@$(BIN) generate -f isolation/isolationtest/sqltest/generated/mysql/tenancy.yaml >/dev/null
	@$(BIN) generate -f bench/tenancy.yaml >/dev/null
	@$(BIN) generate -f internal/lists/tenancy.yaml >/dev/null
	@$(BIN) generate -f internal/lists/sqlgen.yaml >/dev/null
	@$(BIN) generate -f examples/tenancy.yaml --verbose
	@$(BIN) generate -f examples/stdlib/tenancy.yaml
	@$(BIN) generate -f examples/stdlib/plain/tenancy.yaml
	@$(BIN) generate -f examples/embedded/tenancy.yaml
	@echo
	@$(BIN) explain -f examples/tenancy.yaml --sql "$$(cat examples/demo.sql)"
	@echo
	@$(GO) run ./examples/embedded

.PHONY: test
test: ## Run all tests; finds or starts the servers that they need
	$(GO) run ./internal/testserver/cmd/testservers -- bash scripts/test.sh $(RACE)

.PHONY: test-matrix
test-matrix: ## Run the tests that need PostgreSQL on 15, 16, 17 and 18; fetches the servers
	$(GO) run ./internal/testserver/cmd/testservers -postgres $(POSTGRES) -- $(GO) test -skip '$(ANY_SERVER)' $(MATRIX)

.PHONY: lint
lint: ## Vet, staticcheck, formatting, and the import rules of the house
	@unformatted=$$(git ls-files -z '*.go' | xargs -0 gofmt -l); \
	if [ -n "$$unformatted" ]; then echo "not formatted, run gofmt -w:"; echo "$$unformatted"; exit 1; fi
	$(GO) vet ./...
	$(GO) tool staticcheck ./...
	$(GO) test ./internal/house

.PHONY: verify
verify: build ## Fail when the examples are not what the generator writes now
	$(BIN) diff -f examples/tenancy.yaml
	$(BIN) diff -f examples/stdlib/tenancy.yaml
	$(BIN) diff -f examples/stdlib/plain/tenancy.yaml
	$(BIN) diff -f examples/embedded/tenancy.yaml
	$(BIN) diff -f internal/bulk/tenancy.yaml
	$(BIN) diff -f internal/places/sqlite/tenancy.yaml
	$(BIN) diff -f internal/places/mysql/tenancy.yaml
	$(BIN) diff -f isolation/isolationtest/sqltest/generated/sqlite/tenancy.yaml
	$(BIN) diff -f isolation/isolationtest/sqltest/generated/mysql/tenancy.yaml
	$(BIN) diff -f internal/lists/tenancy.yaml
	$(BIN) diff -f internal/lists/sqlgen.yaml
	$(BIN) diff -f bench/tenancy.yaml
	@echo "the packages in examples/ are up to date"

# Where the random statements of make oracle begin, and how many there are.
SEED ?= 1
STATEMENTS ?= 20000

.PHONY: oracle
oracle: ## The long run of the oracle; SEED=… and STATEMENTS=… choose the random statements
	$(GO) test ./generator -run 'TestRandom|TestMutants|TestPolicies|TestEquivalenceOf(Minder|SQLC)|TestSQLCTenant' -v -timeout 120m \
		-oracle.statements=$(STATEMENTS) -oracle.seed=$(SEED) -oracle.mutated=400 -oracle.mutants=60 -oracle.judged=100000 -oracle.corpus=1000 -sqlctenant.every=1

.PHONY: golden
golden: ## Rewrite the expectations in golden/ (fails when any changed; read the diff)
	$(GO) test ./generator -run TestGolden -update

.PHONY: fuzz
fuzz: ## Fuzz the compiler and the readers, a minute each
	$(GO) test ./generator -run '^$$' -fuzz FuzzCompile -fuzztime 1m -fuzzminimizetime 2s
	$(GO) test ./generator/certify -run '^$$' -fuzz FuzzCheck -fuzztime 1m -fuzzminimizetime 2s
	$(GO) test ./generator/certify -run '^$$' -fuzz FuzzAudit -fuzztime 1m -fuzzminimizetime 2s
	$(GO) test ./generator/parse -run '^$$' -fuzz FuzzSQLite -fuzztime 1m -fuzzminimizetime 2s
	$(GO) test ./generator/audit/tie -run '^$$' -fuzz FuzzFind -fuzztime 1m -fuzzminimizetime 2s
	$(GO) test ./generator/config -run '^$$' -fuzz FuzzParse -fuzztime 1m -fuzzminimizetime 2s
	$(GO) test ./isolation/dynamic -run '^$$' -fuzz FuzzFilter -fuzztime 1m -fuzzminimizetime 2s
	$(GO) test ./runtime/resolver -run '^$$' -fuzz FuzzSubdomain -fuzztime 1m -fuzzminimizetime 2s
	$(GO) test ./runtime/resolver -run '^$$' -fuzz FuzzPath -fuzztime 1m -fuzzminimizetime 2s
	$(GO) test ./runtime/resolver -run '^$$' -fuzz FuzzHeader -fuzztime 1m -fuzzminimizetime 2s
	$(GO) test ./runtime/resolver/jwtresolver -run '^$$' -fuzz FuzzAuthenticate -fuzztime 1m -fuzzminimizetime 2s

.PHONY: bench-scoping
bench-scoping: ## Time parse, scope, rewrite and certify by kind, length and number of statements
	$(GO) test ./generator -run '^$$' -bench '^BenchmarkScoping$$' -benchtime 200ms

.PHONY: bench-generate
bench-generate: ## Time generate against sqlc generate, on made-up projects and minder
	$(GO) test ./cmd/tenancygen -run '^TestSpeed$$' -v -timeout 60m -speed.queries=150,1500,6000 -speed.runs=5

.PHONY: stress
stress: ## Run the ordeal of every strategy for long: cancelled, panicking, killed
	$(GO) test -race -timeout 60m -count=1 -run 'TestStress$$' -v ./isolation/postgres -stress.turns 300000 -stress.places 1000

.PHONY: bench-provision
bench-provision: ## Make 1,000 schemas of 10 tables, of which 0, 1 and 10 refer to a shared one
	for keys in 0 1 10; do \
		$(GO) test ./cmd/tenancygen -run '^TestProvision$$' -v -count 1 -provision.tenants=1000 -provision.keys=$$keys; \
	done

.PHONY: bench-copy
bench-copy: ## Compare COPY with the INSERTs of :copyfrom at 100, 1,000 and 100,000 rows
	$(GO) test ./internal/bulk -run '^TestRatios$$' -v -count 1 -bulk.ratios

.PHONY: bench-lists
bench-lists: ## Compare lists of 1, 10, 100 and 1,000 rows with the code that sqlc generates
	$(GO) test ./internal/lists -run '^TestRatios$$' -v -count 1 -lists.ratios

.PHONY: bench-limiter
bench-limiter: ## Compare the rate limiters with PING and redis_rate; writes bench/LIMITER.md
	$(GO) run -C bench ./limiter $(BENCH)

.PHONY: bench
bench: ## Compare every strategy with pgx by hand and sqlc's code; writes bench/RESULTS.md
	$(GO) run -C bench . $(BENCH)

# bench is a module of its own: nobody who uses tenancygen downloads GORM and ent.
# make test leaves it alone for the same reason, and .ci/run calls this.
.PHONY: bench-check
bench-check: ## Vet and test bench/, and check that its generated code is up to date
	$(GO) vet -C bench ./...
	cd bench && "$$($(GO) tool -C .. -n staticcheck)" ./lab/... ./limiter/... ./measure/... ./proxy/... ./workload/... .
	$(GO) run github.com/sqlc-dev/sqlc/cmd/sqlc diff -f bench/sqlcgen/sqlc.yaml
	$(GO) test -C bench ./...

# A module of its own, for the same reason as bench.
.PHONY: routers-check
routers-check: ## Vet and test examples/routers: the middleware before chi, echo and gin
	$(GO) vet -C examples/routers ./...
	$(GO) test -C examples/routers ./...

.PHONY: build
build: ## Build bin/tenancygen
	$(GO) build -o $(BIN) ./cmd/tenancygen
