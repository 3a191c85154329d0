# shellcheck shell=bash disable=SC2154 # its variables are run.sh's
# Sourced by run.sh: the data dirs of parts of the evaluation sentences, and the check of the pairs.

# shellcheck disable=SC2086 # a list
check_options() { local/jobs.py check --pairs $pairs; }

# parts_there: prints the data dirs of evaluation sentences that are there, but for the one of all
parts_there() {
  local set
  for set in "$data/eval_dev" "$data/eval_test" "$eval"; do
    if [[ -d $set && $set != "$data/eval" ]]; then echo "$set"; fi
  done | sort -u
}

# made_part: fails unless stage 0 has made the evaluation sentences that are asked for
made_part() {
  if [[ $eval != "$data/eval" ]]; then made_by "$eval" data 0 --options "dev_sentences=$dev_sentences"; fi
}

# begin_parts: stage 0 is about to make them
begin_parts() {
  local set
  for set in $(parts_there); do begin "$set" data --options "dev_sentences=$dev_sentences"; done
}
