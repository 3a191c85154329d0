#!/usr/bin/env bash
# SRST: source-regularised self-training for speech enhancement (Frenkel, Goldberger, Chazan) on DNS. See README.md.
if [ -z "${BASH_VERSION:-}" ] || [ -o posix ]; then unset POSIXLY_CORRECT && exec bash "$0" "$@"; fi # run by sh
set -euo pipefail
unset CDPATH # or cd may go elsewhere, and prints where
cd "$(dirname "${BASH_SOURCE[0]}")"

# stages
stage=download                          # first stage, by name or number
stop_stage=report                       # last stage
list=false                              # list the stages and leave
dry_run=false                           # show what would run and leave
# machines
nj=0                                    # jobs at a time in preparation, mixing, enhancement and scoring; 0: one for each core
train_jobs=0                            # trainings at a time; 0: one for each core, or one with --ngpu
ngpu=0                                  # GPUs of a training
train_cores=0                           # cores of a training; 0: all of this machine, shared, or with --ngpu 8 a GPU
num_nodes=1                             # machines of a training
verbose=1                               # 2: print every command
# corpora
corpus=real                             # real: LibriSpeech, WHAM! and DNS; mini: small synthesised twins, made here; own
db_root=                                # where the three corpora lie; empty: downloads/
librispeech_subsets=train-clean-360     # what to train on of real's: train-clean-100, train-clean-360, train-other-500
prepare_conf=                           # folder with librispeech.yaml, wham.yaml, dns.yaml: what is taken of each; empty: all
table=                                  # of own: lists the recordings
dataset=                                # names data/; empty: the corpus
train_mixtures=                         # mixtures of a domain to train on; empty: 50000, or 2000 of mini
valid_mixtures=                         # to validate on; empty: 3000, or 48 of mini
eval_mixtures=                          # to evaluate on at each SNR; empty: 50, or 48 of mini
eval_part="test"                        # what is evaluated on: test, or dev (validation speech and noise: for choices)
snrs="-5 0 5"                           # of the evaluation sets, dB
eval_seconds=                           # shortest and longest of their mixtures; empty: 4 10, or 2 4 of mini, 2 10 of own
pairs=                                  # recorded pairs to evaluate on, or none; empty: dns_no_reverb, or those of own
write_mixtures=false                    # store the mixtures of the evaluation sets as audio too
# experiment
methods="source dann srst_similar oracle" # rows of Table 1, or all
conf=                                   # folder with the YAMLs of all phases; empty: conf, or conf/mini
percent=30                              # of the source mixtures that are the pool of SRST
seed=0                                  # of everything random
seeds=                                  # seeds of training; empty: --seed
train_options=                          # of every training: --train_options="--trainer.precision fp32 …"
# scoring
judges="dnsmos words"                   # trained judges, of the extra judges; empty: none
judged=                                 # utterances of a set that they judge; 0: all; empty: 0, or 4 of mini
whisper=                                # folder of a Whisper model for words; empty: tiny.en, which knows English
language=                               # what is spoken where there is no utt2lang, as en
# names
tag=                                    # names the experiment; empty: the data set
expdir=                                 # folder of the experiment; empty: exp/<tag>

help_message="Usage: $0 [--corpus mini] [--stage train] [options]"
. ../../../utils/parse_options.sh
. ../../../utils/stages.sh
. ../../../utils/recipe.sh
. local/options.sh
. local/sets.sh
. local/train.sh

stages="-1:download 0:data 1:mixtures 2:evaluation 3:train 4:infer 5:score 6:report"

check_options() {
  local parse=()
  if [[ ! -f $expdir/.stamp/train.json ]]; then parse=(--parse); fi # else a training says it soon enough
  plan check "${parse[@]}"
}

stage_download() {
  if [[ $corpus == own ]]; then echo "using what $table lists" && return; fi
  for name in librispeech wham dns; do
    subsets_of "$name"
    if [[ $db_root != "$corpus_dir" ]]; then
      echo "using $db_root/$name"
    elif [[ $corpus == mini ]]; then
      run make_mini --corpus "$name" --dest "$db_root/$name" --seed "$seed" --nj "$nj"
    else
      run download --corpus "$name" --dest downloads "${subsets[@]}"
    fi
  done
}

stage_data() {
  local name file files
  if [[ $corpus == own ]]; then
    begin "$data" data --inputs "$table" --options "$made_from"
    run prepare_own --table "$table" --dest "$data" --nj "$nj"
  else
    begin "$data" data --inputs "$db_root"/{librispeech,wham,dns} "${choices[@]}" --options "$made_from"
    for name in librispeech wham dns; do
      subsets_of "$name"
      run prepare --corpus "$name" --db_root "$db_root/$name" --dest "$data" --nj "$nj" "${subsets[@]}"
    done
  fi
  shopt -s nullglob # English may be absent
  files=("$data"/{speech,noise}_{source,target}_*/wav.scp "$data"/speech_english_*/wav.scp) # not what stage 1 makes
  for file in "${files[@]}"; do validate_data_dir.py --no-feats --no-text "${file%/*}"; done
  commit "$data" data --inputs "${files[@]}" "${files[@]/%wav.scp/utt2dur}"
}

