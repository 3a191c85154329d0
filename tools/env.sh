# shellcheck shell=bash
# Sourced by the recipes' path.sh and by test/run.sh: a Python with this audiolab, and utils on the PATH.
#
# tools/venv is used when there is one, and completed or renewed when setup.py asks for it. Without it, a Python that
# has audiolab and what it needs is used as it is; otherwise tools/install.sh makes tools/venv.

AUDIOLAB_ROOT=$(CDPATH='' cd -- "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
export AUDIOLAB_ROOT

# Prints the checkout whose audiolab python3 imports; fails where that or what it needs is missing.
_env_audiolab_root() (
  cd / && python3 -c '
from importlib.util import find_spec
from pathlib import Path
if not all(find_spec(name) for name in ("audiolab", "torch", "librosa", "kaldiio", "configargparse")):
    raise SystemExit(1)
print(Path(find_spec("audiolab").origin).parents[1])'
)

if [[ -d $AUDIOLAB_ROOT/tools/venv ]] || ! _env_audiolab_root >/dev/null 2>&1; then
  "$AUDIOLAB_ROOT/tools/install.sh" || return 1
  # shellcheck source=/dev/null
  . "$AUDIOLAB_ROOT/tools/venv/bin/activate"
fi
if ! _env_found=$(_env_audiolab_root); then
  echo "error: $(command -v python3) lacks packages; remove $AUDIOLAB_ROOT/tools/venv and run tools/install.sh" >&2
  return 1
fi
if [[ $_env_found != "$AUDIOLAB_ROOT" ]]; then
  echo "python3 has audiolab from $_env_found; using the one in $AUDIOLAB_ROOT instead" >&2
  export PYTHONPATH=$AUDIOLAB_ROOT${PYTHONPATH:+:$PYTHONPATH}
fi
unset _env_found
unset -f _env_audiolab_root

export PATH=$AUDIOLAB_ROOT/utils:$PATH
export LC_ALL=C.UTF-8 # tables are sorted in byte order, which C.UTF-8 and C share
export OMP_NUM_THREADS=${OMP_NUM_THREADS:-1}
