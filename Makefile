# Start with `make demo` and `make test`; `make help` lists all targets.
SHELL := /bin/bash
BUILD ?= .build
MACHINES ?= qemu
VENV := .venv
OLDEST := .venv-oldest
BIN := $(CURDIR)/$(VENV)/bin
COLLECTIONS := $(CURDIR)/$(BUILD)/collections
INSTALLED := $(COLLECTIONS)/ansible_collections/sovereign/vdc
SOURCES := $(shell git ls-files --cached --others --exclude-standard -- galaxy.yml LICENSE meta plugins roles playbooks inventories changelogs docs requirements.txt requirements-lock.txt bindep.txt *.md)

# An idle worker takes over tests that another has not started.
WORKERS := -n 2 --dist worksteal
# Tests that depend on the versions of Ansible and the vendors' clients: every module, the inventories, the platform, and
# an operation of each kind (tenant, backups, credentials).
COMPATIBILITY_TESTS := tests/unit/cloud tests/unit/secrets tests/unit/host_keys tests/unit/test_module.py tests/integration/test_host_keys.py tests/integration/modules tests/integration/test_inventory_common.py \
  tests/integration/test_inventory_hetzner.py tests/integration/test_inventory_exoscale.py \
  tests/integration/test_playbooks.py tests/integration/test_failed_sign_up.py tests/integration/test_secrets_in_logs.py \
  tests/integration/test_backup_playbooks.py tests/integration/test_credentials.py tests/integration/test_absence.py \
  tests/integration/test_paths.py tests/integration/test_playbook_input.py

export BUILD
export ANSIBLE_COLLECTIONS_PATH := $(COLLECTIONS)
export PYTHONPATH := $(COLLECTIONS)
export PATH := $(BIN):$(PATH)
export PIP_DISABLE_PIP_VERSION_CHECK := 1

.DEFAULT_GOAL := help
.PHONY: help setup install demo demo-life test suites quick lint sanity unit contract integration crash oldest newest molecule machines data-path prepare bench docs \
  lab-up lab-down clean

help:  ## Print this list
	@awk -F':.*## ' '/^[a-z-]+:.*## / {printf "  make %-12s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

setup: $(VENV)/.ready $(COLLECTIONS)/.ready  ## Create the Python environment and install the collections that we depend on

$(VENV)/.ready: requirements-dev.txt
	@echo "==> Python environment"
	@python3 -m venv $(VENV) 2>/dev/null || { tools/packages python3-venv && python3 -m venv $(VENV); }
	@$(BIN)/pip install --quiet -r requirements-dev.txt
	@touch $@

$(COLLECTIONS)/.ready: tools/collections requirements-dev.txt | $(VENV)/.ready
	@echo "==> Collections that sovereign.vdc depends on"
	@$(BIN)/python tools/collections $(COLLECTIONS)
	@touch $@

install: setup $(INSTALLED)/MANIFEST.json  ## Build the collection and install its tarball

$(INSTALLED)/MANIFEST.json: $(SOURCES)
	@$(BIN)/ansible-galaxy collection build --force --output-path $(BUILD) >/dev/null
	@$(BIN)/ansible-galaxy collection install --force --no-deps --offline \
	  --collections-path $(COLLECTIONS) $(BUILD)/sovereign-vdc-*.tar.gz >/dev/null
	@touch $@

test: install  ## Run all tests and print a table of their times
	@tools/suite --reset
	@$(MAKE) --no-print-directory --keep-going suites; status=$$?; tools/suite --table; exit $$status

suites: quick integration oldest machines

quick: install  ## Run lint, sanity, unit and contract tests, two at once
	@tools/packages postgresql
	@$(MAKE) --no-print-directory --keep-going --jobs=2 --output-sync=target lint sanity unit contract

lint: install  ## Run ruff, mypy, ansible-lint (production profile) and the lints of names, texts, changelog and documentation
	@echo "==> Lint"
	@tools/suite lint tools/lint $(INSTALLED)

sanity: install  ## Run ansible-test sanity on the built collection
	@echo "==> ansible-test sanity"
	@tools/suite sanity tools/sanity $(INSTALLED) >$(BUILD)/sanity.log 2>&1 || { cat $(BUILD)/sanity.log; exit 1; }
	@grep -c '^Running sanity test' $(BUILD)/sanity.log | sed 's/$$/ sanity tests ran/'

