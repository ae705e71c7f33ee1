# The tools are those of scripts/go.mod; everything else is Go.
PKG      ?= ./...
FUZZTIME ?= 10s

.DEFAULT_GOAL := help
.PHONY: help run build install test quick fmt lint fuzz bench golden cover tidy clean

help: ## list the targets
	@awk -F ':.*## ' '/^[a-z]+:.*## / {printf "  %-9s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

run: ## start everything, drop the samples, print what comes out
	go run ./services/copydesk up --drop deploy/samples

build: ## build every service into bin/
	CGO_ENABLED=0 go build -trimpath -o bin/ ./services/...

install: ## install the copydesk command
	CGO_ENABLED=0 go install -trimpath ./services/copydesk

test: ## every check, as in CI
	scripts/test

quick: ## formatting, vet and short tests
	scripts/test --quick

fmt: ## format
	go tool gofumpt -w pkg services scripts

lint: ## golangci-lint, if it is installed
	golangci-lint run ./...

fuzz: ## fuzz each target for FUZZTIME, in packages PKG
	scripts/fuzz $(FUZZTIME) $(PKG)

bench: ## benchmarks of packages PKG
	go test -run '^$$' -bench . -benchmem $(PKG)

golden: ## write goldens and schemas anew; read the diff before you commit
	go test ./scripts/gen/... -update

cover: ## test coverage, as HTML
	go test -coverprofile cover.out ./... && go tool cover -html cover.out

tidy: ## tidy both modules and give them the same versions
	GOWORK=off go mod tidy
	go work sync
	cd scripts && GOWORK=off go mod tidy -e # -e: the root module has no released version to find

clean: ## remove what was built
	rm -rf bin cover.out
