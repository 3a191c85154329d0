# shellcheck shell=bash disable=SC2154,SC2034 # its variables are run.sh's
# Sourced by run.sh: what follows from its options, and what is made by local/phases.yaml.

take_study conf
case $corpus in
  real) corpus_dir=downloads/vcc2018 default_pairs=$(echo VCC2S{F4,M4}:VCC2T{F1,F2,M1,M2}) steps=$real_steps ;;
  mini) corpus_dir=$mini_dir default_pairs="VCC2SF4:VCC2TF1 VCC2SM4:VCC2TM1" judged=${judged:-4} steps=$mini_steps ;;
  *) echo "error: --corpus is real or mini, not '$corpus'" >&2 && exit 1 ;;
esac
at_least 1 mini_steps
if [[ -n $real_steps ]]; then at_least 1 real_steps; fi
max_steps=${max_steps:-$steps}
title="recordings in the layout of VCC2018"
case ${db_root:-$corpus_dir} in
  downloads/vcc2018) title="VCC2018" ;;
  "$mini_dir") title="a synthesised twin of VCC2018" ;;
esac
judging=("judges=$judges" "judged=${judged:-0}" "whisper=$whisper" "language=$language" ${encoder:+"encoder=$encoder"})
dataset=${dataset:-$corpus} pairs=${pairs:-$default_pairs} db_root=${db_root:-$corpus_dir}
data=data/$dataset dump=dump/$dataset/train made_from="db_root=$db_root"
if [[ -n $prepare_config ]]; then made_from+=", prepare_config=$prepare_config"; fi
if [[ $corpus == mini ]]; then
  at_least 10 mini_train # which the classifier of speakers wants
  at_least 1 mini_eval
  at_least 0 mini_dev
fi
case $eval_part in
  test) eval=$data/eval_test note="Test sentences, on which nothing was chosen." ;;
  dev) eval=$data/eval_dev note="Development sentences: for choices, not to be reported." ;;
  all) eval=$data/eval note="All evaluation sentences, those that choices are made on among them." ;;
  *) echo "error: --eval_part is test, dev or all, not '$eval_part'" >&2 && exit 1 ;;
esac
note+=$(asked conf)
if ((eval_sentences > 0)); then eval+=_first$eval_sentences; fi
configs=$train_config
# shellcheck disable=SC2086 # a list
if [[ $ablation == true ]]; then configs=$(printf 'conf/%s.yaml ' $ablation_configs) seeds=${seeds:-0 1 2}; fi
if [[ -n $study ]]; then tag=${tag:-${dataset}_$study}; fi
if [[ $ablation == true ]]; then tag=${tag:-${dataset}_ablation}; fi
tag=${tag:-$dataset} seeds=${seeds:-$seed} judged=${judged:-0}
expdir=${expdir:-exp/$tag}
shared_dirs=("$data" "$dump")
job=$(job_variable "$data" "$dump" "$expdir" "$infer_config" "$f0_config" "$train_options" "$whisper" "$encoder")
baselines=(--baseline unconverted --baseline mean_shift --baseline mean_variance) # what the systems are compared with
for each in $against; do baselines+=(--baseline "$each"); done

check_options() {
  local from=(--corpus "$corpus") back=()
  plan check
  if [[ $db_root != "$corpus_dir" ]]; then from=(--db_root "$db_root"); fi
  if [[ $both_ways == true ]]; then back=(--both_ways); fi
  # shellcheck disable=SC2086 # a list
  if will_run data && will_run train; then python3 local/check_pairs.py "${from[@]}" "${back[@]}" $pairs; fi
}

# plan CALL [OPTION …]: audiolab.bin.plan, with what the options of run.sh ask for
plan() {
  local make=(converted)
  if [[ -n $f0_config && " $configs " == *" $train_config "* ]]; then make+=(moved); fi
  make+=(baseline natural)
  if [[ $both_ways == true ]]; then make+=("${make[@]/%/_back}"); fi
  run plan "$1" local/phases.yaml --make "${make[@]}" \
    --set "exp=$expdir" "features=$dump" "eval=$eval" "ref=$data/ref" "infer_config=$infer_config" \
    "f0_config=$f0_config" "f0_of=$train_config" "nj=$nj" "job_utterances=$job_utterances" \
    "train_options=${max_steps:+--trainer.max_steps $max_steps} $train_options" \
    --axes "config=$configs" "seed=$seeds" "source:target=$pairs" baseline=all "${@:2}"
}
