#!/usr/bin/env bash
# Makes tools/venv with audiolab and what it needs. Does nothing when that is there already; what setup.py or --extra
# ask for besides is added; an interrupted installation is made again. Needs python3 (3.10 or newer), a C and C++
# compiler and 8 GB of disk; takes some minutes.
if [ -z "${BASH_VERSION:-}" ] || [ -o posix ]; then unset POSIXLY_CORRECT && exec bash "$0" "$@"; fi # run by sh
set -euo pipefail
unset CDPATH # or cd may go elsewhere, and prints where

extra=mini # which of setup.py's extras to install: mini, or test (which needs mini); judges comes with both
help_message="Usage: tools/install.sh [options]"
. "$(dirname "${BASH_SOURCE[0]}")/../utils/parse_options.sh"

(($# == 0)) || {
  echo "error: install.sh: '$1' is no option; see --help" >&2
  exit 1
}
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
venv=$root/tools/venv
stamp=$venv/.installed # three lines, written last: hash of what is asked for, extras, folder of this checkout
needed_gigabytes=8
without_dependencies=$root/tools/without_dependencies.txt # packages that ask for what does harm

say() { printf 'install.sh: %s\n' "$1"; }

fail() {
  printf 'error: install.sh: %s\n' "$1" >&2
  exit 1
}

setup_hash() { cat "$root/setup.py" "$without_dependencies" | sha256sum | cut -d ' ' -f 1; }

# Sets installed_hash, installed_extras and installed_root from the stamp; empty without it.
read_stamp() {
  installed_hash="" installed_extras="" installed_root=""
  [[ -f $stamp ]] || return 0
  { read -r installed_hash && read -r installed_extras && read -r installed_root; } <"$stamp"
}

# Holds when tools/venv is complete and has the wanted extra.
is_current() {
  read_stamp
  [[ -x $venv/bin/python ]] || installed_root="" # the Python that it was made from is gone
  [[ $installed_hash == "$(setup_hash)" && $installed_root == "$root" && ,$installed_extras, == *,$extra,* ]]
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
      fail "pyworld, pesq and webrtcvad are compiled here, but there is no $compiler; on Debian: apt-get install build-essential"
  done
  python3 -c 'import pathlib, sysconfig; (pathlib.Path(sysconfig.get_path("include")) / "Python.h").stat()' \
    2>/dev/null || fail "pyworld, pesq and webrtcvad are compiled here, but Python.h is missing; on Debian: apt-get install python3-dev"
  free=$(df -Pk "$root" | awk 'NR == 2 { print int($4 / 1048576) }')
  ((free >= needed_gigabytes)) || fail "$root has $free GB left, but $needed_gigabytes are needed"
}

make_venv() {
  say "making $venv from $(python3 --version) ($(command -v python3))"
  rm -rf "$venv"
  python3 -m venv "$venv"
  "$venv/bin/python" -m pip install --quiet --disable-pip-version-check uv
}

# uv pip install, for the venv, without the lines that list each package. The machine's own certificates count, as with
# pip: behind a proxy that looks into connections there are no others.
add() {
  UV_SYSTEM_CERTS=${UV_SYSTEM_CERTS:-true} UV_HTTP_TIMEOUT=${UV_HTTP_TIMEOUT:-300} "$venv/bin/uv" pip install --compile-bytecode --python "$venv/bin/python" "$@" \
    2>&1 | sed '/^ [-+~] /d' || fail "see above; when the cause is mended, run this again"
}

# Puts packages with the extras $1 into the venv.
install_packages() {
  say "installing audiolab[$1]: up to 3 GB are downloaded, pyworld, pesq and webrtcvad compiled; some minutes"
  # uv does not read pip's settings; a mirror set there has to be handed on
  local index=${PIP_INDEX_URL:-$("$venv/bin/python" -m pip config get global.index-url 2>/dev/null || true)}
  if [[ -n $index ]]; then export UV_DEFAULT_INDEX=${UV_DEFAULT_INDEX:-$index}; fi
  add --config-settings editable_mode=compat --editable "${root}[$1]"
  add --no-deps --requirements "$without_dependencies"
  say "trying the installed packages"
  PYTHONPATH="" "$venv/bin/python" "$root/tools/check_imports.py" # the venv itself is tried
}

[[ $extra == mini || $extra == test ]] || fail "--extra: unknown '$extra'; known are: mini, test"
[[ ! -L $venv ]] || fail "$venv is a link; each checkout has an environment of its own: remove the link"
! is_current || exit 0
exec 9>"$root/tools/.install.lock"
if ! flock --nonblock 9; then
  say "another installation into $venv is under way; waiting for it"
  flock 9
  ! is_current || exit 0
fi
PATH=${PATH//"$venv/bin:"/} # the venv's own python3 must not remove itself
check_machine
extras=mini
if [[ ,$extra,$installed_extras, == *,test,* ]]; then extras=mini,test; fi
rm -f "$stamp" # from here until the end the venv is incomplete
if [[ $installed_root != "$root" ]]; then make_venv; fi
install_packages "$extras,judges"
printf '%s\n' "$(setup_hash)" "$extras" "$root" >"$stamp.new"
mv "$stamp.new" "$stamp"
say "done in $SECONDS s"
