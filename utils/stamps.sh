# shellcheck shell=bash
# Sourced by stages.sh: what stages stand on, and stamps of what they make. A recipe may say, beside its stages:
#
#   needs="features:data train:features,data"   # a stage, and whose stamps are checked before it
#   stamp_data() { stamp "$data" data --inputs "$db_root" --options "rate=$rate"; }
#   stamp_train() { stamp "$expdir" train --inputs "$data" "$expdir/jobs.tsv" conf/train.yaml; }
#   list_train() { … >"$expdir/jobs.tsv"; }     # may be left out: what comes before the stamp is withdrawn
#
# So, before stage_train runs: the stamps of features and of data are checked, with their options; $expdir is locked;
# list_train runs; the stamp of $expdir is withdrawn, and its inputs are noted. When stage_train has ended well, the
# stamp is written. What stage_train adds to the array read_too are inputs that were not there at its beginning.
# Of what is stamped, and when it is refused: docs/data-formats.md.

# stamp FOLDER NAME [--inputs PATH …] [--options KEY=VALUE …]: what a stage makes, of what, under which options. NAME is
# the stage's, or begins with it and "_" where it makes several things.
stamp() {
  local folder=$1 name=$2
  case ${_st_stamps:?stamp is called by stages.sh only} in
    lock) lock --exclusive "$folder" ;;
    begin) _stamp begin "$@" ;;
    commit) _stamp commit "$folder" "$name" ${read_too[@]+--inputs "${read_too[@]}"} ;;
    check)
      while (($# > 0)) && [[ $1 != --options ]]; do shift; done
      _stamp check "$folder" "$name" --stages "${stages:?}" "$@"
      ;;
  esac
}

_stamp() { python3 -m audiolab.bin.stamp "$@"; }

# Fails unless all that is needed has a stamp_ function, and stages of these names need it.
_stamps_known() {
  local _st_entry _st_need
  for _st_entry in ${needs-}; do
    [[ " $* " == *" ${_st_entry%%:*} "* ]] || _stages_fail "needs: there is no stage '${_st_entry%%:*}'"
    for _st_need in $(_stamps_needs "${_st_entry%%:*}"); do
      declare -F "stamp_$_st_need" >/dev/null || _stages_fail "needs: there is no function stamp_$_st_need"
    done
  done
}

# Prints what stage $1 needs.
_stamps_needs() {
  local _st_entry
  for _st_entry in ${needs-}; do
    if [[ $_st_entry == "$1":* ]]; then tr , ' ' <<<"${_st_entry#*:}"; fi
  done
}

_stamps_show() {
  local _st_needs
  _st_needs=$(_stamps_needs "$1")
  if [[ -n $_st_needs ]]; then printf '    # needs %s\n' "$_st_needs"; fi
}

# Does $1 (lock, check, begin or commit) with the stamps of $2, where the recipe tells them.
_stamps_do() {
  local _st_stamps=$1
  if declare -F "stamp_$2" >/dev/null; then "stamp_$2"; fi
}

# Before stage $1: all that it needs is there, nobody else is at work on what it makes, and its stamp is withdrawn.
_stamps_begin() {
  local _st_need
  for _st_need in $(_stamps_needs "$1"); do _stamps_do check "$_st_need"; done
  _stamps_do lock "$1"
  if declare -F "list_$1" >/dev/null; then "list_$1"; fi
  read_too=()
  _stamps_do begin "$1"
}

_stamps_commit() { _stamps_do commit "$1"; }

declare -A _locks=() # folder -> the descriptor of its lock
_no_locks=false      # whether it was said that there are none

# lock --shared|--exclusive DIR: holds DIR until the stage ends, or fails at once where another run.sh holds it. Where
# locks do not work, that is said, and the stage goes on.
lock() {
  local status=0 told descriptor
  if [[ ! -v _locks[$2] ]]; then
    mkdir -p "$2/.stamp"
    exec {descriptor}>>"$2/.stamp/lock"
    _locks[$2]=$descriptor
  fi
  told=$(flock --nonblock --conflict-exit-code 200 "$1" "${_locks[$2]}" 2>&1) || status=$?
  if ((status == 200)); then
    echo "error: ${0##*/}: another run.sh is at work on $2; wait for its end, or give another --tag or --dataset" >&2
    exit 1
  fi
  if ((status != 0)) && [[ $_no_locks == false ]]; then
    echo "${0##*/}: warning: $2 cannot be locked ($told): do not start a second run.sh on it" >&2
    _no_locks=true
  fi
}
