# run · test · lint · measure · bench · release. Each installs what it needs by name, once, and says so.
.PHONY: run test test-swift test-browser lint format web build release measure bench bench-peers clean
SHELL := /bin/bash
SWIFT ?= swift
BUILD := .build
VENV := $(BUILD)/venv

BUILD_PACKAGES := libsqlite3-dev libspatialite-dev libusb-1.0-0-dev libmicrohttpd-dev libwslay-dev libsodium-dev \
	zlib1g-dev esbuild node-typescript
TEST_PACKAGES := umockdev libumockdev-dev libglib2.0-dev pkg-config gcc chromium python3-venv shellcheck sqlite3
PEER_PACKAGES := nginx-light libnginx-mod-nchan libuv1 python3-venv

## Serves a demo depot on http://localhost:8080.
run: build
	exec $(BUILD)/debug/depotd demo $(ARGS)

## Runs every test.
test: test-swift test-browser

test-swift: web $(BUILD)/test-packages $(BUILD)/emulator
	$(SWIFT) build --build-tests
	$(SWIFT) test --skip-build --parallel

test-browser: build $(VENV)/ready $(BUILD)/test-packages
	$(VENV)/bin/python -m pytest -q Tests/Browser

## Formats strictly, checks types and scripts.
lint: $(BUILD)/build-packages $(BUILD)/test-packages
	$(SWIFT) format lint --strict --recursive --parallel Package.swift Sources Tests
	tsc --noEmit -p Sources/Appliance/Web
	shellcheck .ci/run Sources/Appliance/Web/build.sh

format:
	$(SWIFT) format --in-place --recursive --parallel Package.swift Sources Tests

build: web
	$(SWIFT) build --product depotd

web: $(BUILD)/build-packages
	Sources/Appliance/Web/build.sh

release: web
	$(SWIFT) build -c release --static-swift-stdlib --product depotd

## Measures what the README states: scan to screen, memory at rest, start to ready. Uses the release build.
measure: release $(BUILD)/emulator $(VENV)/ready
	$(VENV)/bin/python Tests/Benchmarks/door.py $(BUILD)/release/depotd $(BUILD)/emulator

## Measures what the README promises, beside C floors in the same run; some five minutes. Writes .build/bench.json.
bench: release $(BUILD)/emulator bench-tools
	python3 Tests/Benchmarks/bench.py $(BENCH) --out $(BUILD)/bench.json $(ARGS)

## The same beside nginx with nchan (Debian) and uWebSockets (socketify of PyPI); loopback only.
bench-peers: release $(BUILD)/emulator bench-tools $(BUILD)/peer-packages $(BUILD)/peers/ready
	python3 Tests/Benchmarks/bench.py $(BENCH) --out $(BUILD)/bench.json --peers $(BUILD)/peers/bin/python $(ARGS)

BENCH := $(BUILD)/release/depotd $(BUILD)/release/StoreBench $(BUILD)/bench $(BUILD)/emulator

.PHONY: bench-tools
bench-tools: $(BUILD)/test-packages
	$(SWIFT) build -c release --static-swift-stdlib --product StoreBench
	$(MAKE) -C Tests/Benchmarks OUT=$(CURDIR)/$(BUILD)/bench

$(BUILD)/emulator: $(BUILD)/test-packages Tests/Emulator/main.c Tests/Emulator/device.c Tests/Emulator/emulator.h
	$(MAKE) -C Tests/Emulator EMULATOR=$(CURDIR)/$@

# Packages are installed when one of them is missing, and not looked at again until the list changes.
$(BUILD)/build-packages: Makefile
	@$(call install,$(BUILD_PACKAGES))
$(BUILD)/test-packages: Makefile
	@$(call install,$(TEST_PACKAGES))
# nginx need not be started by its package: the bench runs one of its own.
$(BUILD)/peer-packages: Makefile
	@export RUNLEVEL=1; $(call install,$(PEER_PACKAGES))

define install
mkdir -p $(BUILD); \
missing=$$(for package in $(1); do dpkg -s $$package >/dev/null 2>&1 || echo $$package; done); \
if [ -n "$$missing" ]; then \
	echo "installing:" $$missing; \
	sudo=$$([ "$$(id -u)" = 0 ] || echo sudo); \
	$$sudo apt-get update -q && \
	DEBIAN_FRONTEND=noninteractive $$sudo apt-get install -q -y --no-install-recommends $$missing || exit 1; \
fi; touch $@
endef

$(VENV)/ready: Tests/Browser/requirements.txt $(BUILD)/test-packages
	python3 -m venv $(VENV)
	$(VENV)/bin/pip install -q -r Tests/Browser/requirements.txt
	@touch $@

$(BUILD)/peers/ready: $(BUILD)/peer-packages
	python3 -m venv $(BUILD)/peers
	$(BUILD)/peers/bin/pip install -q socketify==0.0.31
	@touch $@

clean:
	rm -rf $(BUILD) Sources/Appliance/Web/dist
