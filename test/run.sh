#!/usr/bin/env bash
# Sets up tools/venv when needed, then checks style and runs all tests. Arguments go to pytest: test/run.sh -k datadir
if [ -z "${BASH_VERSION:-}" ] || [ -o posix ]; then unset POSIXLY_CORRECT && exec bash "$0" "$@"; fi # run by sh
set -euo pipefail
unset CDPATH # or cd may go elsewhere, and prints where
cd "$(dirname "${BASH_SOURCE[0]}")/.."

tools/install.sh --extra test
. tools/env.sh

failed=()
# Runs a check; when it fails, the others run nevertheless.
check() {
  echo "### $*"
  "$@" || failed+=("${*:1:2}")
}

mapfile -t shell_files < <(git ls-files '*.sh' .ci/run)
check ruff check .
check ruff format --check .
check shellcheck "${shell_files[@]}"
check python3 -m pytest --numprocesses 2 --dist loadfile "$@" # a file's tests share what it runs once

echo "### done in $SECONDS s"
if ((${#failed[@]} > 0)); then
  echo "error: test/run.sh: failed: $(printf "%s, " "${failed[@]}" | sed "s/, $//")" >&2
  exit 1
fi
