#!/usr/bin/env bash
# Writes requirements.lock (what the product needs) and requirements-dev.lock (that and what its
# tests need), one version and its hashes for each package, for Python 3.11 and newer. A version
# that already stands in a lock stays; to take newer ones, delete the two files first.
set -euo pipefail
cd "$(dirname "$0")/.."

compile() {
    .venv/bin/uv pip compile pyproject.toml "$@" --quiet --universal --python-version 3.11 \
        --generate-hashes --no-annotate --custom-compile-command "make lock"
}

compile --output-file requirements.lock
compile --group dev --constraint requirements.lock --output-file requirements-dev.lock
