# shellcheck shell=bash
# Sourced by a recipe's run.sh: the stages, from --stage to --stop_stage. It writes no file of its own.
#
#   #!/usr/bin/env bash
#   set -euo pipefail
#   unset CDPATH
#   cd "$(dirname "${BASH_SOURCE[0]}")"
#   stage=data        # first stage, by name or number (a number as default would let only numbers pass)
#   stop_stage=train  # last stage
#   list=false        # list the stages and leave
#   dry_run=false     # show what would run and leave
#   nj=4              # jobs at a time
#   . ../../../utils/parse_options.sh
#   . ../../../utils/stages.sh
#
#   stages="0:data 1:features 2:train"
#   before_stages() { . ./path.sh; . ./cmd.sh; }   # may be left out; not run for --list and --dry_run
#   before_stage() { … }                           # may be left out; run in the subshell of each stage, before it
#   stage_data() { python3 -m audiolab.bin.prepare data; }
#   stage_features() { ${train_cmd} JOB=1:"${nj}" exp/log/features.JOB.log extract split/JOB; }
#   stage_train() { ${cuda_cmd} exp/log/train.log python3 -m audiolab.bin.train --config conf/train.yaml; }
#   run_stages "$@"   # what is left of the command line is refused: a recipe takes options only
#
# In before_stages, `will_run NAME` says whether the stage with this name is among those that are to run.
#
# What stages stand on and make, stamps.sh checks and stamps, where the recipe says it.
#
# A stage runs in a subshell under `set -euo pipefail`; variables that it sets are gone after it, as they are when the
# next stage is run by itself. run_stages stands as a command by itself, for bash ignores `set -e` in what is called
# after `if` or `!`, or before `&&` or `||`; this is refused.

# shellcheck source=utils/stamps.sh
. "${BASH_SOURCE[0]%/*}/stamps.sh"