stage_mixtures() {
  made_by "$data" data 0 --options "$made_from"
  local domain
  for domain in $(needed_domains); do
    begin "$data" "mixtures_$domain" --inputs "$data/.stamp/data.json" --options "${mixture_options[@]}"
    "mix_$domain" train "$train_mixtures" $((10 * seed))
    "mix_$domain" valid "$valid_mixtures" $((10 * seed + 1))
    commit "$data" "mixtures_$domain"
  done
}

stage_evaluation() {
  made_by "$data" data 0 --options "$made_from"
  begin "$data" evaluation --inputs "$data/.stamp/data.json" --options "${evaluation_options[@]}"
  local snr further=(--seconds)
  # shellcheck disable=SC2206 # two numbers
  further+=($eval_seconds)
  if [[ $write_mixtures == true ]]; then further+=(--write_mixtures); fi
  for snr in $snrs; do
    mix "target_$speech_part" "target_$speech_part" "target_${eval_part}_${snr/-/m}dB" "$eval_mixtures" "$seed" \
      --snr "$snr" "$snr" --balance true "${further[@]}"
  done
  if has_english "$speech_part"; then
    mix "english_$speech_part" "target_$speech_part" "english_${eval_part}_0dB" "$eval_mixtures" "$seed" \
      --snr 0 0 "${further[@]}"
  fi
  local name recorded=()
  for name in $(recorded_pairs); do
    validate_data_dir.py --no-feats --no-text "$data/$name"
    recorded+=("$data/$name"/{wav.scp,spk1.scp})
  done
  commit "$data" evaluation --inputs "${recorded[@]}"
}

stage_train() {
  made_by "$data" data 0 --options "$made_from"
  local domain mixtures=() arrays numbers verb names
  for domain in $(needed_domains); do
    made_by "$data" "mixtures_$domain" "1 (mixtures)" --options "${mixture_options[@]}"
    mixtures+=("$data/.stamp/mixtures_$domain.json")
  done
  lock --exclusive "$expdir"
  plan list --stage train --out "$expdir/train.tsv"
  begin "$expdir" train --inputs "${mixtures[@]}" "$expdir/train.tsv" \
    --options "percent=$percent" "train_options=$train_options"
  arrays=$(run plan arrays "$expdir/train.tsv")
  while read -r numbers verb names <&3; do train "$numbers" "$verb" "$names"; done 3<<<"$arrays"
  commit "$expdir" train
}

stage_infer() {
  made_by "$data" data 0 --options "$made_from"
  made_by "$data" evaluation 2 --options "${evaluation_options[@]}"
  made_by "$expdir" train 3 --options "percent=$percent" "train_options=$train_options"
  plan list --stage infer --out "$expdir/enhance.tsv" --listed "$expdir/scored.tsv"
  begin "$expdir" infer --inputs "$expdir/enhance.tsv" "$expdir/.stamp/train.json" "$data/.stamp/evaluation.json"
  run_rows "$expdir/enhance.tsv" "$expdir/log/enhance.$job.log"
  commit "$expdir" infer
}

stage_score() {
  made_by "$expdir" train 3 --options "percent=$percent" "train_options=$train_options"
  made_by "$expdir" infer 4
  made_by "$data" evaluation 2 --options "eval_part=$eval_part" # of which stage 4 has enhanced what there is
  compare
  begin "$expdir" score --inputs "$expdir/scored.tsv" "$expdir/.stamp/infer.json"
  # shellcheck disable=SC2086 # a list
  run score se --runs "$expdir/scored.tsv" --data "$data" --judges $judges --judged "$judged" \
    ${whisper:+--whisper "$whisper"} --language "$language" --nj "$nj" --out "$expdir/scores.csv"
  run tabulate --scores "$expdir/scores.csv" --expdir "$expdir" "${paper[@]}" "${baseline[@]}" --note "$note" \
    --out "$expdir/RESULTS.md"
  commit "$expdir" score
}

stage_report() {
  made_by "$expdir" train 3 --options "percent=$percent" "train_options=$train_options"
  made_by "$expdir" score 5
  made_by "$data" evaluation 2 --options "eval_part=$eval_part"
  compare
  local folders stood_on runs name ranked decisions=()
  mapfile -t folders < <(cut -f 4 "$expdir/scored.tsv" | grep -vx -e dir -e -)
  stood_on=$(run plan made_with train "${folders[@]}")
  mapfile -t runs <<<"$stood_on"
  runs=("${runs[@]#"$expdir"/}")
  for name in "${runs[@]}"; do
    if [[ $name == srst_similar_* && ${#decisions[@]} == 0 ]]; then # Figure 3
      ranked=$expdir/$name
      decisions=(--source_decisions "$ranked/source_decisions" --target_decisions "$ranked/target_decisions"
        --percent "$percent")
    fi
  done
  run report se --expdir "$expdir" --scored "$expdir/scored.tsv" --runs "${runs[@]}" --data "$data" \
    --scores "$expdir/scores.csv" "${paper[@]}" "${baseline[@]}" "${decisions[@]}" \
    --corpus "$title ($dataset), $eval_part" --out "$expdir/report.html"
}

run_stages "$@"; exit  # on one line, for bash reads on in a script that is edited while it runs
