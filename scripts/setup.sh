#!/bin/sh
# Make .venv with apimap, both frameworks and the test tools, in the versions of constraints.txt.
# Usage: scripts/setup.sh [PYTHON]. A set-up that broke off is made anew.
set -eu
cd "$(dirname "$0")/.."

say() { printf '%s\n' "$*" >&2; }

version_of() { "$1" -c 'import sys; print("%d.%d" % sys.version_info[:2])' 2>/dev/null; }

# MindSpore 2.10 has wheels for Python 3.9 to 3.12, PyTorch 2.13 for 3.10 and later.
fits() { case "$(version_of "$1")" in 3.10 | 3.11 | 3.12) ;; *) return 1 ;; esac; }

choose() {
    for candidate in python3.11 python3.12 python3.10 python3 python; do
        if fits "$candidate"; then
            echo "$candidate"
            return
        fi
    done
    return 1
}

if [ -n "${1:-}" ]; then
    python=$1
    if ! fits "$python"; then
        version=$(version_of "$python" || echo "not a Python that runs")
        say "$python is $version, but MindSpore 2.10 has wheels for Python 3.10, 3.11 and 3.12 only: name one with \`make setup PYTHON=python3.11\`."
        exit 1
    fi
elif ! python=$(choose); then
    say "No Python 3.10, 3.11 or 3.12 was found, and MindSpore 2.10 has wheels for no other: install one (Debian: \`apt-get install python3.11 python3.11-venv\`) or name it with \`make setup PYTHON=/path/to/python3.11\`."
    exit 1
fi

if ! "$python" -c 'import ensurepip, venv' 2>/dev/null; then
    version=$(version_of "$python")
    say "$python has no venv module: install it (Debian: \`apt-get install python$version-venv\`), or name another Python with \`make setup PYTHON=...\`."
    exit 1
fi

say "Setting up .venv with $python: both frameworks, about two minutes."
rm -f .venv/ready
if ! .venv/bin/python -m pip --version >/dev/null 2>&1 || [ -n "${1:-}" ]; then
    "$python" -m venv --clear .venv
fi
pip="env PIP_DISABLE_PIP_VERSION_CHECK=1 .venv/bin/python -m pip install -qq --constraint constraints.txt"
# The build tools come first, so that they are the pinned ones too.
$pip hatchling editables
$pip --no-build-isolation --editable '.[torch,mindspore,test,dev]'
touch .venv/ready
