# shellcheck shell=bash disable=SC2154 # its variables are run.sh's
# Sourced by run.sh: the data dirs of parts of the evaluation sentences, and what is made of them by local/phases.yaml.

check_options() { plan check; }

# plan CALL [OPTION …]: audiolab.bin.plan, with what the options of run.sh ask for
plan() {
  local make=(converted)
  if [[ -n $f0_config && " $configs " == *" $train_config "* ]]; then make+=(moved); fi
  make+=(baseline natural)
  if [[ $both_ways == true ]]; then make+=("${make[@]/%/_back}"); fi
  run plan "$1" local/phases.yaml --make "${make[@]}" \
    --set "exp=$expdir" "features=$dump" "eval=$eval" "infer_config=$infer_config" "f0_config=$f0_config" \
    "f0_of=$train_config" "train_options=${max_steps:+--trainer.max_steps $max_steps} $train_options" \
    --axes "config=$configs" "seed=$seeds" "source:target=$pairs" baseline=all "${@:2}"
}

# all_have_sentences DIR PURPOSE SPEAKER …: fails unless these speakers have evaluation sentences in DIR
all_have_sentences() {
  local speaker lacking=""
  for speaker in "${@:3}"; do
    if ! cut -d ' ' -f 2 "$1/utt2spk" | grep -qFx -e "$speaker" && [[ " $lacking, " != *" $speaker, "* ]]; then
      lacking+="${lacking:+, }$speaker"
    fi
  done
  if [[ -z $lacking ]]; then return; fi
  if [[ $both_ways == true ]]; then speaker=", or leave out --both_ways"; else speaker=""; fi
  echo "error: $1: no evaluation sentences of $lacking $2; name speakers in --pairs who have some$speaker" >&2
  exit 1
}

# check_sentences: fails where a speaker has no sentence to be converted, or none to compare conversions with
check_sentences() {
  local sources targets
  # shellcheck disable=SC2206 # a list
  local all=($pairs)
  sources=("${all[@]%%:*}") targets=("${all[@]#*:}")
  if [[ $both_ways == true ]]; then
    sources+=("${all[@]#*:}") targets+=("${all[@]%%:*}")
  fi
  all_have_sentences "$eval" "to convert" "${sources[@]}"
  all_have_sentences "$data/ref" "to compare conversions with" "${targets[@]}"
}

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
