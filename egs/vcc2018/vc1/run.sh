#!/usr/bin/env bash
# SoftGAN: CycleGAN voice conversion with soft labels (Ferro, Obin, Roebel) on VCC2018. See README.md.
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
nj=0                                    # jobs at a time in preparation, features, conversion and scoring; 0: one for each core
train_jobs=0                            # trainings at a time; 0: one for each core, or one with --ngpu
ngpu=0                                  # GPUs of a training, on each of its machines
train_cores=0                           # cores of a training; 0: all of this machine, shared, or with --ngpu 8 a GPU
num_nodes=1                             # machines of a training; more than one: on Slurm
infer_gpu=0                             # GPUs of a job that converts: 0 or 1
job_utterances=100                      # utterances that a job converts at least; a data dir of fewer is not split
verbose=1                               # 2: print every command
# corpus
corpus=real                             # real: VCC2018; mini: a small synthesised twin, made here in a minute
db_root=                                # where a corpus in the layout of VCC2018 lies; empty: downloads/
prepare_config=                         # YAML of what is taken of the corpus, its speakers and sentences; empty: all
mini_train=24                           # sentences of a speaker of mini to train on
mini_eval=8                             # to convert and report on
mini_dev=4                              # and to make choices on
eval_part="test"                        # evaluation sentences that are converted: test, dev (for choices) or all
dev_sentences=                          # the last so many are dev; empty: those that the corpus lists, or 10
eval_sentences=0                        # of that part only the first so many over 2 s (the paper: 5); 0: all
dataset=                                # names data/ and dump/; empty: the corpus
pairs=                                  # SOURCE:TARGET …; empty: the eight of the paper, or two of mini
both_ways=false                         # convert the targets to the sources too, which the same training gives
# experiment
train_config=conf/softgan_energy.yaml   # the system that is trained
infer_config=conf/convert.yaml          # how audio is converted
f0_config=conf/convert_f0.yaml          # the same with F0 moved: a further row of --train_config, <config>+F0; empty: none
ablation=false                          # all systems of Table 1 and what separates their knobs, over --seeds
ablation_configs="softgan_energy softgan_noenergy gan_energy_bottleneck gan_energy lsgan_energy_anchors softgan_energy_noanchors" # of conf/
seed=0                                  # of everything random
seeds=                                  # seeds of training; empty: --seed, or 0 1 2 with --ablation
study=                                  # a question and the systems that answer it: conf/studies/NAME.conf; empty: none
train_options=                          # further options of training, as --data_conf.unshared true
max_steps=                              # steps of a training; empty: --real_steps or --mini_steps
real_steps=                             # … of VCC2018; empty: as the YAML says
mini_steps=1500                         # … of mini
leave_out=                              # systems that the listening test leaves out, as gan_energy in the paper's
# scoring
against=                                # systems that the others are compared with, beside the three baselines
judges="dnsmos speaker words"           # trained judges, of the extra judges; empty: none
judged=                                 # sentences of a pair that they judge; 0: all; empty: 0, or 4 of mini
whisper=                                # folder of a Whisper model for words; empty: tiny.en, which knows English
encoder=                                # trainings of speaker encoders (ge2e) that judge similarity, too; empty: none
language=                               # what is spoken where there is no utt2lang, as en
# names
tag=                                    # names the experiment; empty: the data set, or <data set>_ablation, or <data set>_<study>
expdir=                                 # folder of the experiment; empty: exp/<tag>

help_message="Usage: $0 [--corpus mini] [--stage train] [options]"
. ../../../utils/parse_options.sh
. ../../../utils/stages.sh
. ../../../utils/recipe.sh
. local/options.sh

stages="-1:download 0:data 1:features 2:stats 3:train 4:infer 5:score 6:report"
needs="features:data stats:features train:features,stats,part infer:part,train score:train,infer report:train,infer,score"

