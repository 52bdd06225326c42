# The one command surface. `make help` lists it.
.PHONY: help demo test bench run fmt lint tidy crash-test fuzz coverage dev release asan tsan install package clean
.NOTPARALLEL:

JOBS ?= 2
PREFIX ?= /usr/local
SEEDS ?= 2000
TIME ?= 60
ARGS ?= --help

skein := build/release/src/app/skein
configure_and_build = cmake --preset $(1) >/dev/null && cmake --build --preset $(1) -j $(JOBS)

help:            ## This list
	@sed -nE 's/^([a-z-]+):[^#]*## +(.*)/  make \1|\2/p' Makefile | awk -F'|' '{ printf "%-18s %s\n", $$1, $$2 }'

demo: release    ## Install what is needed, build, and run a real workflow
	@scripts/demo $(skein)

test: dev        ## Install what is needed, build, and run every test
	ctest --test-dir build/dev --output-on-failure -j $(JOBS)

bench:           ## Measure, each figure beside its peer or limit (docs/performance.md)
	@scripts/setup test
	$(call configure_and_build,bench)
	@scripts/bench

run: release     ## Run the program: make run ARGS="validate FILE"
	@$(skein) $(ARGS)

fmt:             ## Format all C++ sources
	@scripts/setup test
	git ls-files -z '*.cpp' '*.hpp' | xargs -0 clang-format-19 -i

lint:            ## Floors, banned calls, format; clang-tidy on what changed
	@scripts/setup test
	@scripts/lint --tidy

tidy:            ## The same with clang-tidy on every file, which takes an hour
	@scripts/setup test
	@scripts/lint --tidy-all

crash-test: release ## Kill the program at random moments: make crash-test SEEDS=2000
	@scripts/setup test
	cmake --preset dev >/dev/null && cmake --build --preset dev -j $(JOBS) --target skein_agents_worker skein_agent_program
	python3 tests/crash/crash_suite.py --skein $(skein) --seeds $(SEEDS) --jobs $(JOBS)

fuzz:            ## Run each fuzzer for TIME seconds: make fuzz TIME=60
	@scripts/setup test
	$(call configure_and_build,fuzz)
	@scripts/fuzz $(TIME)

coverage:        ## Run the tests instrumented and check line and branch coverage
	@scripts/setup test
	$(call configure_and_build,coverage)
	@scripts/coverage

dev:             ## Build everything for editing and testing (build/dev)
	@scripts/setup test
	$(call configure_and_build,dev)

release:         ## Build the optimised program (build/release/src/app/skein)
	@scripts/setup demo
	$(call configure_and_build,release)

asan tsan: ## Build with sanitizers and run the tests: make asan, make tsan
	@scripts/setup test
	@JOBS=$(JOBS) scripts/sanitized-tests $@

install: release ## Install the program and the C++ package: make install PREFIX=/usr/local
	cmake --install build/release --prefix $(PREFIX)

package: release ## Make a .deb in build/release
	@scripts/setup package
	cd build/release && cpack -G DEB

clean:           ## Remove everything that was built
	rm -rf build
