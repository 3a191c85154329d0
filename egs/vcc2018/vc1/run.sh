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
nj=0                                    # jobs at a time in preparation, feature extraction and scoring; 0: one for each core
train_jobs=0                            # trainings at a time; 0: one for each core, or one with --ngpu
ngpu=0                                  # GPUs of a training, on each of its machines
num_nodes=1                             # machines of a training; more than one: on Slurm
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
train_options=                          # further options of training, as --data_conf.unshared true
max_steps=                              # steps of a training; empty: as train_config says, or 1500 for mini
leave_out=                              # systems that the listening test leaves out, as gan_energy in the paper's
# scoring
judges="dnsmos speaker words"           # trained judges, of the extra judges; empty: none
judged=                                 # sentences of a pair that they judge; 0: all; empty: 0, or 4 of mini
whisper=                                # folder of a Whisper model for words; empty: tiny.en, which knows English
language=                               # what is spoken where there is no utt2lang, as en
# names
tag=                                    # names the experiment; empty: the data set, or <data set>_ablation
expdir=                                 # folder of the experiment; empty: exp/<tag>

help_message="Usage: $0 [--corpus mini] [--stage train] [options]"
. ../../../utils/parse_options.sh
. ../../../utils/stages.sh
. ../../../utils/recipe.sh
. local/parts.sh

stages="-1:download 0:data 1:features 2:stats 3:train 4:infer 5:score 6:report"

# What follows from the options
case $corpus in
  real) corpus_dir=downloads/vcc2018 default_pairs=$(echo VCC2S{F4,M4}:VCC2T{F1,F2,M1,M2}) ;;
  mini) corpus_dir=$mini_dir default_pairs="VCC2SF4:VCC2TF1 VCC2SM4:VCC2TM1" max_steps=${max_steps:-1500} judged=${judged:-4} ;;
  *) echo "error: --corpus is real or mini, not '$corpus'" >&2 && exit 1 ;;
esac
dataset=${dataset:-$corpus} pairs=${pairs:-$default_pairs} db_root=${db_root:-$corpus_dir}
data=data/$dataset dump=dump/$dataset/train
made_from="db_root=$db_root"
if [[ -n $prepare_config ]]; then made_from+=", prepare_config=$prepare_config"; fi
case $eval_part in
  test) eval=$data/eval_test note="Test sentences, on which nothing was chosen." ;;
  dev) eval=$data/eval_dev note="Development sentences: for choices, not to be reported." ;;
  all) eval=$data/eval note="All evaluation sentences, those that choices are made on among them." ;;
  *) echo "error: --eval_part is test, dev or all, not '$eval_part'" >&2 && exit 1 ;;
esac
if ((eval_sentences > 0)); then eval+=_first$eval_sentences; fi
configs=$train_config
# shellcheck disable=SC2086 # a list
if [[ $ablation == true ]]; then configs=$(printf 'conf/%s.yaml ' $ablation_configs) seeds=${seeds:-0 1 2}; fi
if [[ $ablation == true ]]; then tag=${tag:-${dataset}_ablation}; fi
tag=${tag:-$dataset} seeds=${seeds:-$seed} judged=${judged:-0}
expdir=${expdir:-exp/$tag}
shared_dirs=("$data" "$dump")
job=$(job_variable "$data" "$dump" "$expdir" "$infer_config" "$f0_config" "$train_options")
infer_options=("eval=$eval" "infer_config=$infer_config" "f0_config=$f0_config")
baselines=(--baseline unconverted --baseline mean_shift --baseline mean_variance) # what the systems are compared with

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
  begin "$data" data --inputs "$db_root" ${prepare_config:+"$prepare_config"} --options "$made_from"
  begin_parts
  run prepare --corpus vcc2018 --db_root "$db_root" --dest "$data" --nj "$nj" \
    ${prepare_config:+--config "$prepare_config"}
  for set in train eval ref; do validate_data_dir.py --no-feats --no-text "$data/$set"; done
  split_eval.py "$data/eval" --db_root "$db_root" --dev "$dev_sentences" --part "$eval_part"
  if ((eval_sentences > 0)); then
    first_sentences.py "${eval%_first*}" "$eval" --count "$eval_sentences"
  fi
  begin_parts
  for set in $(parts_there); do commit "$set" data --inputs "$data/eval"; done
  commit "$data" data --inputs "$data"/{train,eval,ref}/{wav.scp,utt2dur}
}

