# Prefer `make help`. Every target works from a fresh clone; what a target needs
# beyond Go and make, `make setup` installs or names.

SHELL := bash
.SHELLFLAGS := -euo pipefail -c
.DELETE_ON_ERROR:

GO        ?= go
# Executions of each fuzz target (10m: a time instead), and the time of each benchmark.
FUZZTIME  ?= 10000x
BENCHTIME ?= 200ms
# Length of the end-to-end watch, in seconds, and of a soak, in minutes.
WATCH     ?= 60
MINUTES   ?= 10
# The race detector watches Go's heap. SQLite, which is C translated, and its C library
# keep their memory outside of that: to look into them finds nothing, and takes six times as long.
RACED     := -race -gcflags=modernc.org/sqlite/lib=-race=false -gcflags=modernc.org/libc=-race=false -gcflags=modernc.org/memory=-race=false
# A program under the race detector waits for a second before it ends, unless it is told
# not to, and the tests start hundreds of them.
export GORACE ?= atexit_sleep_ms=0
# The vendors' documents, which stay outside the repository.
DOCUMENTS ?= ../shared/vendor-docs

# Names in here are relative: make can't handle a target whose path has a space.
TOOLS := bin/tools
MAKE  += --no-print-directory

.PHONY: help
help: ## show the targets
	@awk -F ':.*## ' '/^[a-z0-9-]+:.*## /{printf "  make %-18s %s\n", $$1, $$2}' Makefile

.PHONY: run
run: build ## build, then watch simulated logins until Ctrl-C
	@exec bin/loginwatch serve --simulate

.PHONY: build
build: ## build bin/loginwatch, and all packages, without cgo
	@CGO_ENABLED=0 $(GO) build -trimpath ./...
	@CGO_ENABLED=0 $(GO) build -trimpath -o bin/loginwatch ./cmd/loginwatch

.PHONY: test
test: ## everything that must pass: what continuous integration runs
	@.ci/step setup         $(MAKE) setup
	@.ci/step build         $(MAKE) build
	@.ci/step lint          $(MAKE) lint
	@.ci/step generated     $(MAKE) generated
	@.ci/step 'tests (race)' $(MAKE) test-race
	@.ci/step 'pact, postgres' $(MAKE) -j2 -O pact postgres RACE='$(RACED)'
	@.ci/step packs         $(MAKE) packs
	@.ci/step 'deploy, audit, fuzz' $(MAKE) -j2 -O deploy audit-offline fuzz
	@.ci/step figures       $(MAKE) figures
	@.ci/step 'counts, incidents, real logins, validators, exports' $(MAKE) -j5 -O counts alerts-end-to-end real validators exports
	@.ci/step 'dashboards, alerts, end-to-end, traces' $(MAKE) -j4 -O dashboards alerts-test end-to-end traces

.PHONY: test-go
test-go: ## the quick part, which needs Go alone
	@$(GO) vet ./...
	@$(GO) test ./...

# Three packages at once, as many of them wait rather than work. Tests that keep a processor
# busy for long, and share nothing between goroutines that others don't, leave themselves out
# of the race detector and run beside it.
.PHONY: test-race raced unraced
test-race: ## all tests, under the race detector (needs a C compiler), the longest first
	@$(MAKE) -j2 -O raced unraced
raced:
	@CGO_ENABLED=1 $(GO) test $(RACED) -vet=off -p 3 -timeout 20m ./cmd/loginwatch ./internal/store ./internal/app ./...
unraced:
	@nice -n 10 .ci/unraced

# The native library comes from npm; only the Pact tests and tools need it.
.PHONY: pact-setup
pact-setup: ## fetch Pact's native library, pinned and checked
	@.ci/pact-setup

.PHONY: pact
pact: pact-setup ## Pact: our client makes the pacts, the verifier holds simulators against them
	@.ci/pact-test $(RACE)