# Runs the stages of ${stages} ("number:name …", in order) from ${stage} to ${stop_stage}; both default to all.
# Its variables begin with _st_, since the stages see them.
run_stages() {
  (($# == 0)) || _stages_fail "'$1' is no option; options are --name value, and --help lists them"
  : "${stages:?is to be set to the stages, as \"0:data 1:train\"}"
  local -a _st_entries _st_numbers=() _st_names=()
  local _st_entry _st_first _st_last _st_i _st_begun=$SECONDS
  read -r -a _st_entries <<<"${stages//$'\n'/ }"
  for _st_entry in "${_st_entries[@]}"; do
    _st_numbers+=("${_st_entry%%:*}") _st_names+=("${_st_entry#*:}")
    declare -F "stage_${_st_entry#*:}" >/dev/null || _stages_fail "there is no function stage_${_st_entry#*:}"
    [[ ${list:-false} == false ]] || printf '%3s  %s\n' "${_st_entry%%:*}" "${_st_entry#*:}"
  done
  [[ ${list:-false} == false ]] || return 0
  _stamps_known "${_st_names[@]}"
  _stages_find --stage "${stage:-${_st_names[0]}}" _st_first
  _stages_find --stop_stage "${stop_stage:-${_st_names[-1]}}" _st_last
  ((_st_first <= _st_last)) || _stages_fail "--stage $stage comes after --stop_stage $stop_stage: nothing to run"
  if [[ ${dry_run:-false} == true ]]; then
    for ((_st_i = _st_first; _st_i <= _st_last; _st_i++)); do _stages_show "$_st_i"; done
    return 0
  fi
  _stages_check_errexit
  if declare -F before_stages >/dev/null; then before_stages; fi
  for ((_st_i = _st_first; _st_i <= _st_last; _st_i++)); do _stages_run "$_st_i"; done
  printf '### all done in %d s\n' $((SECONDS - _st_begun))
}

# will_run NAME: whether the stage with this name is among those that run_stages is to run
will_run() { [[ " ${_st_names[*]:_st_first:_st_last - _st_first + 1} " == *" $1 "* ]]; }

_stages_fail() {
  printf 'error: %s: %s\n' "${0##*/}" "$1" >&2
  exit 1
}

# Sets the variable $3 to the index of the stage whose name or number is $2, given by option $1.
_stages_find() {
  local _st_index _st_hint
  for _st_index in "${!_st_names[@]}"; do
    if [[ $2 == "${_st_names[_st_index]}" || $2 == "${_st_numbers[_st_index]}" ]]; then
      printf -v "$3" '%d' "$_st_index"
      return 0
    fi
  done
  _st_hint=$("${BASH_SOURCE[0]%/*}/nearest_name.sh" "$2" "${_st_names[@]}")
  _stages_fail "$1: unknown stage '$2' (numbers are ${_st_numbers[0]} to ${_st_numbers[-1]})$_st_hint"
}

# Prints how the user calls the stage with index $1.
_stages_call() { printf 'stage %s (%s)' "${_st_numbers[$1]}" "${_st_names[$1]}"; }

# Shows the stage with index $1: its commands as they stand, and the values that their variables have now, but for
# those of loops.
_stages_show() {
  local _st_body _st_name _st_values
  _st_body=$(for _st_name in stamp list stage; do
    if declare -F "${_st_name}_${_st_names[$1]}" >/dev/null; then
      declare -f "${_st_name}_${_st_names[$1]}" | sed '1,2d;$d'
    fi
  done)
  printf '### %s would run\n' "$(_stages_call "$1")"
  _stamps_show "${_st_names[$1]}"
  printf '%s\n' "$_st_body"
  while IFS= read -r _st_name; do
    if [[ ! -v $_st_name || $_st_body == *"for $_st_name in "* ]]; then continue; fi
    _st_values="${_st_name}[@]"
    printf '    # %s=%s\n' "$_st_name" "$(printf '%q ' "${!_st_values}" | sed 's/ $//')"
  done < <(grep -oE '[$][{]?[A-Za-z_][A-Za-z0-9_]*' <<<"$_st_body" | tr -d '{$' | LC_ALL=C sort -u)
}

_stages_check_errexit() {
  set +e
  (
    set -e
    false
    exit 99
  )
  (($? == 1)) || _stages_fail "run_stages is called where bash ignores set -e; call it as a command by itself"
  set -e
}

# Runs the stage with index $1, with its time; leaves the script with the stage's status when it fails. The stage has a
# process group of its own, which gets the signals that the script gets: all that runs in it ends with the script.
_stages_run() {
  local _st_begun=$SECONDS _st_status _st_group="" _st_signal="" _st_label
  _st_label=$(_stages_call "$1")
  printf '### %s, %s\n' "$_st_label" "$(date '+%Y-%m-%d %H:%M:%S')"
  trap '_stages_stop INT' INT
  trap '_stages_stop TERM' TERM
  trap '_stages_stop HUP' HUP
  set +e
  set -m
  (set -euo pipefail && _stages_in "${_st_names[$1]}") </dev/null &
  _st_group=$!
  set +m
  if [[ -n $_st_signal ]]; then _stages_stop "$_st_signal"; fi # it came while the group was made
  while :; do # a signal ends "wait", but jobs save what they have
    wait "$_st_group"
    _st_status=$?
    kill -0 "$_st_group" 2>/dev/null || break
  done
  set -e
  trap - INT TERM HUP
  if [[ -n $_st_signal ]]; then _stages_stopped "$_st_label" "${_st_names[$1]}"; fi
  if ((_st_status == 199)); then exit 1; fi # what is to be done before it was said
  if ((_st_status != 0)); then
    printf 'error: %s: %s failed with status %d after %d s; when its cause is mended, go on with\n  %s\n' "${0##*/}" \
      "$_st_label" "$_st_status" $((SECONDS - _st_begun)) "$(_stages_command "${_st_names[$1]}")" >&2
    exit "$_st_status"
  fi
  printf '### %s done in %d s\n' "$_st_label" $((SECONDS - _st_begun))
}

# Runs the stage with name $1 in its subshell, which bash leaves by a signal when the running command has ended by it.
_stages_in() {
  trap 'exit 130' INT
  trap 'exit 143' TERM
  trap 'exit 129' HUP
  if declare -F before_stage >/dev/null; then before_stage; fi
  local _st_ready=false
  trap 'if (($? != 0)) && [[ $_st_ready == false ]]; then exit 199; fi' EXIT
  _stamps_begin "$1"
  _st_ready=true
  "stage_$1"
  _stamps_commit "$1"
}

# Passes signal $1 on to all that runs in the stage.
_stages_stop() {
  _st_signal=$1
  if [[ -n $_st_group ]]; then kill "-$1" -- "-$_st_group" 2>/dev/null; fi
}

# Says how to go on after a signal in the stage with label $1 and name $2, and leaves the script by the signal.
_stages_stopped() {
  printf '%s: %s was interrupted; go on with\n  %s\n' "${0##*/}" "$1" "$(_stages_command "$2")" >&2
  kill "-$_st_signal" $$
}

# Prints the command that goes on with stage $1: the options as they were given (see parse_options.sh) but for --stage.
_stages_command() {
  local _st_i
  printf '%q' "$0"
  for ((_st_i = 0; _st_i < ${#PARSED_OPTIONS[@]}; _st_i++)); do
    case ${PARSED_OPTIONS[_st_i]} in
      --stage) _st_i=$((_st_i + 1)) ;;
      --stage=*) ;;
      *) printf ' %q' "${PARSED_OPTIONS[_st_i]}" ;;
    esac
  done
  printf ' --stage %s\n' "$1"
}
