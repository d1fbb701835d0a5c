# SPDX-License-Identifier: BSD-2-Clause
# What is generated from spec/. The generated files are committed: a build needs no Python.

TEST_SCRIPTS += tools/test/specgen/run.sh tools/test/vecgen/test_vectors.py \
		tools/test/specgen/test_profiles.py

.PHONY: gen check-gen check-spec vectors check-vectors
gen:
	@$(PYTHON) tools/specgen.py gen

# Fails, with a diff, when a generated file is not what spec/ says.
check-gen:
	@$(PYTHON) tools/specgen.py check-gen

# Fails when a MUST has no code or no test, and no entry in spec/exceptions.md.
check-spec:
	@$(PYTHON) tools/specgen.py check

# Test vectors and worked examples, made from the field tables: see spec/vectors/README.md.
vectors:
	@$(PYTHON) tools/vecgen/vectors.py write

check-vectors:
	@$(PYTHON) tools/vecgen/vectors.py check
