# The words of the project. `make help` lists them.

SHELL := /bin/bash
.DEFAULT_GOAL := help

python := .tools/venv/bin/python
pytest := cd Tests/EndToEnd && ATHENA_ALERTER=$(CURDIR)/.build/release/athena-alerter \
	AWS_PROBE=$(CURDIR)/.build/release/aws-probe ../../$(python) -m pytest
# Most of the time of these tests is waiting: each file in one of some processes.
side_by_side := --numprocesses 4 --dist loadfile
sources := Sources Tests Package.swift
PREFIX ?= /usr/local

.PHONY: help
help: ## list the targets
	@sed -n 's/^\([a-z_-]*\):.*## \(.*\)/  \1|\2/p' $(MAKEFILE_LIST) | column -t -s '|'

.PHONY: demo
demo: setup release ## show an alert, from a CloudTrail file to Slack, on this machine alone
	@ATHENA_ALERTER=$(CURDIR)/.build/release/athena-alerter $(python) Tests/EndToEnd/demo.py

.PHONY: test
test: setup strict-s3 unit-test release ## run all tests
	$(pytest) $(side_by_side)
	@scripts/fuzz 60

.PHONY: unit-test
unit-test: ## run the tests that need nothing but the libraries
	swift test --disable-xctest --explicit-target-dependency-import-check error

# Each in a folder of its own, so that neither build undoes another's. What a crash leaves would slow them down for nothing.
.PHONY: sanitize
sanitize: libraries ## run the unit tests under the address and the thread sanitizer
	@for kind in address thread; do \
		SWIFT_BACKTRACE=enable=no swift test --disable-xctest --sanitize=$$kind --scratch-path .build/$$kind || exit; \
	done

.PHONY: end-to-end-test
end-to-end-test: setup release ## run the tests against real parts, without those that take long
	$(pytest) $(side_by_side) -m "not slow and not load"

.PHONY: fuzz
fuzz: libraries ## look for log files that the reader reads wrong, until it is stopped; SECONDS=60 for so long
	@scripts/fuzz $(SECONDS)

.PHONY: build
build: libraries ## build for development
	swift build

.PHONY: release
release: libraries ## build for use
	@[[ -x .build/release/athena-alerter ]] || echo "building (about a minute)"
	@swift build -c release --quiet

.PHONY: package
package: ## make build/athena-alerter.zip, which Lambda runs
	@scripts/package

.PHONY: static
static:
	@scripts/package executable

.PHONY: install
install: static ## put athena-alerter on the path, in PREFIX/bin
	@install -D -m 755 build/athena-alerter '$(DESTDIR)$(PREFIX)/bin/athena-alerter' || \
		{ echo "install: choose another PREFIX, or: sudo install build/athena-alerter $(PREFIX)/bin"; exit 1; }

.PHONY: faults
faults: setup release ## break every network call in every way, and write the results into README.md and docs/faults.md
	@$(python) Tests/EndToEnd/fault_matrix.py --write

.PHONY: faults-mutants
faults-mutants: setup ## show that the above fails when a promise is taken out of the sources
	@cd Tests/EndToEnd && ../../$(python) -m faults.mutants

.PHONY: load
load: setup release ## send ten thousand queries through all handlers, and let a hundred thousand wait (some minutes)
	$(pytest) -m load

.PHONY: bench
bench: setup static release ## measure speed, memory, calls and cost, into docs (ONLY=scan: one part)
	@cd Tests/EndToEnd && ../../$(python) -m bench $(ONLY)

.PHONY: lint
lint: lint-tools ## check the format, the style, the scripts and the templates
	swift format lint --strict --recursive $(sources) </dev/null
	@! grep --recursive --line-number --extended-regexp '^[a-z ]*import Foundation' Sources || \
		{ echo "lint: Foundation makes the executable a third larger and slower to start"; exit 1; }
	shellcheck scripts/* .ci/*
	.tools/venv/bin/cfn-lint --template template.yaml templates/*.yaml
	.tools/checkov/bin/checkov --config-file .checkov.yaml

.PHONY: format
format: ## put the sources into the project's format
	swift format --in-place --recursive $(sources) </dev/null

# scripts/deploy reads the variables of make's command line from its environment.
.PHONY: run_cloudformation
run_cloudformation: ## deploy the alerter to AWS or update it; SYSTEM=run_query, query_api or partition_refresh: that one
	@scripts/deploy check
	@[[ -n "$(PACKAGE)" ]] || $(MAKE) --no-print-directory package
	@scripts/deploy run

.PHONY: delete_cloudformation
delete_cloudformation: ## delete a stack from AWS and keep its data; SYSTEM as above
	@scripts/deploy delete

.PHONY: clean
clean: ## remove all that was built or installed here
	rm -rf .build .tools build

.PHONY: setup libraries strict-s3 lint-tools
setup:
	@scripts/setup
libraries:
	@scripts/setup libraries
strict-s3:
	@scripts/setup strict-s3
lint-tools:
	@scripts/setup lint
