# SPDX-License-Identifier: BSD-2-Clause
# What is generated from spec/. The generated files are committed: a build needs no Python.

TEST_SCRIPTS += tools/test/specgen/run.sh

.PHONY: gen check-gen check-spec
gen:
	@$(PYTHON) tools/specgen.py gen

# Fails, with a diff, when a generated file is not what spec/ says.
check-gen:
	@$(PYTHON) tools/specgen.py check-gen

# Fails when a MUST has no code or no test, and no entry in spec/exceptions.md.
check-spec:
	@$(PYTHON) tools/specgen.py check