# What a stage makes, of what, under which options
stamp_data() { stamp "$data" data --inputs "$db_root" ${prepare_config:+"$prepare_config"} --options "$made_from"; }
stamp_features() { stamp "$dump" features --inputs "$data" conf/features.yaml; }
stamp_stats() { stamp "$dump" stats --inputs "$dump/.stamp/features.json"; }
# shellcheck disable=SC2086 # a list
stamp_train() {
  stamp "$expdir" train --inputs "$dump" "$expdir/train.tsv" $configs \
    --options "max_steps=$max_steps" "train_options=$train_options"
}
stamp_infer() {
  stamp "$expdir" infer --inputs "$expdir/convert.tsv" "$expdir/.stamp/train.json" "$data" "$eval" "$infer_config" \
    ${f0_config:+"$f0_config"} --options "eval=$eval" "infer_config=$infer_config" "f0_config=$f0_config"
}
stamp_score() { stamp "$expdir" score --inputs "$expdir"/{scored.tsv,.stamp/infer.json} --options "${judging[@]}"; }
stamp_part() { # of the evaluation sentences, which stage 0 makes too
  if [[ $eval != "$data/eval" ]]; then stamp "$eval" data --options "dev_sentences=$dev_sentences"; fi
}

stage_download() {
  if [[ $db_root != "$corpus_dir" ]]; then
    echo "using $db_root"
  elif [[ $corpus == mini ]]; then
    run make_mini --corpus vcc2018 --dest "$db_root" --seed "$seed" --nj "$nj" \
      --train_sentences "$mini_train" --eval_sentences "$mini_eval" --dev_sentences "$mini_dev"
  else
    run download --corpus vcc2018 --dest downloads
  fi
}

stage_data() {
  run prepare --corpus vcc2018 --db_root "$db_root" --dest "$data" --nj "$nj" ${prepare_config:+--config "$prepare_config"}
  for set in train eval ref; do validate_data_dir.py --no-feats --no-text "$data/$set"; done
  split_eval.py "$data/eval" --db_root "$db_root" --dev "$dev_sentences" --part "$eval_part"
  if ((eval_sentences > 0)); then first_sentences.py "${eval%_first*}" "$eval" --count "$eval_sentences"; fi
  for set in "$data"/eval_{dev,test} "$eval"; do
    if [[ -d $set && $set != "$data/eval" ]]; then
      run stamp write "$set" data --inputs "$data/eval" --options "dev_sentences=$dev_sentences"
    fi
  done
  read_too=("$data"/{train,eval,ref}/{wav.scp,utt2dur})
}

stage_features() { extract_features.sh --f0 conf/features.yaml "$data/train" "$dump" "$nj" "$job"; }

stage_stats() { run compute_cmvn --feats "$dump/feats.scp" --utt2spk "$dump/utt2spk" --out "$dump/cmvn"; }

list_train() {
  plan check --parse
  plan list --stage train --out "$expdir/train.tsv"
}
stage_train() { run_rows "$expdir/train.tsv"; }

list_infer() { plan list --stage infer --out "$expdir/convert.tsv" --listed "$expdir/scored.tsv"; }
stage_infer() { run_rows "$expdir/convert.tsv" convert; }

stage_score() {
  # shellcheck disable=SC2086 # a list
  score vc --source "$eval" --reference "$data/ref" --train "$data/train" --judges $judges --judged "$judged" \
    ${whisper:+--whisper "$whisper"} --language "$language" ${encoder:+--encoder $encoder}
  run tabulate --scores "$expdir/scores.csv" --expdir "$expdir" --paper local/table1.tsv --note "$note" "${baselines[@]}" \
    --out "$expdir/RESULTS.md"
}

stage_report() {
  run report vc --expdir "$expdir" --scored "$expdir/scored.tsv" --data "$eval" --reference "$data/ref" \
    --scores "$expdir/scores.csv" --corpus "$title ($dataset), $eval_part" --paper local/table1.tsv "${baselines[@]}" \
    --out "$expdir/report.html"
  if [[ $ablation == true ]]; then
    run plot_runs --expdir "$expdir" --scored "$expdir/scored.tsv" --values d_real d_converted d_source \
      --out "$expdir/discriminators.png"
  fi
  run pack --listed "$expdir/scored.tsv" --verb convert
  # shellcheck disable=SC2086 # a list
  run listening_test make --scored "$expdir/scored.tsv" --data "$eval" --reference "$data/ref" --seed "$seed" \
    --leave_out $leave_out --out "$expdir/listening.html" --key "$expdir/listening_key.csv"
}

run_stages "$@"; exit  # on one line, for bash reads on in a script that is edited while it runs
