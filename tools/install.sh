#!/usr/bin/env bash
# Makes tools/venv with audiolab and what it needs. Does nothing when that is there already; an interrupted or outdated
# installation is made again. Needs python3 (3.10 or newer), a C and C++ compiler and 7 GB of disk; takes some minutes.
set -euo pipefail

extra=mini # setup.py's extras to install, separated by commas: mini, test
help_message="Usage: tools/install.sh [options]"
. "$(dirname "${BASH_SOURCE[0]}")/../utils/parse_options.sh"

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
venv=$root/tools/venv
stamp=$venv/.installed # hash of what was asked for, and the extras; written last
needed_gigabytes=7

say() { printf 'install.sh: %s\n' "$1"; }

fail() {
  printf 'error: install.sh: %s\n' "$1" >&2
  exit 1
}

# Prints what the venv depends on: setup.py and the checkout's place.
wanted_hash() {
  { cat "$root/setup.py" && echo "$root"; } | sha256sum | cut -d ' ' -f 1
}

# Holds when tools/venv is complete and has all wanted extras.
is_current() {
  local hash extras name
  [[ -f $stamp ]] || return 1
  read -r hash extras <"$stamp"
  [[ $hash == "$(wanted_hash)" ]] || return 1
  for name in ${extra//,/ }; do
    [[ ,$extras, == *,$name,* ]] || return 1
  done
}

check_machine() {
  local compiler free
  command -v python3 >/dev/null || fail "there is no python3; install Python 3.10 or newer"
  python3 -c 'import sys; sys.exit(sys.version_info < (3, 10))' ||
    fail "python3 is $(python3 --version 2>&1), but 3.10 or newer is needed; put a newer one first on the PATH"
  python3 -c 'import ensurepip, venv' 2>/dev/null ||
    fail "python3 cannot make virtual environments; on Debian: apt-get install python3-venv"
  for compiler in cc c++; do
    command -v "$compiler" >/dev/null ||
      fail "pyworld and pesq are compiled here, but there is no $compiler; on Debian: apt-get install build-essential"
  done
  python3 -c 'import pathlib, sysconfig; (pathlib.Path(sysconfig.get_path("include")) / "Python.h").stat()' \
    2>/dev/null || fail "pyworld and pesq are compiled here, but Python.h is missing; on Debian: apt-get install python3-dev"
  free=$(df -Pk "$root" | awk 'NR == 2 { print int($4 / 1048576) }')
  ((free >= needed_gigabytes)) || fail "$root has $free GB left, but $needed_gigabytes are needed"
}

# Puts everything into a new venv.
make_venv() {
  say "making $venv from $(python3 --version) ($(command -v python3))"
  rm -rf "$venv"
  python3 -m venv "$venv"
  "$venv/bin/python" -m pip install --quiet uv
  # uv does not read pip's settings; a mirror set there has to be handed on
  local index=${PIP_INDEX_URL:-$("$venv/bin/python" -m pip config get global.index-url 2>/dev/null || true)}
  if [[ -n $index ]]; then export UV_DEFAULT_INDEX=${UV_DEFAULT_INDEX:-$index}; fi
  say "installing audiolab[$extra]: about 3 GB are downloaded, pyworld and pesq compiled; some minutes"
  UV_HTTP_TIMEOUT=${UV_HTTP_TIMEOUT:-300} "$venv/bin/uv" pip install --quiet --python "$venv/bin/python" \
    --editable "${root}[$extra]" || fail "see above; when the cause is mended, run this again"
  say "trying the installed packages"
  "$venv/bin/python" "$root/tools/check_imports.py"
  echo "$(wanted_hash) $extra" >"$stamp.new"
  mv "$stamp.new" "$stamp"
}

! is_current || exit 0
exec 9>"$root/tools/.install.lock"
if ! flock --nonblock 9; then
  say "another installation into $venv is under way; waiting for it"
  flock 9
  ! is_current || exit 0
fi
PATH=${PATH//"$venv/bin:"/} # the venv's own python3 must not remove itself
if [[ -f $stamp ]]; then
  read -r _ installed <"$stamp"
  extra=$(tr ',' '\n' <<<"$extra,$installed" | sort -u | paste -s -d ,)
fi
check_machine
make_venv
say "done in $SECONDS s"