# Further packs: make contracts PACKS=DIR
.PHONY: contracts
contracts: pact-setup ## write the pacts of all vendors again
	@CGO_ENABLED=1 $(GO) test -tags pact -count=1 -run '^(TestConsumer|TestCoverage)$$' ./internal/pact -update -packs '$(if $(PACKS),$(abspath $(PACKS)))'

# Credentials come from the environment: LOGINWATCH_<VENDOR>_<NAME>.
.PHONY: pact-verify
pact-verify: pact-setup ## hold a target against a pact: VENDOR=… URL=… [CASE=ID] [OPTIONS=…]
	@CGO_ENABLED=1 $(GO) build -tags pact -o bin/pact/pact-verify ./cmd/pact-verify
	@bin/pact/pact-verify -vendor '$(VENDOR)' -url '$(URL)' $(if $(CASE),-case '$(CASE)') $(OPTIONS)

# The token comes from the environment: PACT_BROKER_TOKEN.
.PHONY: pact-publish
pact-publish: pact-setup ## publish the committed pacts: BROKER=… [BUILD_URL=…]
	@.ci/pact-publish '$(BROKER)' '$(BUILD_URL)'

.PHONY: lint
lint: $(TOOLS)/done ## gofmt, go vet, staticcheck, golangci-lint
	@.ci/formatted
	@$(GO) vet -tags prometheus,oncall,real,postgres,exports ./...
	@$(TOOLS)/staticcheck -tags pact,prometheus,oncall,real,postgres,exports ./...
	@$(TOOLS)/golangci-lint run ./...

.PHONY: generated
generated: ## generated files and go.mod are what the sources say
	@.ci/generated

.PHONY: packs
packs: build ## check the embedded contracts, and their citations where the documents are
	@.ci/packs '$(DOCUMENTS)'

.PHONY: fuzz
fuzz: ## every fuzz target, FUZZTIME executions of each
	@.ci/fuzz '$(FUZZTIME)'

# The built program, and not that of the tests.
.PHONY: soak
soak: build ## use the daemon for MINUTES as it is used for months, and count
	@SOAK_MINUTES='$(MINUTES)' LOGINWATCH_PROGRAM="$$PWD/bin/loginwatch" $(GO) test -count=1 -timeout 0 -v -run '^TestSoak$$' ./cmd/loginwatch \
		| sed -uE '/^(=== |PASS$$|ok )|^ *--- PASS/d; s/^ +[a-z_]+_test\.go:[0-9]+: /  /'

.PHONY: bench figures counts
bench: figures counts ## the figures: benchmarks, measurements against each other, and counts
figures:
	@.ci/postgres setup
	@.ci/figures times '$(BENCHTIME)'
counts:
	@.ci/postgres setup
	@.ci/figures counts

.PHONY: end-to-end
end-to-end: build ## use the built program as a newcomer would, for WATCH seconds
	@.ci/end-to-end '$(WATCH)'

.PHONY: validators
validators: build ## reports, schemas and pages, held by Microsoft's SARIF validator, ajv, har-validator and html-validate (needs npm)
	@.ci/need nodejs node
	@.ci/validators

.PHONY: exports
exports: ## what is exported, held by Redocly and Prism: lint, workflows, a mock (needs npm)
	@.ci/need nodejs node
	@.ci/exports

# Servers of npm and of Debian, started and stopped by the tests.
.PHONY: real
real: ## hold verify and simulators against real login servers (needs npm)
	@.ci/need nodejs node
	@.ci/real

.PHONY: postgres
postgres: ## the store in PostgreSQL: its law, killed processes and servers, a fleet of two
	@.ci/postgres

.PHONY: deploy
deploy: build ## unit, packages, images, chart, completion and manual, held by who reads them
	@.ci/deploy

# What is known tomorrow must not fail what passes today: make test asks no database.
.PHONY: audit audit-offline
audit: build ## licences, and known vulnerabilities of what the program reaches: VULNDB=module, an address, file:///…; or the public one
	@VULNDB='$(VULNDB)' .ci/audit
audit-offline: build ## licences, and that govulncheck finds what there is to find
	@.ci/audit offline

