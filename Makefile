# Each target sets up its own environment: a machine with python3 and make is enough.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
# What judging needs, and what the tests need beyond it: linters, and libraries of arrays.
STAMP := $(VENV)/.installed
TESTS := $(VENV)/.installed-tests
# CUDA's compilers replace a part of Numba and weigh as much as all else, so they live apart.
CUDA := .venv-cuda
# What the site needs: Sphinx, and from npm the style and the fonts of formulas.
DOCS := $(VENV)/.installed-docs
KATEX := build/npm/node_modules/katex/dist
COMPILERS := $(CUDA)/.installed

.PHONY: verify test check unit browser docs pdf katex pango proofs coq coq-tools trace lint \
	types explore vectors mutants bench bench-oracle select-large peers map figures examples sentences demo \
	distributed cuda-report cuda-check cuda-device cuda-device-here clean

# The main job: the oracle judges the reference and the compiled operator on vectors, real data and
# generated cases.
verify: $(STAMP)
	$(BIN)/gd-attention verify gd_attention:gd_attention --contract exact --capabilities all
	$(BIN)/gd-attention verify gd_attention.accelerated:gd_attention --contract exact --capabilities all

# Everything that must hold before a change lands.
test: lint types trace proofs coq-tools cuda-check unit

# Every derivation executed in a fresh kernel, and the table of what is proved where.
proofs: $(TESTS)
	$(BIN)/python tools/run_proofs.py

# The machine-checked core: builds in build/coq, lists the axioms, sees altered statements rejected.
# Coq and Coquelicot are installed with apt-get where that is possible.
coq:
	$(PYTHON) tools/check_coq.py --install

# The tests run the same checks; here only what they need is installed.
coq-tools:
	$(PYTHON) tools/check_coq.py --install --only-install

unit: $(TESTS) browser katex pango
	$(BIN)/python -m pytest -n 2 --dist loadfile

# The report pages are opened in the system's chromium. Without it those tests are skipped, and fail
# where the variable CI is set.
browser:
	@command -v chromium >/dev/null || command -v chromium-browser >/dev/null \
	  || { [ "$$(id -u)" = 0 ] && command -v apt-get >/dev/null \
	       && apt-get update -qq && apt-get install -y -qq chromium >/dev/null; } \
	  || echo "chromium is missing: the tests of the report pages need it"

# The site, in build/docs/html: every proof executed, every formula rendered, every link followed.
# Takes some minutes; nothing that it writes asks a network for anything.
docs: $(DOCS) $(KATEX)/katex.min.css pango
	pdf=$$($(BIN)/python docs/print/make_pdf.py --npm build/npm/node_modules) \
	  && $(BIN)/python tools/build_docs.py --katex $(KATEX) --pdf "$$pdf"

# The standard alone, as build/docs/pdf/gda-1.0.pdf.
pdf: $(DOCS) $(KATEX)/katex.min.css pango
	$(BIN)/python docs/print/make_pdf.py --npm build/npm/node_modules

# Lays out the text of the printed edition. Without it its tests are skipped, and fail where the
# variable CI is set.
pango:
	@$(PYTHON) -c 'import ctypes; [ctypes.CDLL(x) for x in ("libpangoft2-1.0.so.0", "libharfbuzz-subset.so.0")]' \
	  2>/dev/null \
	  || { [ "$$(id -u)" = 0 ] && command -v apt-get >/dev/null \
	       && apt-get update -qq && apt-get install -y -qq libpangoft2-1.0-0 libharfbuzz-subset0 >/dev/null; } \
	  || echo "pango is missing: the printed edition needs it"

# For the tests of the site. Without npm they are skipped, and fail where the variable CI is set.
katex:
	@if command -v npm >/dev/null; then $(MAKE) --no-print-directory $(KATEX)/katex.min.css; \
	  else echo "npm is missing: the tests of the site need it"; fi

trace: $(STAMP)
	$(BIN)/gd-attention trace

lint: $(TESTS)
	$(BIN)/ruff check reference accelerated benchmarks spec tests tools proofs docs
	$(BIN)/ruff format --check reference accelerated benchmarks spec tests tools proofs docs

