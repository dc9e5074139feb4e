# run · test · simulate · coverage · fuzz · sanitize · conformance · lint · measure · bench · release · deb. Each installs what it needs by
# name, once, and says so.
.PHONY: run test test-swift test-browser test-network simulate histories coverage fuzz sanitize conformance lint format web build release deb check-deb \
	measure bench bench-sync bench-peers clean
SHELL := /bin/bash
SWIFT ?= swift
BUILD := .build
VENV := $(BUILD)/venv

BUILD_PACKAGES := libsqlite3-dev libspatialite-dev libusb-1.0-0-dev libmicrohttpd-dev libwslay-dev libsodium-dev \
	zlib1g-dev libgnutls28-dev libqrencode-dev libzint-dev libcairo2-dev libpango1.0-dev libcups2-dev libturbojpeg0-dev \
	libpng-dev libwebp-dev libheif-dev libpq-dev pkg-config fonts-dejavu-core esbuild node-typescript python3-zxcvbn
TEST_PACKAGES := umockdev libumockdev-dev libglib2.0-dev gcc chromium python3-venv shellcheck sqlite3 \
	openssl curl libnss3-tools zbar-tools zxing-cpp-tools poppler-utils cups-ipp-utils lprint avahi-daemon dbus fonts-noto-core \
	fonts-noto-color-emoji postgresql postgresql-postgis pgbouncer iproute2 libheif-examples
DEB_PACKAGES := debhelper lintian mmdebstrap systemd-container curl python3 procps
PEER_PACKAGES := nginx-light libnginx-mod-nchan libuv1 python3-venv

# Tests that load the machine or share the emulated bus: one after the other, so that they do not disturb the rest.
ALONE := KillTests|HubTests|UpstreamTests|SimulationTests|SyncTests|IsolationTests|PowerCutTests|HeartbeatTests|BadInputTests|AttackTests|Emulated|ReaderTests|BroadcastTests|PrinterTests

# What the tests and the daemons they start count of the lines they run (Package.swift), for `make coverage`.
COUNTS := $(CURDIR)/$(BUILD)/coverage
test-swift test-browser test-network coverage: export LLVM_PROFILE_FILE = $(COUNTS)/%p.profraw

# Tests at once. All six hundred would take as long, four times the memory, and what each may take from those that wait.
test-swift sanitize: export SWT_EXPERIMENTAL_MAXIMUM_PARALLELIZATION_WIDTH = 12

## Serves a demo depot on http://localhost:8080.
run: build
	exec $(BUILD)/debug/depotd demo $(ARGS)

## Runs every test.
test: test-swift test-browser test-network

test-swift: web $(BUILD)/test-packages $(BUILD)/emulator
	rm -rf $(COUNTS)
	$(SWIFT) build --build-tests
	$(call told,$(SWIFT) test --skip-build --skip '$(ALONE)')
	$(call told,$(SWIFT) test --skip-build --no-parallel --filter '$(ALONE)')

test-browser: build $(VENV)/ready $(BUILD)/test-packages
	$(VENV)/bin/python -m pytest -q -n 2 --dist loadfile Tests/Browser

## Boxes and a hub in networks of their own, which needs root; skipped where there are none.
test-network: build $(VENV)/ready $(BUILD)/test-packages
	$(VENV)/bin/python -m pytest -q -rs Tests/Network

## Runs the sync through so many histories, on all cores of the release build, and compares its models with PostgreSQL and
## SpatiaLite so many times.
HISTORIES ?= 100000
COMPARISONS ?= 1000
simulate: histories $(BUILD)/test-packages
	LLVM_PROFILE_FILE=/dev/null COMPARISONS=$(COMPARISONS) $(SWIFT) test --filter ComparisonTests

## The former by itself; `.build/release/Histories trace SEED` tells what happens in one.
histories: web
	$(SWIFT) build -c release --static-swift-stdlib --product Histories
	$(BUILD)/release/Histories $(HISTORIES)

