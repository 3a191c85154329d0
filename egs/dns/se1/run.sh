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
infer_gpu=0                             # GPUs of a job that enhances: 0 or 1
job_utterances=100                      # mixtures that a job enhances at least; a set of fewer is not split
verbose=1                               # 2: print every command
# corpora
corpus=real                             # real: LibriSpeech, WHAM! and DNS; mini: small synthesised twins, made here; own
db_root=                                # where the three corpora lie; empty: downloads/
gap=                                    # between source and target: language, noise; empty: both
librispeech_subsets=train-clean-360     # what to train on of real's: train-clean-100, train-clean-360, train-other-500
prepare_conf=                           # folder with librispeech.yaml, wham.yaml, dns.yaml: what is taken of each; empty: all
mini_readers=18                         # readers of mini's LibriSpeech to train on
mini_speakers=40                        # of each language of mini's DNS, a fifth to validate on, a fifth for the test
mini_noises=120                         # of mini's DNS, a sixth each alike; its WHAM! has half as many to train on
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
study=                                  # a question and the rows that answer it: conf/studies/NAME.conf; empty: none
methods="source dann srst_similar oracle" # rows of Table 1, or all
further=                                # rows of a study, ROW:BEGUN:BY, as local/phases.yaml has them
baselines="noisy source"                # rows that the others are compared with, where they are scored
conf=                                   # folder with the YAMLs of all phases; empty: conf, or conf/mini
percent=30                              # of the source mixtures that are the pool of SRST
seed=0                                  # of everything random
seeds=                                  # seeds of training; empty: --seed
max_steps=                              # steps of each training at most; empty: as the YAMLs say
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

stages="-1:download 0:data 1:mixtures 2:evaluation 3:train 4:infer 5:score 6:report"
needs="mixtures:data evaluation:data train:data,mixtures infer:data,evaluation,train"
needs+=" score:train,infer,evaluation report:train,infer,score,evaluation"

# What a stage makes, of what, under which options
stamp_data() { stamp "$data" data --inputs "${corpora[@]}" --options "$made_from"; }
stamp_mixtures() { # of each domain that a method needs
  find_domains
  for domain in "${domains[@]}"; do
    stamp "$data" "mixtures_$domain" --inputs "$data/.stamp/data.json" \
      --options "train_mixtures=$train_mixtures" "valid_mixtures=$valid_mixtures" "seed=$seed"
  done
}
stamp_evaluation() {
  stamp "$data" evaluation --inputs "$data/.stamp/data.json" --options "snrs=$snrs" "eval_mixtures=$eval_mixtures" \
    "eval_seconds=$eval_seconds" "eval_part=$eval_part" "seed=$seed"
}
stamp_train() {
  find_domains
  stamp "$expdir" train --inputs "$expdir/train.tsv" "${mixtures[@]}" \
    --options "percent=$percent" "train_options=$train_options"
}
stamp_infer() { stamp "$expdir" infer --inputs "$expdir"/{enhance.tsv,.stamp/train.json} "$data/.stamp/evaluation.json"; }
stamp_score() { stamp "$expdir" score --inputs "$expdir"/{scored.tsv,.stamp/infer.json} --options "${judging[@]}"; }

stage_download() {
  if [[ $corpus == own ]]; then echo "using what $table lists" && return; fi
  for name in librispeech wham dns; do
    subsets_of "$name"
    sizes_of "$name"
    if [[ $db_root != "$corpus_dir" ]]; then
      echo "using $db_root/$name"
    elif [[ $corpus == mini ]]; then
      run make_mini --corpus "$name" --dest "$db_root/$name" --seed "$seed" --nj "$nj" "${sizes[@]}"
    else
      run download --corpus "$name" --dest downloads "${subsets[@]}"
    fi
  done
}

stage_data() {
  if [[ $corpus == own ]]; then
    run prepare_own --table "$table" --dest "$data" --nj "$nj"
  else
    for name in librispeech wham dns; do
      subsets_of "$name"
      run prepare --corpus "$name" --db_root "$db_root/$name" --dest "$data" --nj "$nj" "${subsets[@]}"
    done
  fi
  shopt -s nullglob # English may be absent
  local files=("$data"/{speech,noise}_{source,target}_*/wav.scp "$data"/speech_english_*/wav.scp) # not what stage 1 makes
  read_too=("${files[@]}" "${files[@]/%wav.scp/utt2dur}")
}

stage_mixtures() { for domain in "${domains[@]}"; do mix_to_train "$domain"; done; }

stage_evaluation() {
  for snr in $snrs; do mix_to_evaluate target "$snr" --balance true; done
  if has_english "$speech_part"; then mix_to_evaluate english 0; fi
  for name in $(recorded_pairs); do take_pairs "$name"; done
}

list_train() { plan list --stage train --out "$expdir/train.tsv"; }
stage_train() { run_rows "$expdir/train.tsv"; }

list_infer() { plan list --stage infer --out "$expdir/enhance.tsv" --listed "$expdir/scored.tsv"; }
stage_infer() { run_rows "$expdir/enhance.tsv" enhance; }

stage_score() {
  compare
  # shellcheck disable=SC2086 # a list
  score se --data "$data" --judges $judges --judged "$judged" ${whisper:+--whisper "$whisper"} --language "$language"
  run tabulate --scores "$expdir/scores.csv" --expdir "$expdir" "${paper[@]}" "${baseline[@]}" --note "$note" \
    --out "$expdir/RESULTS.md"
}

stage_report() {
  compare
  ranked
  run report se --expdir "$expdir" --scored "$expdir/scored.tsv" --runs "${runs[@]}" --data "$data" \
    --scores "$expdir/scores.csv" "${paper[@]}" "${baseline[@]}" "${decisions[@]}" \
    --corpus "$title ($dataset), $eval_part" --out "$expdir/report.html"
}

run_stages "$@"; exit  # on one line, for bash reads on in a script that is edited while it runs
