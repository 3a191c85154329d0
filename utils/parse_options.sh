# shellcheck shell=bash
# Sourced by a script: sets the script's options from its command line.
#
#   nj=4              # jobs at a time            <- a default that is an integer: only integers are taken
#   resume=true       # go on where it stopped    <- true or false: only these
#   tag=              # name of the experiment    <- any text
#   help_message="Usage: $0 [options]"
#   . utils/parse_options.sh
#
# The options are the variables that the script itself assigns above the sourcing line: lower-case names at the
# beginning of a line, one a line; a comment behind the value is the option's text in --help. Nothing else can be set,
# neither what comes from the environment nor what other sourced files define.
#
#   --foo-bar V, --foo_bar V, --foo-bar=V, --foo_bar=V   set foo_bar; a V that begins with "--" needs the form with "="
#   --config FILE   lines "name=value" (blank lines, # comments and quotes around a value are fine), read before the
#                   command line and never run as shell code
#   --foo-bar       without a value is true, where the default is false
#   --help          prints $help_message and the options with their defaults
#
# The first argument that is no option, or what follows "--", stays in "$@". Values are text and are never evaluated.
# The array PARSED_OPTIONS holds the arguments that were taken, so that a script can print the command it was.
# A mistake is one line on standard error and exit status 1.

_po_fail() {
  printf 'error: %s: %s\n' "${0##*/}" "$1" >&2
  exit 1
}

# Finds the script that sources this file: its path may be relative to the folder which it has left since.
_po_find_script() {
  local candidate line
  for candidate in "$1" "${OLDPWD:-.}/$1"; do
    line=""
    [[ ! -f $candidate ]] || line=$(sed -n "$2p" -- "$candidate")
    if [[ $line == *parse_options.sh* ]]; then
      _po_script=$candidate
      return 0
    fi
  done
  _po_fail "parse_options.sh cannot find the script '$1' that sources it; source it at the script's top"
}

# Reads from the script, above its line $1, which options there are: names, defaults, texts. Here and below, what is
# local begins with _po_ wherever the script's own variables are read or set: it would hide one of the same name.
_po_read_definitions() {
  local LC_ALL=C _po_line _po_name _po_help
  local _po_pattern='^([a-z][a-z0-9_]*)=([^(].*)?$'
  local _po_comment='^[a-z0-9_]+=("[^"]*"|'\''[^'\'']*'\''|[^"'\''#]*)[[:space:]]+#[[:space:]]*(.*)$'
  while IFS= read -r _po_line; do
    [[ $_po_line =~ $_po_pattern ]] || continue
    _po_name=${BASH_REMATCH[1]} _po_help=""
    case $_po_name in help_message | config | help) continue ;; esac
    [[ -v $_po_name ]] || continue
    [[ ! $_po_line =~ $_po_comment ]] || _po_help=${BASH_REMATCH[2]}
    [[ -v _po_default[$_po_name] ]] || _po_names+=("$_po_name")
    _po_default[$_po_name]=${!_po_name}
    _po_text[$_po_name]=$_po_help
  done < <(head -n "$(($1 - 1))" -- "$_po_script")
}

# Prints what the default of option $1 says about its values: INT, BOOL or TEXT.
_po_kind() {
  local integer='^(0|-?[1-9][0-9]{0,17})$'
  case ${_po_default[$1]} in
    true | false) echo BOOL ;;
    *) if [[ ${_po_default[$1]} =~ $integer ]]; then echo INT; else echo TEXT; fi ;;
  esac
}

# Prints the variable's name of an option as the user wrote it.
_po_variable() {
  local name=${1#--}
  echo "${name//-/_}"
}

# Sets option $1, as written by the user ("--foo-bar", or a name in a config), to $2; $3 says where it stands.
_po_set() {
  local LC_ALL=C _po_name _po_integer='^(0|-?[1-9][0-9]{0,17})$'
  _po_name=$(_po_variable "$1")
  _po_check_name "$1" "$_po_name" "$3"
  case $(_po_kind "$_po_name") in
    INT) [[ $2 =~ $_po_integer ]] || _po_fail "$3$1 takes an integer, not '$2'" ;;
    BOOL) [[ $2 == true || $2 == false ]] || _po_fail "$3$1 takes true or false, not '$2'" ;;
  esac
  printf -v "$_po_name" '%s' "$2"
}