## Says how many lines of each module the last tests ran, running them if none did; fails below 90 % of Core or 80 % in
## all.
coverage:
	@ls $(COUNTS)/*.profraw >/dev/null 2>&1 || $(MAKE) test-swift
	python3 Tests/Coverage.py $(BUILD)/debug $(COUNTS) $(ARGS)

## Makes up bytes for every parser that bytes from outside reach: SECONDS in all, or TARGETS="frames inflate". Shares what
## `make test` built of others' packages; our own are compiled anew for it, and again by the next build.
SECONDS ?= 60
fuzz: web
	DEPOTD_FUZZ=1 $(SWIFT) build --product Fuzz
	Tests/Fuzz/run $(BUILD)/debug/Fuzz $(SECONDS) $(TARGETS)

## Runs the tests under AddressSanitizer and ThreadSanitizer, without those under emulated USB.
sanitize: web $(BUILD)/test-packages
	Tests/Sanitizers/run address '$(ALONE)'
	Tests/Sanitizers/run thread '$(ALONE)'

## Runs the Autobahn suite over the WebSocket layer, where there is a Python 2.7: CASES="1.* 7.*".
conformance: release
	Tests/Conformance/run $(BUILD)/release/depotd $(CASES)

## Formats strictly, checks types and scripts.
lint: $(BUILD)/build-packages $(BUILD)/test-packages
	$(SWIFT) format lint --strict --recursive --parallel Package.swift Sources Tests
	tsc --noEmit -p Sources/Appliance/Web
	shellcheck .ci/run Sources/Appliance/Web/build.sh Sources/Core/SignIn/CPasswords/build.sh debian/stage.sh debian/depotd.post* Tests/Package/check.sh \
		Tests/Fuzz/run Tests/Sanitizers/run Tests/Conformance/run

format:
	$(SWIFT) format --in-place --recursive --parallel Package.swift Sources Tests

build: web
	$(SWIFT) build --product depotd

web: $(BUILD)/build-packages
	Sources/Appliance/Web/build.sh
	Sources/Core/SignIn/CPasswords/build.sh

release: web
	$(SWIFT) build -c release --static-swift-stdlib --product depotd

## Packages the release build for this Debian: $(BUILD)/depotd_*.deb.
deb: release $(BUILD)/deb-packages
	rm -f $(BUILD)/depotd[_-]*
	debian/stage.sh $(BUILD)/release/depotd $(BUILD)/checkouts $(BUILD)/deb
	cd $(BUILD)/deb && dpkg-buildpackage -b -us -uc
	lintian --fail-on error,warning $(BUILD)/depotd_*.changes

## Installs, boots, removes and purges the package in a clean root.
check-deb: $(BUILD)/deb-packages
	$$([ "$$(id -u)" = 0 ] || echo sudo) Tests/Package/check.sh $(BUILD)/depotd_*.deb

## Measures what the README states: scan to screen, memory at rest, start to ready. Uses the release build.
measure: release $(BUILD)/emulator $(VENV)/ready
	$(VENV)/bin/python Tests/Benchmarks/door.py $(BUILD)/release/depotd $(BUILD)/emulator

## Measures what the README promises, beside C floors in the same run; some five minutes, and as many as a
## million histories of the sync take. Writes .build/bench.json.
bench: release $(BUILD)/emulator bench-tools
	python3 Tests/Benchmarks/bench.py $(BENCH) --out $(BUILD)/bench.json $(ARGS)

## Measures how fast a log gets to a hub, beside \copy and single inserts, what of a bad line is used, and the bytes of a scan;
## some ten minutes. Adds to .build/bench.json.
bench-sync: release $(BUILD)/test-packages
	python3 Tests/Benchmarks/syncing.py $(BUILD)/release/depotd --out $(BUILD)/bench.json $(ARGS)

## The same beside nginx with nchan (Debian) and uWebSockets (socketify of PyPI); loopback only.
bench-peers: release $(BUILD)/emulator bench-tools $(BUILD)/peer-packages $(BUILD)/peers/ready
	python3 Tests/Benchmarks/bench.py $(BENCH) --out $(BUILD)/bench.json --peers $(BUILD)/peers/bin/python $(ARGS)

BENCH := $(BUILD)/release/depotd $(BUILD)/release/StoreBench $(BUILD)/bench $(BUILD)/emulator $(BUILD)/release/Histories

.PHONY: bench-tools
bench-tools: $(BUILD)/test-packages
	$(SWIFT) build -c release --static-swift-stdlib --product StoreBench
	$(SWIFT) build -c release --static-swift-stdlib --product Histories
	$(MAKE) -C Tests/Benchmarks OUT=$(CURDIR)/$(BUILD)/bench

$(BUILD)/emulator: $(BUILD)/test-packages Tests/Emulator/main.c Tests/Emulator/device.c Tests/Emulator/emulator.h
	$(MAKE) -C Tests/Emulator EMULATOR=$(CURDIR)/$@

# Packages are installed when one of them is missing, and not looked at again until the list changes.
$(BUILD)/build-packages: Makefile
	@$(call install,$(BUILD_PACKAGES))
$(BUILD)/test-packages: Makefile
	@$(call install,$(TEST_PACKAGES))
$(BUILD)/deb-packages: Makefile
	@$(call install,$(DEB_PACKAGES))
$(BUILD)/peer-packages: Makefile
	@$(call install,$(PEER_PACKAGES))

# Runs $(1); what failed among its many lines is said once more at the end.
told = set -o pipefail; $(1) 2>&1 | tee $(BUILD)/tests.log || { grep -a '✘' $(BUILD)/tests.log; exit 1; }

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

$(VENV)/ready: Tests/Browser/requirements.txt Tests/Benchmarks/requirements.txt $(BUILD)/test-packages
	python3 -m venv $(VENV)
	$(VENV)/bin/pip install -q -r Tests/Browser/requirements.txt -r Tests/Benchmarks/requirements.txt
	@touch $@

$(BUILD)/peers/ready: $(BUILD)/peer-packages
	python3 -m venv $(BUILD)/peers
	$(BUILD)/peers/bin/pip install -q socketify==0.0.31
	@touch $@

clean:
	rm -rf $(BUILD) Sources/Appliance/Web/dist
