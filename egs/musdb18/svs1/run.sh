#!/usr/bin/env bash
# Singing voice separation with noisy self-training (Wang, Giri, Isik, Valin, Krishnaswamy) on MUSDB18. See README.md.
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
nj=0                                    # jobs at a time in preparation, formatting, separation and scoring; 0: one for each core
train_jobs=0                            # trainings at a time; 0: one for each core, or one with --ngpu
ngpu=0                                  # GPUs of a training
train_cores=0                           # cores of a training; 0: all of this machine, shared, or with --ngpu 8 a GPU
num_nodes=1                             # machines of a training
infer_gpu=0                             # GPUs of a job that separates: 0 or 1
job_utterances=4                        # songs, or pieces of songs, that a job separates at least
verbose=1                               # 2: print every command
# corpora
corpus=real                             # real: MUSDB18-HQ, MIR-1K, ccMixter and DAMP-VSEP; mini: small synthesised twins, made here
db_root=                                # where the corpora lie, as musdb18/, mir1k/, ccmixter/; empty: they are downloaded
damp_root=                              # where DAMP-VSEP lies, which is not to be had without an agreement; empty: <db_root>/damp
mini_train=20                           # songs of mini's MUSDB18 to train on
mini_test=10                            # songs of its test set
mini_damp=16                            # performances of mini's DAMP-VSEP
mini_bleeding=true                      # … whose tracks bleed into one another
prepare_conf=                           # folder with musdb18.yaml, mir1k.yaml …: what is taken of each corpus; empty: all
labelled="musdb18 mir1k ccmixter"       # corpora with sources, to train on: some of these
stems=                                  # songs of your own: {train,valid,test}/<song>/{vocals,accompaniment}.wav; empty: none
unlabelled=damp                         # corpus of the self-training: damp; empty: none, so no students
dataset=                                # names data/ and dump/; empty: the corpus, and _dry where mini does not bleed
eval_part="test"                        # what is evaluated on: test, or dev (validation songs: for choices)
# experiment
study=                                  # a question and the systems that answer it: studies/NAME.conf beside the YAMLs; empty: none
conf=                                   # folder with the YAMLs of all phases; empty: conf, or conf/mini
teacher=teacher                         # the teacher's YAML there, without .yaml
candidates=                             # further teachers, rows of Table 1, by their YAMLs; all: those in conf/table1.txt
students="large:100 large:50 large:25 medium:100" # rows of Table 2, SIZE:PERCENT: student_SIZE.yaml, and how much of the labels
best=large:25                           # which of the students is the teacher of the next round
by_chance=                              # SIZE:PERCENT of students on so much of the labels by chance, not the best
controls="large"                        # sizes of which a teacher is trained like the student, without labels of DAMP
continued=                              # sizes with the teacher's network, of which the teacher is trained on, without labels of DAMP
iterations=1                            # rounds of self-training at most
least_gain=0.0                          # dB that validation is to gain in a round, or it is the last one; -inf: all rounds
threshold=0.5                           # ratio of the other source from which a frame is poor
seed=0                                  # of everything random
seeds=                                  # seeds of training; empty: --seed
max_steps=                              # steps of each training at most; empty: as the YAMLs say
train_options=                          # of every training: --train_options="--trainer.precision fp32 …"
# scoring
against=                                # systems that the others are compared with, beside mixture, teacher and controls
museval=fast                            # fast: SDR; full: SIR, SAR and ISR too
# names
tag=                                    # names the experiment; empty: the data set, or <data set>_<study>
expdir=                                 # folder of the experiment; empty: exp/<tag>

help_message="Usage: $0 [--corpus mini] [--stage train] [options]"
. ../../../utils/parse_options.sh
. ../../../utils/stages.sh
. ../../../utils/recipe.sh
. local/options.sh

stages="-1:download 0:data 1:format 2:train 3:infer 4:score 5:report"
needs="format:data train:format infer:format,train score:train,infer report:train,infer,score"

# What a stage makes, of what, under which options
stamp_data() { stamp "$data" data --inputs "${roots[@]}" "${choices[@]}" --options "$made_from"; }
stamp_format() { stamp "$dump" format --inputs "$data/.stamp/data.json" --options "rate=$rate"; }
stamp_train() {
  stamp "$expdir" train --inputs "$dump/.stamp/format.json" "$expdir/train_1.tsv" \
    --options "iterations=$iterations" "least_gain=$least_gain" "train_options=$train_options"
}
stamp_infer() {
  stamp "$expdir" infer --inputs "$expdir"/{separate.tsv,.stamp/train.json} --options "eval_part=$eval_part"
}
stamp_score() { stamp "$expdir" score --inputs "$expdir"/{scored.tsv,.stamp/infer.json} --options "museval=$museval"; }

stage_download() { for name in "${corpora[@]}"; do get_corpus "$name"; done; }

stage_data() {
  for name in "${corpora[@]}"; do prepare_corpus "$name"; done
  read_too=("$data"/*/{wav.scp,vocals.scp,accompaniment.scp})
}

stage_format() { for set in "${sets[@]}"; do format_set "$set"; done; }

list_train() { plan list 1 --stage train --out "$expdir/train_1.tsv"; }
stage_train() {
  local round
  for ((round = 1; round <= iterations; round++)); do
    if ((round > 1)); then plan list "$round" --stage train --out "$expdir/train_$round.tsv"; fi
    run_rows "$expdir/train_$round.tsv"
    echo "$round" >"$expdir/rounds"
    if ((round > 1)) && ! gained "$round"; then break; fi
  done
  read_too=("$expdir/rounds")
}

list_infer() { plan list "$(<"$expdir/rounds")" --stage infer --out "$expdir/separate.tsv" --listed "$expdir/scored.tsv"; }
stage_infer() { run_rows "$expdir/separate.tsv" separate; }

stage_score() {
  score svs --data "$dump" --museval "$museval" --judges
  run tabulate --scores "$expdir/scores.csv" --expdir "$expdir" "${paper[@]}" "${compared[@]}" --note "$note" \
    --out "$expdir/RESULTS.md"
}

stage_report() {
  counted
  run report svs --expdir "$expdir" --scored "$expdir/scored.tsv" --data "$dump" --scores "$expdir/scores.csv" \
    "${paper[@]}" "${compared[@]}" "${poor[@]}" --corpus "$title ($dataset), $eval_part" --out "$expdir/report.html"
}

run_stages "$@"; exit  # on one line, for bash reads on in a script that is edited while it runs
