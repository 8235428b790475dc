# Everything a user and CI run. `make setup` is called by the others and does nothing when nothing is to do.
PYTHON ?= python3
MODEL ?= linear
BIN := .venv/bin
PACKAGES := assets local_aws serving slipway stacks
SOURCES := app.py $(PACKAGES) model_code tests benchmarks tools
ENVIRONMENTS := local dev staging prod
# The checkout's own Python, Node and CDK CLI come first; CDK's questions and telemetry stay out of it.
export PATH := $(CURDIR)/$(BIN):$(PATH)
export CDK_DISABLE_CLI_TELEMETRY := true
export CDK_DISABLE_VERSION_CHECK := 1

.DEFAULT_GOAL := help
.PHONY: help setup demo test check format templates nag bench soak lock clean

help: ## show what there is
	@grep -hE '^[a-z]+:.*## ' $(MAKEFILE_LIST) | awk -F ':.*## ' '{printf "make %-10s %s\n", $$1, $$2}'

setup: ## make .venv, Node and the CDK CLI, as far as they are not there
	@$(PYTHON) tools/setup.py

demo: setup ## deploy MODEL (linear) into AWS on this machine and show a prediction
	@slipway demo $(MODEL)

test: setup ## run the whole test suite
	@pytest -m "not soak" -n 4 --dist loadfile --no-loadscope-reorder

soak: setup ## the long runs
	@pytest -m soak

check: setup ## format, lint, types, the workflows, and cfn-lint and cdk-nag over every environment
	@ruff format --check $(SOURCES)
	@ruff check $(SOURCES)
	@mypy
	@zizmor --offline --no-progress --quiet .github/workflows
	@$(MAKE) --no-print-directory templates
	@$(MAKE) --no-print-directory nag

templates: setup
	@mkdir -p .slipway
	@for env in $(ENVIRONMENTS); do \
		cdk synth --quiet -c env=$$env -c preflight=false --output .slipway/templates/$$env > .slipway/templates.log 2>&1 \
			|| { cat .slipway/templates.log; exit 1; }; \
	done
	@cfn-lint .slipway/templates/*/*.template.json
	@echo "cfn-lint: the templates of $(ENVIRONMENTS) are clean"

nag: setup
	@mkdir -p .slipway
	@python tools/nag.py 2> .slipway/nag.log || { cat .slipway/nag.log; exit 1; }

format: setup ## format the sources and mend what ruff can mend
	@ruff format $(SOURCES)
	@ruff check --fix $(SOURCES)

bench: setup ## the benchmarks; each prints its ratios
	@for benchmark in benchmarks/*.py; do python $$benchmark || exit 1; done

lock: setup ## write constraints.txt anew from what is installed
	@(echo "# The exact version of every package that requirements*.txt bring along; \`make lock\` renews it."; \
		python -m pip freeze --exclude-editable | sed 's/+cpu$$//' | sort -f) > constraints.txt

clean: ## remove what make made, and the state of AWS on this machine
	@if [ -x $(BIN)/slipway ]; then $(BIN)/slipway local down --purge; fi
	@rm -rf .venv node_modules .slipway cdk.out
