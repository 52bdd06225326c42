# The one command surface. `make help` lists it.
.PHONY: demo test bench fmt lint run clean help release dev asan tsan

JOBS ?= 2

help:            ## This list
	@grep -hE '^[a-z-]+: .*##' $(MAKEFILE_LIST) | sed -E 's/^([a-z-]+):[^#]*## /  make \1|/' | column -t -s '|'

release:         ## Build the optimised binary: build/release/src/app/skein
	@scripts/setup demo
	cmake --preset release >/dev/null
	cmake --build --preset release -j $(JOBS)

dev:             ## Build everything for editing and testing
	@scripts/setup test
	cmake --preset dev >/dev/null
	cmake --build --preset dev -j $(JOBS)

test: dev        ## Install what tests need, build and run every test
	ctest --test-dir build/dev --output-on-failure -j $(JOBS)

asan tsan:
	@scripts/setup test
	cmake --preset $@ >/dev/null
	cmake --build --preset $@ -j $(JOBS)
	ctest --test-dir build/$@ --output-on-failure -j $(JOBS)

clean:           ## Remove everything that was built
	rm -rf build
