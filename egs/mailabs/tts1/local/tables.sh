# shellcheck shell=bash disable=SC2154 # its variables are run.sh's
# Sourced by run.sh: tables that are not of scores.

# score_alignment: where the corpora tell when their phones are said, how far off the aligner is
score_alignment() {
  local truth=() each
  for each in "$db_root" "$portuguese_root"; do
    if [[ -d $each/phone_times ]]; then truth+=("$each"/phone_times/*.ctm); fi
  done
  rm -f "$ali/scores.md"
  if ((${#truth[@]} > 0)) && [[ $front_end == phones ]]; then
    for each in $sets; do
      printf '\n%s:\n\n' "${each^}"
      run score_alignment --ctm "$ali/$each/ctm" --truth "${truth[@]}" --by "$data/$each/utt2lang"
    done >"$ali/scores.md"
  fi
}

# further_tables: prints the paper's Table 1 of these data, and how well they were aligned
further_tables() {
  printf '\n## Utterances by language and speaker\n\nThe paper'"'"'s Table 1.\n\n'
  run count_utterances --sets "${counted[@]}"
  if [[ -f $ali/scores.md ]]; then
    printf '\n## Alignment\n\nHow far boundaries lie from those that espeak-ng tells. The models learn of the training set.\n'
    cat "$ali/scores.md"
  fi
}
