#!/usr/bin/env bash
# Usage: nearest_name.sh WORD CHOICE...
# Prints the end of an error message about an unknown WORD: the nearest CHOICE by edit distance, or all of them.
set -euo pipefail
export LC_ALL=C

# Prints the Levenshtein distance of $1 and $2.
edit_distance() {
  local a=$1 b=$2 i j cost best
  local -a above row
  for ((j = 0; j <= ${#b}; j++)); do above[j]=$j; done
  for ((i = 1; i <= ${#a}; i++)); do
    row=("$i")
    for ((j = 1; j <= ${#b}; j++)); do
      cost=1
      [[ "${a:i-1:1}" != "${b:j-1:1}" ]] || cost=0
      best=$((above[j - 1] + cost))
      ((best <= above[j] + 1)) || best=$((above[j] + 1))
      ((best <= row[j - 1] + 1)) || best=$((row[j - 1] + 1))
      row[j]=$best
    done
    above=("${row[@]}")
  done
  echo "${above[${#b}]}"
}

word=${1:0:100} # a longer one is no misspelling, and the distance takes quadratic time
shift
nearest="" least=1000
for choice in "$@"; do
  distance=$(edit_distance "$word" "$choice")
  if ((distance < least)); then
    nearest=$choice least=$distance
  fi
done
if ((least <= 1 + ${#word} / 4)); then
  printf "; did you mean '%s'?\n" "$nearest"
elif (($# > 0)); then
  known=$(printf ', %s' "$@")
  printf '; known are: %s\n' "${known:2}"
fi
