# Sourced by the scripts beside it: makes the Python environment, then runs a module of this checkout in it.
# PLEDGES_VENV moves the environment out of the checkout; PYTHON names an interpreter to make it with.
set -eu
ROOT=$(cd "$(dirname "$0")/.." && pwd)
VENV=${PLEDGES_VENV:-$ROOT/.venv}

case $VENV in /*) ;; *) VENV=$PWD/$VENV ;; esac # some scripts change the folder before they use it

is_new_enough() {
    "$1" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null
}

find_python() {
    if [ -n "${PYTHON:-}" ]; then
        is_new_enough "$PYTHON" || fail "PYTHON is $PYTHON, which is no Python 3.11 or newer: correct or unset it."
        echo "$PYTHON"
        return
    fi
    for candidate in python3 python3.14 python3.13 python3.12 python3.11; do
        if is_new_enough "$candidate"; then
            echo "$candidate"
            return
        fi
    done
    fail "Python 3.11 or newer was not found: install it, or set PYTHON to where it is."
}

fail() {
    echo "$1" >&2
    exit 1
}

# install FILE...: makes the environment hold what these requirements files name; quick when it already does.
# A signal goes on to the installer, so that it does not outlive us.
install() {
    python=$(find_python)
    "$python" "$ROOT/scripts/install.py" "$VENV" "$@" &
    installer=$!
    trap 'kill -TERM "$installer" 2>/dev/null || :; wait "$installer" || :; exit 143' TERM HUP
    trap 'kill -TERM "$installer" 2>/dev/null || :; wait "$installer" || :; exit 130' INT
    wait "$installer"
    trap - TERM HUP INT
}

# run_module NAME ARGUMENT...: replaces the shell, so that signals reach the module.
run_module() {
    name=$1
    shift
    export PYTHONPATH="$ROOT"
    exec "$VENV/bin/python" -P -m "$name" "$@"
}
