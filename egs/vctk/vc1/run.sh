#!/usr/bin/env bash
# CycleAutoVC, few-shot voice conversion by a cycle-consistent auto-encoder (Godey, Boudin), on VCTK. See README.md.
# egs/voxceleb/vc1 runs this file too; what its corpus has otherwise stands in its local/corpus.sh.
if [ -z "${BASH_VERSION:-}" ] || [ -o posix ]; then unset POSIXLY_CORRECT && exec bash "$0" "$@"; fi # run by sh
set -euo pipefail
unset CDPATH # or cd may go elsewhere, and prints where
RECIPE=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
cd "$(dirname "$0")"

# stages
stage=download                          # first stage, by name or number
stop_stage=report                       # last stage
list=false                              # list the stages and leave
dry_run=false                           # show what would run and leave
# machines
nj=0                                    # jobs at a time in preparation, features, conversion and scoring; 0: one for each core
train_jobs=0                            # trainings at a time; 0: one for each core, or one with --ngpu
ngpu=0                                  # GPUs of a training
train_cores=0                           # cores of a training; 0: all of this machine, shared, or with --ngpu 8 a GPU
num_nodes=1                             # machines of a training
infer_gpu=0                             # GPUs of a job that converts: 0 or 1
job_utterances=20                       # utterances that a job converts at least
verbose=1                               # 2: print every command
# corpora
corpus=real                             # real: recordings; mini: small synthesised twins, made here in a minute
db_root=                                # where the corpus lies in its own layout; empty: downloads/
prepare_config=                         # YAML of what is taken of the corpus, its speakers and utterances; empty: all
extra_speakers=                         # folder with a folder of recordings for each further speaker, as the paper's two; empty: none
encoder_corpora=librispeech             # further corpora for speaker encoders and recogniser: librispeech; empty: none
librispeech_root=                       # where LibriSpeech lies; empty: downloads/
librispeech_config=                     # YAML of what is taken of it; empty: train-clean-360
num_speakers=5                          # speakers of the small set, who are converted, and to whom
utts_per_speaker="3-15"                 # utterances of each of them to train on: a count, or a range from which it is drawn
large_speakers=                         # speakers of the large set, the small one's among them; empty: 50, or 20 of mini
large_utts=0                            # utterances of each further speaker of it, at most; 0: all
unseen_speakers=                        # targets that no training has heard; empty: 5, or 4 of mini
valid_speakers=                         # by whom speaker encoders and recogniser are watched; empty: 5, or 6 of mini
hold_out=                               # prompts: sentences that many read; utterances: some of each speaker; empty: prompts, of VoxCeleb utterances
eval_utts=                              # held-out utterances of a speaker to convert and report on; empty: 8, or 6 of mini
valid_utts=                             # and to make choices on; empty: 4, or 2 of mini
eval_part="test"                        # what is converted: test, or dev (for choices)
dataset=                                # names data/ and dump/; empty: the corpus
# experiment
conf=                                   # folder with the YAMLs of all trainings; empty: conf, or conf/mini, of egs/vctk/vc1
systems=                                # converters, by their YAMLs, with phase 2 where there is a NAME_style.yaml; empty: AutoVC, CycleAutoVC, necks 16 and 64
first_set=large                         # what converters are trained on first: large, or small as in the paper's study of AutoVC
nostyle=false                           # phase 2 of cycleautovc without the style loss, too (E7)
study=                                  # a question and the systems that answer it: conf/studies/NAME.conf; empty: none
sweep=                                  # further systems, those in conf/sweep_NAME.txt: bottleneck freq neck_batch neck_lambda; several in quotes
keep_optimiser=false                    # phase 2 begins with phase 1's optimiser, too, not with its weights alone
neural=cycleautovc                      # the system whose mel spectrograms become audio by a HiFi-GAN trained here, too; empty: none
units=200                               # SentencePiece units of the recogniser, at most
units_kind=                             # unigram, bpe or char; empty: unigram, or char of mini
seed=0                                  # of everything random
seeds=                                  # seeds of the converters' training; empty: --seed
max_steps=                              # steps of each training at most; empty: as the YAMLs say
train_options=                          # of every training: --train_options="--trainer.precision fp32 …"
# scoring
against=                                # systems that others are compared with, beside unconverted and AutoVC
judges="dnsmos speaker words"           # trained judges, of the extra judges; empty: none
judged=                                 # conversions of a pair that they judge; 0: all; empty: 0, or 1 of mini
whisper=                                # folder of a Whisper model for words; empty: tiny.en, which knows English
# names
tag=                                    # names the experiment; empty: the data set
expdir=                                 # folder of the experiment; empty: exp/<tag>

help_message="Usage: $0 [--corpus mini] [--stage train] [options]"
. ../../../utils/parse_options.sh
. ../../../utils/stages.sh
. ../../../utils/recipe.sh
. local/corpus.sh
. "$RECIPE/local/options.sh"

stages="-1:download 0:data 1:features 2:train 3:infer 4:score 5:report"
needs="features:data train:features infer:features,train score:train,infer report:train,infer,score"

# What a stage makes, of what, under which options
stamp_data() { stamp "$data" data --inputs "${roots[@]}" "${choices[@]}" --options "$made_from" "${sizes[@]/ /=}"; }
stamp_features() { stamp "$dump" features --inputs "$data/.stamp/data.json" "$RECIPE/conf/features.yaml"; }
stamp_train() {
  stamp "$expdir" train --inputs "$dump/.stamp/features.json" "$expdir/train.tsv" --options "train_options=$train_options"
}
stamp_infer() {
  stamp "$expdir" infer --inputs "$expdir"/{convert.tsv,.stamp/train.json} --options "eval_part=$eval_part"
}
stamp_score() { stamp "$expdir" score --inputs "$expdir"/{scored.tsv,.stamp/infer.json} --options "${judging[@]}"; }

stage_download() { get_corpora; }

stage_data() {
  prepare_corpora
  make_sets
  read_too=("$data"/*/wav.scp)
}

stage_features() {
  extract_features.sh "$RECIPE/conf/features.yaml" "$data/all" "$dump/all" "$nj" "$job"
  feature_sets
}

list_train() { plan list --stage train --out "$expdir/train.tsv"; }
stage_train() { run_rows "$expdir/train.tsv"; }

list_infer() { plan list --stage infer --out "$expdir/convert.tsv" --listed "$expdir/scored.tsv"; }
stage_infer() { run_rows "$expdir/convert.tsv" convert; }

stage_score() {
  # shellcheck disable=SC2086 # a list
  score vc --many_speakers --source "$eval" "${references[@]}" --train "$data/known" "${models[@]}" --judges $judges \
    --judged "$judged" ${whisper:+--whisper "$whisper"}
  run tabulate --scores "$expdir/scores.csv" --expdir "$expdir" "${compared[@]}" --note "$note" --note "$(verified)" \
    --out "$expdir/RESULTS.md"
}

stage_report() {
  run report vc --expdir "$expdir" --scored "$expdir/scored.tsv" --data "$eval" "${references[@]}" \
    --scores "$expdir/scores.csv" --corpus "$title ($dataset), $eval_part" "${compared[@]}" --out "$expdir/report.html"
  plot_figures
}

run_stages "$@"; exit  # on one line, for bash reads on in a script that is edited while it runs