# Mostly it waits, so that it runs beside what does not.
.PHONY: traces
traces: build ## the traces that the program sends, held by OpenTelemetry's own collector
	@.ci/traces

# Its folder holds nothing else: dist/VERSION.
.PHONY: release packages image
release: ## everything of a release, with chart, checksums and SBOM, in dist/: VERSION=1.2.3
	@.ci/release '$(VERSION)' packages,image,archives,chart,sbom
packages: ## the .deb and .rpm alone: VERSION=1.2.3
	@.ci/release '$(VERSION)' packages
image: ## the image alone, as an OCI layout: VERSION=1.2.3
	@.ci/release '$(VERSION)' image

.PHONY: reproducible
reproducible: ## make a release again, elsewhere and with an empty cache, and compare: VERSION=1.2.3
	@.ci/reproducible '$(VERSION)'

# What of rules and dashboards must be right on Prometheus 2.42 as well: how runs
# are counted, and every figure that depends on it.
.PHONY: dashboards
dashboards: ## every query of the dashboards answers, and counts, on a real Prometheus
	@.ci/need prometheus prometheus
	@.ci/on-both prometheus ./internal/dashtest '^TestDay$$/count'

.PHONY: alerts-test
alerts-test: ## alerts, routes and runbooks, held by promtool and amtool
	@.ci/need prometheus promtool
	@.ci/need prometheus-alertmanager amtool
	@.ci/on-both oncall ./internal/alerttest '^TestPrometheusReadsTheRules$$|^TestRulesFireAndDoNot$$/^(budget|counts|login|network|slow|store)$$' '^TestEndToEnd$$'

.PHONY: alerts-end-to-end
alerts-end-to-end: ## incidents with the real daemon, Prometheus 3 and Alertmanager
	@.ci/need prometheus-alertmanager amtool
	@.ci/prometheus 3 $(GO) test -tags oncall -count=1 -v -run '^TestEndToEnd$$' ./internal/alerttest | sed -E '/^(=== |PASS$$|ok )|^ *--- PASS/d; s/^ +[a-z_]+_test\.go:[0-9]+: /  /'

.PHONY: k8s
k8s: ## write the objects of the Prometheus Operator (dashboards/kubernetes)
	@.ci/k8s

.PHONY: dashboard-pictures
dashboard-pictures: ## draw the README's pictures of the dashboards again (needs Chromium, npm)
	@.ci/dashboard-pictures

.PHONY: pictures
pictures: build ## draw the README's picture again (needs Chromium)
	@.ci/pictures

# Prometheus and the collector are built meanwhile: what needs them waits, much later. What is compiled and
# what is fetched go side by side; Debian's packages come one after the other.
.PHONY: setup
setup: ## install what the checks need, or name it
	@.ci/prometheus begin
	@.ci/traces begin
	@$(MAKE) -j2 -O $(TOOLS)/done fetched

.PHONY: fetched
fetched:
	@.ci/need gcc gcc
	@.ci/need libc6-dev /usr/include/stdlib.h
	@.ci/need git git
	@.ci/need curl curl
	@.ci/need patch patch
	@.ci/need nodejs node
	@.ci/need npm npm
	@.ci/need prometheus prometheus
	@.ci/need prometheus-alertmanager amtool
	@.ci/deploy setup
	@.ci/quietly $(GO) mod download
	@.ci/quietly $(GO) -C tools/audit mod download
	@.ci/validators setup
	@.ci/real setup
	@.ci/exports setup
	@.ci/pact-setup
	@.ci/postgres setup

# The linters come from tools/go.mod, so that their hundreds of dependencies
# stay out of the product's go.mod.
$(TOOLS)/done: tools/go.mod tools/go.sum
	@mkdir -p $(TOOLS)
	@GOBIN="$$PWD/$(TOOLS)" CGO_ENABLED=0 .ci/quietly $(GO) -C tools install tool
	@touch $@

.PHONY: clean
clean: ## remove what was built
	@rm -rf bin dist coverage.out
