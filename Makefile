# Every target makes the environment it needs; the first call takes a few minutes.
PYTHON ?= python3
HOUSEHOLDS ?= 120
SIZE ?= medium
SERVE ?= 1
PORT ?=
ARGS ?=
RUN = $(PYTHON) tools/environment.py run
export HOUSEHOLDS SERVE PORT

.PHONY: help demo test lint bench evaluate screenshots wheel clean print-python

help:  ## Explain these targets (the default)
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | \
		awk -F ':.*## ' '{printf "make %-14s %s\n", $$1, $$2}'

demo:  ## Load real purchases into Odoo, score them, serve (HOUSEHOLDS=120 SERVE=1 PORT=)
	@$(RUN) --database python tools/demo.py

test:  ## Run engine tests, Odoo tests and browser tours (ARGS="-k name" to choose)
	@$(RUN) --database python tools/run_tests.py $(ARGS)

lint:  ## Check style with ruff, pylint-odoo and the OCA hooks, as pre-commit does
	@$(RUN) pre-commit run --all-files

bench:  ## Measure speed beside PostgreSQL's own (SIZE=tiny|small|medium|large LOAD=1)
	@OPENBLAS_NUM_THREADS=1 $(RUN) --database python tools/bench.py --size $(SIZE) \
		$(if $(LOAD),--load)

evaluate:  ## Grade the forecasts on purchases they did not see, beside plain rules
	@$(RUN) python tools/evaluate.py $(ARGS)

screenshots:  ## Photograph the screens of the demo for the README
	@$(RUN) --database python tools/screenshots.py

wheel:  ## Build the installable wheel into dist/ and check that no file is missing
	@$(RUN) python tools/build_wheel.py

clean:  ## Remove what was made in this checkout
	@rm -rf build dist *.egg-info .coverage .hypothesis .pytest_cache .ruff_cache
	@find . -name __pycache__ -type d -prune -exec rm -rf {} +
	@echo "The environment stays; remove it as well with:"
	@echo "  $(PYTHON) tools/environment.py stop; rm -rf '$$($(PYTHON) tools/environment.py folder)'"

print-python:  ## Print the path of the environment's Python, nothing else
	@$(PYTHON) tools/environment.py python