stage_features() {
  made_by "$data" data 0 --options "$made_from"
  begin "$dump" features --inputs "$data" conf/features.yaml
  rm -rf "$dump/parts" # of a run with more jobs
  local utterances jobs
  utterances=$(wc -l <"$data/train/utt2spk")
  jobs=$((nj < utterances ? nj : utterances)) # a machine may have more cores than a small corpus has utterances
  split_data.py --per-utt "$data/train" "$jobs"
  local parts=$data/train/split${jobs}utt
  ${train_cmd} "$job=1:$jobs" "$dump/log/f0.$job.log" python3 -m audiolab.bin.extract_f0 \
    --config conf/features.yaml --data "$parts/$job" --out "$dump/parts/f0.$job"
  run join_scp "$dump"/parts/f0.*.scp --out "$dump/f0.scp"
  run speaker_f0 --config conf/features.yaml --f0 "$dump/f0.scp" --utt2spk "$data/train/utt2spk" --out "$dump/spk2f0"
  ${train_cmd} "$job=1:$jobs" "$dump/log/feats.$job.log" python3 -m audiolab.bin.extract_features \
    --config conf/features.yaml --data "$parts/$job" --spk2f0 "$dump/spk2f0" --f0 "$dump/f0.scp" \
    --out "$dump/parts/feats.$job"
  run join_scp "$dump"/parts/feats.*.scp --out "$dump/feats.scp"
  run join_scp "$dump"/parts/utt2num_frames.* --out "$dump/utt2num_frames"
  mv "$dump/parts/features.yaml" "$dump/features.yaml"
  cp "$data"/train/{utt2spk,spk2utt} "$dump"
  commit "$dump" features
}

stage_stats() {
  made_by "$dump" features 1
  begin "$dump" stats --inputs "$dump/.stamp/features.json"
  run compute_cmvn --feats "$dump/feats.scp" --utt2spk "$dump/utt2spk" --out "$dump/cmvn"
  commit "$dump" stats
}

stage_train() {
  made_by "$dump" features 1
  made_by "$dump" stats 2
  made_part
  check_sentences
  lock --exclusive "$expdir"
  plan check --parse
  plan list --stage train --out "$expdir/train.tsv"
  # shellcheck disable=SC2086 # a list
  begin "$expdir" train --inputs "$dump" "$expdir/train.tsv" $configs \
    --options "max_steps=$max_steps" "train_options=$train_options"
  local machines=()
  if ((num_nodes != 1)); then machines=(--nodes "$num_nodes"); fi
  ${cuda_cmd} --gpu "$ngpu" "${machines[@]}" --max-jobs-run "$train_jobs" \
    "$job=1:$(($(wc -l <"$expdir/train.tsv") - 1))" "$expdir/log/train.$job.log" \
    python3 -m audiolab.bin.plan run "$expdir/train.tsv" "$job" -- --ngpu "$ngpu" --num_nodes "$num_nodes"
  commit "$expdir" train
}

stage_infer() {
  made_part
  made_by "$expdir" train 3 --options "max_steps=$max_steps" "train_options=$train_options"
  check_sentences
  plan list --stage infer --out "$expdir/convert.tsv" --listed "$expdir/scored.tsv"
  begin "$expdir" infer --inputs "$expdir/convert.tsv" "$expdir/.stamp/train.json" "$infer_config" \
    ${f0_config:+"$f0_config"} "$data" "$eval" --options "${infer_options[@]}"
  run_rows "$expdir/convert.tsv" "$expdir/log/convert.$job.log"
  commit "$expdir" infer
}

stage_score() {
  made_by "$expdir" train 3 --options "max_steps=$max_steps" "train_options=$train_options"
  made_by "$expdir" infer 4 --options "${infer_options[@]}"
  begin "$expdir" score --inputs "$expdir/scored.tsv" "$expdir/.stamp/infer.json"
  # shellcheck disable=SC2086 # a list
  run score vc --runs "$expdir/scored.tsv" --source "$eval" --reference "$data/ref" --train "$data/train" \
    --judges $judges --judged "$judged" ${whisper:+--whisper "$whisper"} --language "$language" --nj "$nj" \
    --out "$expdir/scores.csv"
  run tabulate --scores "$expdir/scores.csv" --expdir "$expdir" --paper local/table1.tsv --note "$note" "${baselines[@]}" \
    --out "$expdir/RESULTS.md"
  commit "$expdir" score
}

stage_report() {
  made_by "$expdir" train 3 --options "max_steps=$max_steps" "train_options=$train_options"
  made_by "$expdir" infer 4 --options "${infer_options[@]}"
  made_by "$expdir" score 5
  run report vc --expdir "$expdir" --scored "$expdir/scored.tsv" --data "$eval" --reference "$data/ref" \
    --scores "$expdir/scores.csv" --corpus "VCC2018 ($dataset), $eval_part" --paper local/table1.tsv "${baselines[@]}" \
    --out "$expdir/report.html"
  if [[ $ablation == true ]]; then
    run plot_runs --expdir "$expdir" --scored "$expdir/scored.tsv" --values d_real d_converted d_source \
      --out "$expdir/discriminators.png"
  fi
  # shellcheck disable=SC2086 # a list
  local/publish.py "$expdir" --data "$eval" --reference "$data/ref" --seed "$seed" --leave_out $leave_out
}

run_stages "$@"; exit  # on one line, for bash reads on in a script that is edited while it runs
