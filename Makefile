# Farthing's workshop. `make help` lists what is here; `make test` is what continuous integration runs.

SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help
.DELETE_ON_ERROR:

# What to test, lint and measure, such as PKG=./pkg/store/...
PKG ?= ./...
# Arguments for `make up`, such as ARGS='--empty --port 9000'.
ARGS ?=
# How long each fuzz test runs in `make verify`.
FUZZTIME ?= 30s
# Which bug `make planted` plants, such as BUG=midnight; all of them for none.
BUG ?=

# Every program with the race detector sleeps a second at its end for reports that may be under way. There are hundreds.
export GORACE := atexit_sleep_ms=50

node := deploy/cassandra/node.sh
proto_image := tools/buf/image.binpb

.PHONY: help
help: ## list the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-16s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

.PHONY: up
up: ## build and run the whole bank in one process; ARGS are passed on
	@go build -o bin/farthing ./cmd/farthing
	@exec bin/farthing up $(ARGS)

.PHONY: build
build: ## build every program into bin/
	@mkdir -p bin
	go build -o bin/ ./...

# The tests' programs have no debugging information (-w): they are linked in half the time.
.PHONY: test
test: needs lint generated ## what CI runs: lint, generated code, every test with the race detector and a real Cassandra
	$(node) with go test -race -shuffle=on -vet=off -ldflags=-w -timeout 15m $(PKG)

.PHONY: verify
verify: test ## all that takes long: the tests three times over, more and longer faults, every fuzz test
	$(node) with go test -race -shuffle=on -vet=off -count=3 -timeout 30m $(PKG)
	FARTHING_TEST_KILLS=20 FARTHING_TEST_OUTAGE_SECONDS=60 FARTHING_TEST_ROUNDS=12 \
		go test -race -count=1 -timeout 60m ./e2e/kill ./e2e/unknown
	FARTHING_TEST_GHOST_KILLS=1000 go test -count=1 -timeout 60m -run TestKillsLeaveNoGhostHold ./e2e/kill
	FARTHING_TEST_OUTAGES=1000 go test -count=1 -timeout 30m -run TestOutagesLeaveNoGhostHold ./e2e
	FARTHING_TEST_CRASH_EVERY=1 go test -count=1 -timeout 30m ./e2e/settlement
	FARTHING_TEST_CRASH_EVERY=1 go test -count=1 -run TestASignUp ./e2e
	FARTHING_TEST_ORDERS=5 go test -count=1 -timeout 90m ./e2e/lifecycle
	FARTHING_TEST_CONTENDED=10000 FARTHING_TEST_SEEDS=40 FARTHING_TEST_ROUNDS=5 RAPID_CHECKS=2000 \
		$(node) with go test -count=1 -timeout 30m ./e2e/ledger ./e2e/races
	$(MAKE) --no-print-directory planted
	go test -race -count=1 -tags verify -timeout 30m ./e2e/verify
	tools/fuzz.sh $(FUZZTIME) $(PKG)

.PHONY: planted
planted: ## plant every bug of docs/testing.md, or BUG, and fail unless its test finds it
	go test -count=1 -tags verify -timeout 60m -run '/$(BUG)' ./e2e/planted

.PHONY: bench
bench: ## run the benchmarks
	$(node) with go test -run '^$$' -bench . -benchmem -timeout 30m $(PKG)

.PHONY: lint
lint: tools ## golangci-lint, and buf for protos: style, format, nothing broken since the committed image
	.bin/golangci-lint run $(PKG)
	.bin/buf lint
	.bin/buf format --diff --exit-code
	@[ ! -f $(proto_image) ] || (set -x; .bin/buf breaking --against $(proto_image))

.PHONY: fmt
fmt: tools ## format Go and protos
	.bin/golangci-lint fmt
	.bin/buf format --write

.PHONY: generate
generate: tools ## generate the Go code beside each .proto, the API's document and its client; commit all together
	.bin/buf generate
	go generate ./service.api/openapi
	.bin/oapi-codegen -config client/generate/config.yaml -o client/api.gen.go service.api/openapi/openapi.yaml

.PHONY: generated
generated: tools ## fail if the committed generated code is not what `make generate` makes
	tools/generated.sh

.PHONY: proto-image
proto-image: tools ## take today's protos as what `make lint` must not break
	@mkdir -p $(dir $(proto_image))
	.bin/buf build --exclude-source-info --output $(proto_image)

.PHONY: vulnerabilities
vulnerabilities: .bin/govulncheck ## look for known vulnerabilities that the code can reach (asks vuln.go.dev)
	.bin/govulncheck $(PKG)

.PHONY: needs
needs: ## install what the tests need beside Go, where that is possible
	@tools/needs.sh

.PHONY: clean
clean: ## remove what was built; the bank's data stays
	rm -rf bin .bin

# The tools are pinned in a go.mod of their own, for their dependencies would bend ours. protoc-gen-go is the
# exception: it comes with the protobuf runtime that our go.mod pins, so that generated code and runtime fit.
.PHONY: tools
tools: .bin/tools .bin/protoc-gen-go ## build the tools into .bin/

.bin/tools: tools/go.mod tools/go.sum
	@echo 'building the tools (minutes, the first time)'
	@mkdir -p .bin
	@go build -C tools -o ../.bin/ \
		github.com/bufbuild/buf/cmd/buf \
		github.com/golangci/golangci-lint/v2/cmd/golangci-lint \
		github.com/oapi-codegen/oapi-codegen/v2/cmd/oapi-codegen \
		google.golang.org/grpc/cmd/protoc-gen-go-grpc
	@touch $@

.bin/govulncheck: tools/go.mod tools/go.sum
	@mkdir -p .bin
	@go build -C tools -o ../.bin/ golang.org/x/vuln/cmd/govulncheck

.bin/protoc-gen-go: go.mod
	@mkdir -p .bin
	@go build -o .bin/ google.golang.org/protobuf/cmd/protoc-gen-go
	@touch $@
