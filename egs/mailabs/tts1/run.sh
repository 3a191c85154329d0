#!/usr/bin/env bash
# MLMS, a multi-language multi-speaker LSTM synthesiser (Li, Zen), on M-AILABS and a Portuguese corpus. See README.md.
if [ -z "${BASH_VERSION:-}" ] || [ -o posix ]; then unset POSIXLY_CORRECT && exec bash "$0" "$@"; fi # run by sh
set -euo pipefail
unset CDPATH # or cd may go elsewhere, and prints where
cd "$(dirname "${BASH_SOURCE[0]}")"

# stages
stage=download                     # first stage, by name or number
stop_stage=report                  # last stage
list=false                         # list the stages and leave
dry_run=false                      # show what would run and leave
# machines
nj=0                               # jobs at a time in preparation, features, alignment, synthesis and scoring; 0: one for each core
train_jobs=0                       # trainings at a time; 0: one for each core, or one with --ngpu
ngpu=0                             # GPUs of a training
train_cores=0                      # cores of a training; 0: all of this machine, shared, or with --ngpu 8 a GPU
num_nodes=1                        # machines of a training
infer_gpu=0                        # GPUs of a job that synthesises: 0 or 1
job_utterances=20                  # utterances that a job synthesises at least
verbose=1                          # 2: print every command
# corpora
corpus=real                        # real: recordings; mini: small synthesised twins, made here in some minutes
db_root=                           # where M-AILABS lies in its own layout; empty: downloads/
prepare_config=                    # YAML of what is taken of it; empty: local/mailabs.yaml, of mini local/mini/mailabs.yaml
portuguese=                        # corpus of Brazilian Portuguese: ttsportuguese or cmltts; empty: ttsportuguese, of mini cmltts
portuguese_root=                   # where that lies; empty: downloads/
portuguese_config=                 # YAML of what is taken of it; empty: that in local/, of mini in local/mini/
adapted="pl pt-br"                 # languages that are adapted to; all others are trained together
mini_sentences=60                  # of mini, of each voice that is trained on with others; 12 of them are kept out
mini_adaptation_sentences=28       # of mini, of each voice of a language that is adapted to
dataset=                           # names data/ and dump/; empty: the corpus, with mini's numbers of sentences where they are others
# text and features
features=conf/features_16k.yaml     # YAML of the vocoder's parameters; conf/features.yaml has the paper's rate, which M-AILABS lacks
front_end=phones                   # what texts are made of: phones of espeak-ng, or units of SentencePiece
units=200                          # of these, at most
phones=by_language                 # columns of phones: by_language, each its own as in the paper; or shared, one for each symbol
neighbours=2                       # phones on each side whose identity has columns, 0 to 2
align_options=                     # further options of audiolab.bin.align, as --align_options="--model.states 5"
# experiment
study=                             # a question and the systems that answer it: conf/studies/NAME.conf; empty: none
conf=                              # folder with the YAMLs of all trainings; empty: conf, or conf/mini
systems="mlms_rand mlms_onehot mlms_fixed" # multi-language systems, by their YAMLs
begun=mlms_rand                    # the one of them that is adapted
versions="v1 v2 v3 v4"             # of adaptation; empty: none
amounts=                           # utterances of a new language to train on, several in quotes; 0 and empty: all
baselines=true                     # a model of each language that is trained with others, alone
men=false                          # baselines and scores of men, too, not of the women alone as in the paper
postfilter=1.4                     # weight of the mel-cepstrum from its third coefficient on; 1: no post-filter
eval_part="test"                   # what is synthesised and scored: test, or dev as in the paper's figures, and for choices
seed=0                             # of everything random, the mini corpora too
seeds=                             # seeds of the trainings; empty: --seed
max_steps=                         # steps of each training at most; empty: as the YAMLs say
few_options=                       # of those on a new language, before these: --few_options="--trainer.max_steps 400"
train_options=                     # of every training: --train_options="--trainer.precision fp32 …"
# scoring
judges=                            # trained judges, of the extra judges: dnsmos words; empty: none
judged=0                           # utterances of a voice that they judge; 0: all
whisper=                           # folder of a Whisper model for words; empty: tiny.en, which knows English
# names
tag=                               # names the experiment; empty: the data set
expdir=                            # folder of the experiment; empty: exp/<tag>

help_message="Usage: $0 [--corpus mini] [--stage train] [options]"
. ../../../utils/parse_options.sh
. ../../../utils/stages.sh
. ../../../utils/recipe.sh
. local/options.sh
. local/tables.sh

stages="-1:download 0:data 1:features 2:text 3:align 4:stats 5:train 6:infer 7:score 8:report"
needs="features:data text:data align:features,text stats:features train:align,stats infer:train score:train,infer report:train,infer,score"

