# The project's commands. `make help` lists them.

SHELL := /bin/bash
.DEFAULT_GOAL := help

python := .tools/venv/bin/python
pytest := cd Tests/EndToEnd && ATHENA_ALERTER=$(CURDIR)/.build/release/athena-alerter \
	AWS_PROBE=$(CURDIR)/.build/release/aws-probe ../../$(python) -m pytest
sources := Sources Tests Package.swift
PREFIX ?= /usr/local

.PHONY: help
help: ## list the targets
	@sed -n 's/^\([a-z_-]*\):.*## \(.*\)/  \1|\2/p' $(MAKEFILE_LIST) | column -t -s '|'

.PHONY: demo
demo: setup release ## show an alert on this machine, from a CloudTrail file to Slack
	@ATHENA_ALERTER=$(CURDIR)/.build/release/athena-alerter $(python) Tests/EndToEnd/demo.py

.PHONY: test
test: setup release ## run the unit tests and a real run of every handler (under five minutes once built)
	@scripts/run-suites test

.PHONY: check
check: setup strict-s3 release ## run all other tests: the long ones end to end, a strict S3, the fuzzer, the sanitizers
	@scripts/run-suites check

.PHONY: unit-test
unit-test: libraries ## run the unit tests, which need only the C libraries
	@scripts/run-suites unit

.PHONY: sanitize
sanitize: libraries ## run the unit tests under the address and the thread sanitizer
	@scripts/run-suites sanitize

.PHONY: end-to-end-test
end-to-end-test: setup release ## run the end-to-end tests of make test
	@scripts/run-suites end-to-end

.PHONY: fuzz
fuzz: libraries ## fuzz the reader of log files until it is stopped (SECONDS=60: for one minute)
	@scripts/fuzz $(SECONDS)

.PHONY: fuzz-inflate
fuzz-inflate: libraries ## fuzz ISA-L against zlib in the same way
	@scripts/fuzz inflate $(SECONDS)

.PHONY: fuzz-sql
fuzz-sql: libraries ## fuzz the reader of SQL in the same way
	@scripts/fuzz sql $(SECONDS)

.PHONY: build
build: libraries ## build for development
	swift build

.PHONY: release
release: libraries ## build the optimized executable
	@[[ -x .build/release/athena-alerter ]] || echo "building (about a minute)"
	@swift build -c release --quiet

.PHONY: package
package: ## build build/athena-alerter.zip, which Lambda runs (CONTAINER=docker, podman or finch: in a container)
ifdef CONTAINER
	@scripts/package-in-container '$(CONTAINER)'
else
	@scripts/package
endif

.PHONY: static
static:
	@scripts/package executable

.PHONY: install
install: static ## install athena-alerter in PREFIX/bin, its manual page, and completions for bash, zsh and fish
	@scripts/install build/athena-alerter '$(DESTDIR)$(PREFIX)'

.PHONY: faults
faults: setup release ## break every network call in every way, and write the results into README.md and docs/faults.md
	@cd Tests/EndToEnd && ../../$(python) -m faults.matrix --write

.PHONY: faults-mutants
faults-mutants: setup ## check that make faults fails when a safeguard is removed from the sources
	@cd Tests/EndToEnd && ../../$(python) -m faults.mutants

.PHONY: load
load: setup release ## send 100,000 queries through all handlers, and keep as many waiting (about an hour)
	$(pytest) -m load

.PHONY: bench
bench: setup bench-tools static release ## measure speed, memory, calls and cost, and write them into docs (ONLY=scan: one part)
	@cd Tests/EndToEnd && ../../$(python) -m bench $(ONLY)

# One region of each partition of AWS: resource types and their properties differ.
regions := us-east-1 cn-north-1 us-gov-west-1 eusc-de-east-1 us-iso-east-1 us-isob-east-1 us-isof-south-1 eu-isoe-west-1

.PHONY: lint
lint: lint-tools ## check the format, the style, the scripts and the templates
	swift format lint --strict --recursive $(sources) </dev/null
	@! grep --recursive --line-number --extended-regexp '^[a-z ]*import Foundation' Sources || \
		{ echo "lint: Foundation makes the executable a third larger and slower to start"; exit 1; }
	shellcheck $(filter-out scripts/imports scripts/refresh-prices,$(wildcard scripts/*)) .ci/*
	.tools/venv/bin/cfn-lint --regions $(regions) --template template.yaml templates/*.yaml templates/import/*.yaml
	.tools/checkov/bin/checkov --config-file .checkov.yaml
	.tools/lint/bin/hadolint Dockerfile
	.tools/lint/bin/check-jsonschema --builtin-schema vendor.github-workflows .github/workflows/*.yml
	.tools/lint/bin/zizmor --offline --no-progress --quiet .github/workflows

.PHONY: format
format: ## format the sources
	swift format --in-place --recursive $(sources) </dev/null

# scripts/deploy reads the variables of make's command line from its environment. make expands a single $ in them: these
# are the variables of the command line that have one.
has_dollar = $(findstring $$,$(subst $$$$,,$(value $1)))
with_dollar = $(strip $(foreach name,$(.VARIABLES),$(if $(filter command,$(origin $(name))),$(if $(call has_dollar,$(name)),$(name)))))
check_dollars = $(if $(with_dollar),echo 'deploy: make expands the $$ in $(with_dollar). Write $$$$ for each $$ or use RUN_QUERY_SQL_FILE.' >&2; exit 1)

.PHONY: run_cloudformation
run_cloudformation: ## deploy the alerter to AWS or update it; SYSTEM=report, run_query, query_api or partition_refresh: that one
	@$(check_dollars)
	@scripts/deploy check
	@[[ -n "$(PACKAGE)" ]] || $(MAKE) --no-print-directory package
	@scripts/deploy run

.PHONY: delete_cloudformation
delete_cloudformation: ## delete a stack from AWS and keep its data; SYSTEM as above
	@scripts/deploy delete

.PHONY: clean
clean: ## remove everything that was built or installed in this folder
	rm -rf .build .tools build

.PHONY: setup libraries strict-s3 lint-tools bench-tools
setup:
	@scripts/setup
libraries:
	@scripts/setup libraries
strict-s3:
	@scripts/setup strict-s3
lint-tools:
	@scripts/setup lint
bench-tools:
	@scripts/setup bench
