# shellcheck shell=bash disable=SC2154,SC2034 # its variables are run.sh's
# Sourced by run.sh: what follows from its options, and what is made by local/phases.yaml.

case $corpus in
  real) corpus_dir=downloads conf=${conf:-conf} defaults=(50000 3000 50) seconds="4 10" ;;
  mini) corpus_dir=$mini_dir conf=${conf:-conf/mini} defaults=(2000 48 48) seconds="2 4" judged=${judged:-4} ;;
  own) corpus_dir='' conf=${conf:-conf} defaults=(50000 3000 50) seconds="2 10" ;;
  *) echo "error: --corpus is real, mini or own, not '$corpus'" >&2 && exit 1 ;;
esac
take_study "$conf"
if [[ $corpus == own && -z $table ]]; then echo "error: --corpus own needs --table" >&2 && exit 1; fi
if [[ $corpus == own && -n $db_root ]]; then echo "error: --db_root is for real and mini; own has --table" >&2 && exit 1; fi
if [[ $corpus != real && $librispeech_subsets != train-clean-360 ]]; then
  echo "error: --librispeech_subsets is for --corpus real" >&2 && exit 1
fi
if [[ $corpus == own && -n $prepare_conf ]]; then
  echo "error: --prepare_conf is for real and mini; own has --table" >&2 && exit 1
fi
choices=() # the YAMLs in it
if [[ -n $prepare_conf ]]; then choices=("$prepare_conf"/*); fi
for choice in "${choices[@]}"; do
  case ${choice#"$prepare_conf/"} in
    librispeech.yaml | wham.yaml | dns.yaml) ;;
    *) echo "error: --prepare_conf $choice: it is to hold librispeech.yaml, wham.yaml, dns.yaml, or some of them" >&2 && exit 1 ;;
  esac
done
if [[ $corpus != own && -n $table ]]; then echo "error: --table is for --corpus own" >&2 && exit 1; fi
train_mixtures=${train_mixtures:-${defaults[0]}} valid_mixtures=${valid_mixtures:-${defaults[1]}}
eval_mixtures=${eval_mixtures:-${defaults[2]}}
eval_seconds=${eval_seconds:-$seconds} judged=${judged:-0}
judging=("judges=$judges" "judged=$judged" "whisper=$whisper" "language=$language")
at_least 1 train_mixtures valid_mixtures eval_mixtures num_nodes mini_readers
at_least 3 mini_speakers # of whom one is for validation and one for the test
at_least 20 mini_noises  # of which each set of WHAM! has one
values_are '(-?[0-9]+ ?)*' "whole numbers of dB, each once" snrs
case $gap in # between the domains
  "") target_speech=target target_noise=target ;;
  language) target_speech=target target_noise=source ;;
  noise) target_speech=english target_noise=target ;;
  *) echo "error: --gap is language, noise, or empty for both, not '$gap'" >&2 && exit 1 ;;
esac
dataset=${dataset:-$corpus${gap:+_$gap}} db_root=${db_root:-$corpus_dir} seeds=${seeds:-$seed}
tag=${tag:-$dataset${study:+_$study}}
if [[ -n $max_steps ]]; then train_options="--trainer.max_steps $max_steps $train_options"; fi
expdir=${expdir:-exp/$tag} data=data/$dataset
shared_dirs=("$data")
beside_trainings=rank_domains
job=$(job_variable "$data" "$expdir" "$percent" "$train_options" "$whisper")
if [[ $corpus == own ]]; then
  corpora=("$table") made_from="table=$table" title="own recordings" paper=() # whose scores are of other recordings
else
  corpora=("$db_root"/{librispeech,wham,dns} "${choices[@]}") made_from="db_root=$db_root" title="LibriSpeech, WHAM! and DNS"
  pairs=${pairs:-dns_no_reverb}
  if [[ $librispeech_subsets != train-clean-360 ]]; then made_from+=", librispeech_subsets=$librispeech_subsets"; fi
  if [[ -n $prepare_conf ]]; then made_from+=", prepare_conf=$prepare_conf"; fi
  if [[ $corpus == mini ]]; then title="synthesised twins of $title"; fi
  paper=(--paper local/tables.tsv)
fi
if [[ -n $gap ]]; then made_from+=", gap=$gap"; fi
if [[ -n $gap || -n $study ]]; then paper=(); fi # it has neither
case $eval_part in
  test) speech_part=test note="Test sets, on which nothing was chosen." ;;
  dev) speech_part=valid paper=() note="Development sets: for choices, not to be reported." ;;
  *) echo "error: --eval_part is test or dev, not '$eval_part'" >&2 && exit 1 ;;
esac
if [[ -n $gap ]]; then note+=" The target differs from the source in $gap only."; fi
note+=$(asked "$conf")
rows=" $methods" # that are scored
for each in $further; do rows+=" ${each%%:*}"; done
for each in $baselines; do
  if [[ " noisy source$rows " != *" $each "* && $methods != all ]]; then
    echo "error: --baselines $each: it is not noisy, nor among --methods and --further" >&2 && exit 1
  fi
done

check_options() {
  local parse=()
  if [[ ! -f $expdir/.stamp/train.json ]]; then parse=(--parse); fi # else a training says it soon enough
  plan check "${parse[@]}"
}

# plan CALL [OPTION …]: audiolab.bin.plan, with what the options of run.sh ask for
plan() {
  local make=(noisy enhanced) axes=("method=$methods" "seed=$seeds" "set=$(evaluation_sets)")
  if [[ -n $further ]]; then make+=(enhanced_further) axes+=("row:begun:by=$further"); fi
  run plan "$1" local/phases.yaml --make "${make[@]}" --axes "${axes[@]}" \
    --set "exp=$expdir" "conf=$conf" "data=$data" "percent=$percent" "train_options=$train_options" \
    "nj=$nj" "job_utterances=$job_utterances" "${@:2}"
}

# ranked: sets the report's options for what was scored: runs, and decisions where mixtures were ranked (Figure 3)
ranked() {
  local name stood_on
  stood_on=$(run plan made_with train "$expdir/scored.tsv")
  mapfile -t runs <<<"$stood_on"
  runs=("${runs[@]#"$expdir"/}") decisions=()
  for name in "${runs[@]}"; do
    if [[ $name == srst_similar_* && ${#decisions[@]} == 0 ]]; then
      decisions=(--source_decisions "$expdir/$name/source_decisions" --target_decisions "$expdir/$name/target_decisions"
        --percent "$percent")
    fi
  done
}

# compare: sets the options that say what the others are compared with: those of --baselines that were scored
compare() {
  local each
  baseline=()
  for each in $baselines; do
    if cut -f 1 "$expdir/scored.tsv" | grep -qx "$each"; then baseline+=(--baseline "$each"); fi
  done
}