# Fails unless $2 is an option; $1 is how the user wrote it, $3 where.
_po_check_name() {
  local name_pattern='^[a-z][a-z0-9_]*$'
  if ! [[ $2 =~ $name_pattern && -v _po_default[$2] ]]; then
    local prefix="" hint
    [[ $1 != -* ]] || prefix=--
    hint=$("${BASH_SOURCE[0]%/*}/nearest_name.sh" "$1" "${_po_names[@]/#/$prefix}")
    _po_fail "${3}unknown option $1$hint"
  fi
}

# Sets options from the lines "name=value" of file $1.
_po_read_config() {
  local _po_line _po_number=0 _po_value
  [[ -f $1 && -r $1 ]] || _po_fail "--config: cannot read the file '$1'"
  while IFS= read -r _po_line || [[ -n $_po_line ]]; do
    _po_number=$((_po_number + 1))
    _po_line=${_po_line%$'\r'}
    _po_line=${_po_line#"${_po_line%%[![:space:]]*}"}
    _po_line=${_po_line%"${_po_line##*[![:space:]]}"}
    [[ -n $_po_line && $_po_line != \#* ]] || continue
    [[ $_po_line == *=* ]] || _po_fail "$1:$_po_number: a line is name=value, not '$_po_line'"
    _po_value=${_po_line#*=}
    if [[ $_po_value == \"*\" || $_po_value == \'*\' ]] && ((${#_po_value} > 1)); then _po_value=${_po_value:1:-1}; fi
    _po_set "${_po_line%%=*}" "$_po_value" "$1:$_po_number: "
  done <"$1"
}

_po_print_help() {
  local name text
  [[ -z ${help_message:-} ]] || printf '%s\n\n' "$help_message"
  printf 'Options:\n'
  printf '  --%-28s %s\n' "config FILE" "lines name=value, read before the other options" "help" "this text"
  for name in "${_po_names[@]}"; do
    text=${_po_text[$name]:+${_po_text[$name]} }
    printf '  --%-28s %s(default: %s)\n' "$name $(_po_kind "$name")" "$text" "${_po_default[$name]}"
  done
}

# Splits the arguments into options (_po_options: name, value, name, value, …) and counts them in _po_taken.
_po_split() {
  local -a args=("$@")
  local arg next
  while ((_po_taken < $#)); do
    arg=${args[_po_taken]} next=${args[_po_taken + 1]:-}
    case $arg in
      --help | -h)
        _po_print_help
        exit 0
        ;;
      --) _po_taken=$((_po_taken + 1)) && return 0 ;;
      --*=*) _po_options+=("${arg%%=*}" "${arg#*=}") ;;
      --*)
        [[ $arg == --config ]] || _po_check_name "$arg" "$(_po_variable "$arg")" ""
        if ((_po_taken + 1 < $#)) && [[ $next != --* ]]; then
          _po_taken=$((_po_taken + 1))
        elif [[ $arg != --config && ${_po_default[$(_po_variable "$arg")]} == false ]]; then
          next=true
        else
          _po_fail "$arg needs a value (one that begins with -- is written $arg=VALUE)"
        fi
        _po_options+=("$arg" "$next")
        ;;
      -[[:alpha:]]*) _po_check_name "$arg" "" "" ;;
      *) return 0 ;;
    esac
    _po_taken=$((_po_taken + 1))
  done
}

# Reads the configs first, then sets the options.
_po_apply() {
  local _po_i
  for ((_po_i = 0; _po_i < ${#_po_options[@]}; _po_i += 2)); do
    [[ ${_po_options[_po_i]} != --config ]] || _po_read_config "${_po_options[_po_i + 1]}"
  done
  for ((_po_i = 0; _po_i < ${#_po_options[@]}; _po_i += 2)); do
    [[ ${_po_options[_po_i]} == --config ]] || _po_set "${_po_options[_po_i]}" "${_po_options[_po_i + 1]}" ""
  done
}

unset "${!_po_@}"
declare -gA _po_default=() _po_text=()
declare -ga _po_names=() _po_options=() PARSED_OPTIONS=()
_po_script="" _po_taken=0
_po_find_script "${BASH_SOURCE[1]:-}" "${BASH_LINENO[0]}"
_po_read_definitions "${BASH_LINENO[0]}"
_po_split "$@"
_po_apply
# shellcheck disable=SC2034 # for the script
PARSED_OPTIONS=("${@:1:_po_taken}")
shift "$_po_taken"
mapfile -t _po_names < <(compgen -A function _po_)
unset -f "${_po_names[@]}"
unset "${!_po_@}"
