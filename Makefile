# Main targets: run, dev, build, test, torture, bench, fuzz, dist.

SHELL := /bin/bash
PORT ?=
# Unset where .env has it, as the environment would win.
DATA_DIR ?= $(if $(shell grep -sE '^ *(export +)?DATA_DIR *=' .env),,data)
SETTINGS = $(if $(PORT),PORT=$(PORT)) $(if $(DATA_DIR),DATA_DIR=$(DATA_DIR))
MINUTES ?= 1
SEED ?=
ONLY ?= all
QUICK ?=
BEFORE ?=
BASELINES := bench/baselines

.PHONY: run dev build test torture reference bench fuzz dist clean
.PHONY: tools need web check unit postgres clients bucket faults e2e baselines

## Builds everything and serves http://localhost:3000, with all data under ./data.
run: tools build
	$(SETTINGS) exec target/release/madang serve

## Serves a debug build and restarts it after each edit of sources, templates or web files.
dev: web/node_modules
	$(SETTINGS) scripts/dev.sh

## Builds target/release/madang, which contains everything.
build: web
	cargo build --release --locked

## Makes a release in target/dist: program, .deb, manual pages, notices, SBOM, checksums. TARGET= builds for another machine.
dist: web
	scripts/dist.sh

## Runs every check: format, lints, docs, types, unit tests, stock clients, an S3 store, faults, browser.
test: need web check unit postgres clients bucket faults e2e

# What a build needs, and what the tests need beyond it: installed on Debian, named elsewhere.
tools:
	scripts/setup.sh build

need:
	scripts/setup.sh test

web/node_modules: web/package-lock.json
	cd web && npm ci --no-audit --no-fund --loglevel=error
	@touch web/node_modules

web: web/node_modules
	cd web && npm run --silent check && npm run --silent build

check:
	cargo fmt --all --check
	cargo clippy --workspace --all-targets --locked -- -D warnings
	RUSTDOCFLAGS="-D warnings" cargo doc --workspace --no-deps --document-private-items --locked

unit:
	cargo test --workspace --locked

# The store, the rules and the stories once more, on PostgreSQL.
postgres: unit
	MADANG_TEST_ENGINE=postgres cargo test --workspace --locked --lib -- db:: chat::
	MADANG_TEST_ENGINE=postgres MADANG_TEST_POOLER=on cargo test --workspace --locked --test all -- story:: socket::message socket::race
	MADANG_TEST_ENGINE=postgres cargo test --workspace --locked --test all -- story:: socket::message socket::race socket::resume \
	  socket::direct socket::change socket::history socket::reaction socket::unread socket::read socket::session web::account \
	  web::room web::retention web::message web::search web::file web::link web::token web::tombstone web::delete_account \
	  web::scheduled web::outgoing_hook web::push web::command web::report web::rights web::sign_up

clients: unit
	tests/clients/run.sh

bucket: unit
	tests/bucket/run.sh

## Runs the fault harness briefly: a fixed and a random seed, and the strace check that acks follow syncs.
faults: clients
	target/debug/madang-torture --madang target/debug/madang short

e2e: unit
	scripts/e2e.sh

## Checks that the fault harness finds each bug in crates/torture/bugs, then injects faults into the release build
## for MINUTES, with 50 active users; SEED repeats a run.
torture: build tests/clients/node/node_modules
	cargo run --release --locked -p madang-torture -- bugs
	cargo run --release --locked -p madang-torture -- --madang target/release/madang run --minutes $(MINUTES) $(if $(SEED),--seed $(SEED)) $(if $(NODES),--nodes $(NODES))

tests/clients/node/node_modules: tests/clients/node/package-lock.json
	cd tests/clients/node && npm ci --no-audit --no-fund --loglevel=error
	@touch $@

## Measures Madang beside its baselines in about 45 minutes and writes docs/performance.md. ONLY=fanout (memory, connects, tls,
## cores, sends, nodes, sockets, rooms, pages, search, hostile, start, stalled, pushes, storm) measures one scenario, ONLY=report
## none; QUICK=1 only checks that all of it runs; BEFORE=path/to/madang measures an older binary beside this one.
bench: build baselines
	cargo build --release --locked -p madang-bench -p madang-bench-store
	target/release/madang-bench $(ONLY) $(if $(QUICK),--quick) $(if $(BEFORE),--baseline-binary $(BEFORE))

baselines: $(BASELINES)/express-sqlite/node_modules $(BASELINES)/nextjs/dist/BUILD_ID
	cargo build --release --locked --manifest-path $(BASELINES)/socketioxide/Cargo.toml

# `npm ci` needs the packages of every platform, and some registries hold those of one. SQLite is compiled here, as it
# is for Madang.
$(BASELINES)/%/node_modules: $(BASELINES)/%/package-lock.json
	cd $(@D) && npm_config_build_from_source=true npm install --no-save --no-audit --no-fund --loglevel=error
	@touch $@

$(BASELINES)/nextjs/dist/BUILD_ID: $(BASELINES)/nextjs/node_modules $(shell find $(BASELINES)/nextjs/app $(BASELINES)/nextjs/lib -type f)
	cd $(BASELINES)/nextjs && NEXT_TELEMETRY_DISABLED=1 npm run --silent build
	@touch $@

## Regenerates the references in docs/ from the code; a test fails while they differ.
reference:
	UPDATE=1 cargo test --workspace --locked --test all reference

## Fuzzes every parser, MINUTES in total, JOBS at a time; needs cargo-fuzz (cargo install cargo-fuzz).
fuzz:
	scripts/fuzz.sh $(MINUTES)

clean:
	cargo clean
	rm -rf web/dist web/node_modules e2e/node_modules e2e/out packages/client/dist packages/client/out packages/client/node_modules
	rm -rf $(BASELINES)/*/node_modules $(BASELINES)/nextjs/dist $(BASELINES)/socketioxide/target
