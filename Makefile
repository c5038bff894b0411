# The same few verbs everywhere: run, dev, build, test, torture, bench, bench-stalled, bench-storm, fuzz.

SHELL := /bin/bash
PORT ?= 3000
DATA_DIR ?= data
MINUTES ?= 1
SEED ?=
ONLY ?= all
QUICK ?=
PEERS := bench/peers

.PHONY: run dev build test torture reference bench bench-stalled bench-storm fuzz clean
.PHONY: need web check unit clients faults e2e peers

## Build everything and serve on http://localhost:3000, with all data under ./data.
run: build
	PORT=$(PORT) DATA_DIR=$(DATA_DIR) exec target/release/madang serve

## Serve a debug build that follows each edit of the sources, the templates and the web part.
dev: web/node_modules
	PORT=$(PORT) DATA_DIR=$(DATA_DIR) scripts/dev.sh

## Leave target/release/madang with everything inside.
build: web
	cargo build --release --locked

## Everything that has to be true: forms, lints, documents, types, rules, foreign clients, browser.
test: need web check unit clients faults e2e

need:
	scripts/need.sh

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

clients: unit
	tests/clients/run.sh

## The short run of the fault harness: a fixed and a random seed, and the proof by strace that acks follow syncs.
faults: clients
	target/debug/madang-torture --madang target/debug/madang short

e2e: unit
	scripts/e2e.sh

## Run the fault harness for MINUTES with 50 users (SEED repeats a run), after a check that it finds each known bug.
torture: build tests/clients/node/node_modules
	cargo run --release --locked -p madang-torture -- bugs
	cargo run --release --locked -p madang-torture -- --madang target/release/madang run --minutes $(MINUTES) $(if $(SEED),--seed $(SEED))

tests/clients/node/node_modules: tests/clients/node/package-lock.json
	cd tests/clients/node && npm ci --no-audit --no-fund --loglevel=error
	@touch $@

## Measure everything, beside the peers that do the same, in half an hour: docs/performance.md. ONLY=fanout (memory, connects, sends,
## rooms, pages, search, start) measures one part, ONLY=report measures nothing, QUICK=1 is a glance.
bench: build peers
	@command -v wrk >/dev/null || { echo "missing: wrk (Debian: apt-get install wrk)" >&2; exit 1; }
	cargo build --release --locked -p madang-bench -p madang-bench-store
	target/release/madang-bench $(ONLY) $(if $(QUICK),--quick)

peers: $(PEERS)/express-sqlite/node_modules $(PEERS)/nextjs/dist/BUILD_ID
	cargo build --release --locked --manifest-path $(PEERS)/socketioxide/Cargo.toml

# Not `npm ci`, which wants the packages of other systems, too, where a registry has those of one alone. SQLite
# is compiled here as it is for Madang.
$(PEERS)/%/node_modules: $(PEERS)/%/package-lock.json
	cd $(@D) && npm_config_build_from_source=true npm install --no-save --no-audit --no-fund --loglevel=error
	@touch $@

$(PEERS)/nextjs/dist/BUILD_ID: $(PEERS)/nextjs/node_modules $(shell find $(PEERS)/nextjs/app $(PEERS)/nextjs/lib -type f)
	cd $(PEERS)/nextjs && NEXT_TELEMETRY_DISABLED=1 npm run --silent build
	@touch $@

## 18,000 members, 180 of whom stop reading: when those are gone, and whether the others notice.
bench-stalled: build
	cargo run --release --locked -p madang-bench -- stalled --madang target/release/madang

## Rooms of 1,000 to 10,000 that lose all connections and come back at once. See docs/decisions/0013.
bench-storm: build
	cargo run --release --locked -p madang-bench -- storm --madang target/release/madang

## Write docs/ anew from the tables in the code; a test fails while they differ.
reference:
	UPDATE=1 cargo test --locked --test all reference

## Fuzz every parser, MINUTES in total, JOBS at a time; needs cargo-fuzz (cargo install cargo-fuzz).
fuzz:
	scripts/fuzz.sh $(MINUTES)

clean:
	cargo clean
	rm -rf web/dist web/node_modules e2e/node_modules e2e/out
	rm -rf $(PEERS)/*/node_modules $(PEERS)/nextjs/dist $(PEERS)/socketioxide/target