# What a stage makes, of what, under which options
stamp_data() {
  stamp "$data" data --inputs "$db_root" "$portuguese_root" "$prepare_config" "$portuguese_config" \
    --options "db_root=$db_root" "portuguese_root=$portuguese_root"
}
stamp_features() { stamp "$dump" features --inputs "$data/.stamp/data.json" "$features"; }
stamp_text() { stamp "$data/lang" text --inputs "$data/.stamp/data.json" --options "${front[@]}"; }
stamp_align() {
  stamp "$labels" align --inputs "$dump/.stamp/features.json" "$data/lang/.stamp/text.json" \
    --options "align_options=$align_options"
}
stamp_stats() { stamp "$dump/pool" stats --inputs "$dump/.stamp/features.json" --options "adapted=$adapted"; }
stamp_train() {
  stamp "$expdir" train --inputs "$labels/.stamp/align.json" "$dump/pool/.stamp/stats.json" "$expdir/train.tsv" \
    --options "train_options=$train_options"
}
stamp_infer() {
  stamp "$expdir" infer --inputs "$expdir"/{synthesise.tsv,.stamp/train.json} --options "eval_part=$eval_part"
}
stamp_score() { stamp "$expdir" score --inputs "$expdir"/{scored.tsv,.stamp/infer.json} --options "${judging[@]}"; }

stage_download() {
  get_corpus mailabs "$db_root" "${mini_mailabs[@]}"
  get_corpus "$portuguese" "$portuguese_root" "${mini_portuguese[@]}"
}

stage_data() {
  run prepare --corpus mailabs --db_root "$db_root" --dest "$data" --nj "$nj" --config "$prepare_config"
  run prepare --corpus "$portuguese" --db_root "$portuguese_root" --dest "$data" --nj "$nj" --config "$portuguese_config"
  for set in $sets; do combine_data.py "$data/$set" "$data/mailabs_$set" "$data/${portuguese}_$set"; done
  read_too=("$data"/{mailabs,"$portuguese"}_*/wav.scp)
}

stage_features() {
  for set in $sets; do extract_features.sh --f0 "$features" "$data/$set" "$dump/$set" "$nj" "$job"; done
}

stage_text() {
  if [[ $front_end == units ]]; then
    run train_units --text "$data/train/text" --size "$units" --out "$data/lang/units.model"
  fi
  for set in $sets; do
    run analyse_text --data "$data/$set" --nj "$nj" --front_end "$front_end" "${units_model[@]}"
  done
  run linguistic_set --data "${all[@]}" --out "$data/lang/linguistic.tsv" --phones "$phones" --neighbours "$neighbours"
}

stage_align() {
  # shellcheck disable=SC2086 # a list
  run align --data "$data/train" --out "$ali/train" --nj "$nj" --leave_out_short $align_options
  for set in dev test; do
    run align --data "$data/$set" --out "$ali/$set" --nj "$nj" --leave_out_short --model "$ali/train/model.npz"
  done
  for set in $sets; do
    run label_vectors --data "$data/$set" --ctm "$ali/$set/ctm" --set "$data/lang/linguistic.tsv" \
      --frames "$dump/$set/utt2num_frames" --out "$labels/$set"
  done
  score_alignment
}

stage_stats() {
  languages_are_there
  part_of "$dump/train" "$dump/pool" "$(languages pool)"
  run compute_cmvn --feats "$dump/pool/feats.scp" --utt2spk "$dump/pool/utt2spk" --out "$dump/pool/cmvn"
}

list_train() { plan list --stage train --out "$expdir/train.tsv"; }
stage_train() { run_rows "$expdir/train.tsv"; }

list_infer() { plan list --stage infer --out "$expdir/synthesise.tsv" --listed "$expdir/scored.tsv"; }
stage_infer() { run_rows "$expdir/synthesise.tsv" synthesise; }

stage_score() {
  # shellcheck disable=SC2086 # a list
  score tts --data "$data/$eval_part" --features "$dump/$eval_part" --statistics "$dump/pool/cmvn.scp" --judges $judges \
    --judged "$judged" ${whisper:+--whisper "$whisper"}
  further_tables >"$expdir/further.md"
  run tabulate --scores "$expdir/scores.csv" --expdir "$expdir" --paper local/figures.tsv "${compared[@]}" \
    --note "$note" --further "$expdir/further.md" --out "$expdir/RESULTS.md"
}

stage_report() {
  run report tts --expdir "$expdir" --scored "$expdir/scored.tsv" --data "$data/$eval_part" --features "$dump/$eval_part" \
    --scores "$expdir/scores.csv" --corpus "$title ($dataset), $eval_part" --paper local/figures.tsv --sets "${counted[@]}" \
    --pictures "$expdir/pictures" "${compared[@]}" --out "$expdir/report.html"
  if ((${#pairs[@]} == 0)); then return; fi
  run preference_test make --scored "$expdir/scored.tsv" --compare "${pairs[@]}" --seed "$seed" --out "$expdir/preference" \
    --key "$expdir/preference_key.csv"
}

run_stages "$@"; exit  # on one line, for bash reads on in a script that is edited while it runs
