#!/usr/bin/env bash
# Lays the virtual environment .venv: the packages of requirements-dev.lock, each checked against
# its hash, then this project, editable. The stamp file handed in is written when all is in place.
set -euo pipefail
cd "$(dirname "$0")/.."
stamp=${1:?the stamp file to write}

fail() {
    echo "setup: $*" >&2
    exit 2
}

suits() { # a Python new enough; what is missing from it is said later
    "$1" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null
}

choose_python() {
    local candidate
    for candidate in ${PYTHON:-python3 python3.13 python3.12 python3.11}; do
        if suits "$candidate"; then
            echo "$candidate"
            return
        fi
    done
    fail "Python 3.11 or newer is needed and none was found;" \
        "on Debian 12 or newer install it with: apt-get install python3 python3-venv"
}

if ! { [ -x .venv/bin/python ] && suits .venv/bin/python && .venv/bin/python -m pip --version; } \
    >/dev/null 2>&1; then
    python=$(choose_python)
    "$python" -c 'import venv, ensurepip' 2>/dev/null ||
        fail "$python cannot make a virtual environment;" \
            "on Debian install the missing package with: apt-get install python3-venv"
    "$python" -m venv --clear .venv
fi

pip=(.venv/bin/python -m pip --disable-pip-version-check --quiet --quiet) # errors only
"${pip[@]}" install --require-hashes --requirement requirements-dev.lock
"${pip[@]}" install --no-deps --no-build-isolation --editable .
rm -f "$(dirname "$stamp")"/.setup-*
touch "$stamp"