# mypy does not see through setuptools' package-dir mapping, so it gets the import package as links.
types: $(TESTS)
	rm -rf build/types
	mkdir -p build/types/gd_attention/spec
	ln -s $(CURDIR)/reference/* build/types/gd_attention/
	ln -s $(CURDIR)/spec/*.py build/types/gd_attention/spec/
	ln -s $(CURDIR)/spec/conformance build/types/gd_attention/conformance
	ln -s $(CURDIR)/accelerated build/types/gd_attention/accelerated
	cd build/types && $(CURDIR)/$(BIN)/mypy --config-file $(CURDIR)/pyproject.toml --cache-dir $(CURDIR)/.mypy_cache -p gd_attention

# The property tests with random seeds and many more examples: run on demand, never in CI.
explore: $(TESTS)
	GDA_HYPOTHESIS_PROFILE=explore $(BIN)/python -m pytest tests/properties

# Rewrites the fixed vectors from the oracle alone; a test holds the files to its output.
vectors: $(STAMP)
	$(BIN)/python tools/make_vectors.py

# Speed against peers, interleaved; BENCH="--quick" for a first look. Results in build/bench.
bench: $(STAMP)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --editable ".[bench]"
	$(BIN)/python -m benchmarks.run $(BENCH)

# Per-key weights against a GEMM of the shape, and speed-ups over plain ways. Results in build/bench.
bench-operator: $(STAMP)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --editable ".[bench]"
	$(BIN)/python -m benchmarks.operator $(BENCH)

# Peak memory against ten million keys; prints, asserts nothing. Needs 4 GiB free.
memory: $(STAMP)
	$(BIN)/python -m benchmarks.memory

# A million keys in a file, selected from by processes that never hold them: peak memory, and a sample
# of the rows compared with the reference.
select-large: $(STAMP)
	$(BIN)/python tools/select_large.py

# Judges the wrong implementations of tests/mutants, then the edits of the compiled package there;
# writes the two kill tables in docs.
mutants: $(STAMP)
	$(BIN)/python tools/make_kill_table.py
	$(BIN)/python tools/judge_compiled.py

# A million keys in 32 chunks on two worker processes, compared with one process bit by bit.
distributed: $(TESTS)
	$(BIN)/python tools/distributed_run.py

# The nineteen prior operators on two axes, measured from scratch; needs matplotlib for the figure.
map: $(TESTS)
	$(BIN)/gd-attention map --json docs/map/map.json --csv docs/map/map.csv \
	  --svg docs/map/map.svg --png docs/map/map.png
	$(BIN)/python tools/make_prior_table.py

# The figures of the text, from the reference, and their captions wherever they stand.
figures: $(TESTS)
	$(BIN)/python tools/make_figures.py

# The tables of the worked examples, from the reference.
examples: $(TESTS)
	$(BIN)/python tools/make_examples.py

# The vectors of the sentences of an example, by the model of the extra `sentences`.
sentences: $(TESTS)
	$(BIN)/python tools/embed_sentences.py

# The digits example end to end: tables here, tables and curves in build/demo.
demo: $(TESTS)
	$(BIN)/python tools/demo.py

# Judges public implementations of the prior operators and writes docs/peer-verdicts.md and .json;
# PEERS="entmax:sparsemax" judges that one alone and keeps the rest.
peers: $(STAMP)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --editable ".[peers]"
	$(BIN)/python tools/judge_peers.py $(PEERS)

# Certificates and cases a second; prints, asserts nothing.
bench-oracle: $(STAMP)
	$(BIN)/python tools/bench_oracle.py

# Compiles every CUDA kernel for three architectures and writes docs/cuda-report.md; no device needed.
cuda-report: $(COMPILERS)
	$(CUDA)/bin/python tools/cuda_report.py

# The same, compared with the file. Fails where a kernel spills or uses local memory.
cuda-check: $(COMPILERS)
	$(CUDA)/bin/python tools/cuda_report.py --check

# On a machine with a device: the simulator's tests there, compute-sanitizer, the benchmark.
cuda-device:
	@if command -v nvidia-smi >/dev/null; then $(MAKE) cuda-device-here; \
	  else echo "cuda-device: skipped, no driver of NVIDIA (nvidia-smi is missing)"; fi

cuda-device-here: $(COMPILERS)
	$(CUDA)/bin/python -m pip install --quiet --disable-pip-version-check --editable ".[test]" torch==2.13.0
	$(CUDA)/bin/python tools/cuda_device.py

$(COMPILERS): pyproject.toml
	$(PYTHON) -m venv $(CUDA) || (apt-get update && apt-get install -y python3-venv && $(PYTHON) -m venv $(CUDA))
	$(CUDA)/bin/python -m pip install --quiet --disable-pip-version-check --editable ".[cuda-report]"
	touch $(COMPILERS)

$(DOCS): $(STAMP)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --editable ".[docs]"
	touch $(DOCS)

$(KATEX)/katex.min.css: docs/package.json docs/package-lock.json
	mkdir -p build/npm
	cp docs/package.json docs/package-lock.json build/npm/
	npm ci --prefix build/npm --no-audit --no-fund --silent
	touch $(KATEX)/katex.min.css

$(STAMP): pyproject.toml
	$(PYTHON) -m venv $(VENV) || (apt-get update && apt-get install -y python3-venv && $(PYTHON) -m venv $(VENV))
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --editable ".[accelerated]"
	touch $(STAMP)

$(TESTS): $(STAMP)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --editable ".[test,arrays,proofs,figures,peers,distributed,docs]"
	touch $(TESTS)

clean:
	rm -rf $(VENV) $(CUDA) build dist *.egg-info .mypy_cache .pytest_cache .ruff_cache .hypothesis