unit: install  ## Test pure code, and the transport against scripted answers
	@echo "==> Unit tests"
	@tools/packages postgresql
	@tools/suite unit pytest tests/unit

contract: install  ## Test the lab with the vendors' own clients and API documents
	@echo "==> Contract tests"
	@tools/suite contract pytest tests/contract

integration: install  ## Test modules, inventories and playbooks against the lab without machines
	@echo "==> Integration tests"
	@tools/packages restic
	@tools/suite integration pytest $(WORKERS) tests/integration -m "not machines and not full_matrix"

crash: install  ## Run the whole crash matrix: each operation killed at each write to a cloud, and with its answer lost (not in make test)
	@echo "==> Crash matrix"
	@tools/suite crash pytest $(WORKERS) tests/integration -m full_matrix

oldest: install $(OLDEST)/.ready  ## Test modules, inventories and playbooks with the oldest supported ansible-core and clients
	@echo "==> Oldest supported versions"
	@tools/suite oldest $(OLDEST)/bin/pytest $(WORKERS) -m "not machines and not full_matrix" $(COMPATIBILITY_TESTS)

$(OLDEST)/.ready: requirements-oldest.txt
	@python3 -m venv $(OLDEST)
	@$(OLDEST)/bin/pip install --quiet -r requirements-oldest.txt
	@touch $@

newest: install  ## Test the same with the newest ansible-core and clients on Python 3.13 (of this machine, or in a container)
	@echo "==> Newest versions"
	@tools/newest $(COMPATIBILITY_TESTS)

molecule: install  ## Test the roles in system containers with Debian 13 and 12 (Podman, as root)
	@echo "==> Molecule"
	@tools/molecule $(SCENARIOS)

machines: prepare  ## Test the lab's machines, and run the demo twice on them
	@echo "==> Machines"
	@tools/suite machines pytest tests/integration -m machines --ignore-glob='*/data_path*'

data-path: prepare  ## Test the data path, attacks, backups and IPsec on the lab's machines (an hour)
	@echo "==> Data path"
	@pytest tests/integration/data_path tests/integration/data_path_backups tests/integration/data_path_ipsec -m machines

prepare: install  ## Prepare QEMU, the machine image and the container images for the lab's machines (stored in ~/.cache)
	@PYTHONPATH=extensions/lab $(BIN)/python -m vdclab prepare

demo: install  ## Run the main job in the lab, on real machines: platform, first tenant, a document, the costs
	@$(BIN)/python tools/demo --machines $(MACHINES)

demo-life: install  ## Run the main job and the tenant's whole lifecycle: grow, move, suspend, back up, delete, restore
	@$(BIN)/python tools/demo --life

bench: install  ## Compare with the peers and the theoretical minimum (BENCH_FULL=1: the peer's complete loop)
	@$(BIN)/python tests/benchmarks/bench.py $(BUILD)
	@$(BIN)/python tests/benchmarks/reconcile.py $(BUILD)
	@$(BIN)/python tests/benchmarks/data_path.py $(BUILD)

docs: install  ## Build the reference of all playbooks, modules, inventories, filters and roles as HTML in .build/docs
	@rm -rf $(BUILD)/docs && mkdir -p $(BUILD)/docs
	@antsibull-docs collection --use-current --squash-hierarchy --output-format simplified-rst \
	  --no-breadcrumbs --fail-on-error --dest-dir $(BUILD)/docs sovereign.vdc
	@$(BIN)/python tools/playbook_pages $(BUILD)/docs
	@for page in $(BUILD)/docs/*.rst; do rst2html5 --quiet $$page $${page%.rst}.html; done
	@echo "Written: $(BUILD)/docs/index.html, $(BUILD)/docs/playbooks.html"

lab-up: install  ## Start the lab in the background (MACHINES=none|qemu); writes .lab/env
	@PYTHONPATH=extensions/lab $(BIN)/python -m vdclab up --machines $(MACHINES)

lab-down:  ## Stop the lab and delete its files
	@PYTHONPATH=extensions/lab $(BIN)/python -m vdclab down

clean:  ## Delete everything that was built here (not the cached machine image)
	rm -rf .build* .mypy_cache .ruff_cache .pytest_cache
