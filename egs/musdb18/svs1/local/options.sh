# shellcheck shell=bash disable=SC2154,SC2034 # its variables are run.sh's
# Sourced by run.sh: what follows from its options, and what is made by local/phases.yaml.

rate=16000 dry=""
case $corpus in
  real) corpus_dir=downloads conf=${conf:-conf} title="MUSDB18" scale="" ;;
  mini) corpus_dir=$mini_dir conf=${conf:-conf/mini} title="a synthesised twin of MUSDB18"
    scale=" Synthesised songs and small networks: rows of the paper's tables have its names, not its sizes." ;;
  *) echo "error: --corpus is real or mini, not '$corpus'" >&2 && exit 1 ;;
esac
if [[ $corpus == mini && $mini_bleeding == false ]]; then dry=_dry; fi
take_study "$conf"
case $eval_part in
  test) note="Test songs, on which nothing was chosen.$scale" paper=(--paper local/tables.tsv) ;;
  dev) note="Validation songs: for choices, not to be reported.$scale" paper=() ;;
  *) echo "error: --eval_part is test or dev, not '$eval_part'" >&2 && exit 1 ;;
esac
note+=$(asked "$conf")
at_least 1 iterations num_nodes mini_train mini_test mini_damp
values_are 'fast|full' "fast or full" museval
values_are '([a-z0-9_]+:[0-9]+ ?)*' "SIZE:PERCENT, as large:25" students by_chance
values_are '-?[0-9]+(\.[0-9]+)?|-inf' "a number of dB, or -inf" least_gain
values_are '((musdb18|mir1k|ccmixter) ?)*' "some of musdb18, mir1k and ccmixter" labelled
values_are 'damp|' 'damp, or nothing: --unlabelled ""' unlabelled
values_are '([0-9]+ ?)*' "whole numbers, not negative" seeds
if [[ -n $unlabelled && -z ${students// /} ]]; then
  echo "error: --students is empty: name some, as large:25, or leave DAMP out, by --unlabelled \"\"" >&2 && exit 1
fi
if [[ -z $unlabelled ]] && ((iterations > 1)); then
  echo "error: --iterations $iterations: rounds of self-training need --unlabelled damp" >&2 && exit 1
elif ((iterations > 1)) && [[ " $students " != *" $best "* ]]; then
  echo "error: --best $best is none of --students '$students': name the one that teaches the next round" >&2 && exit 1
fi
for name in db_root damp_root stems prepare_conf; do
  if [[ -n ${!name} && ! -d ${!name} ]]; then echo "error: --$name ${!name}: there is no such folder" >&2 && exit 1; fi
done
for name in "$prepare_conf"/*; do
  case ${prepare_conf:+${name#"$prepare_conf/"}} in
    '' | musdb18.yaml | mir1k.yaml | ccmixter.yaml | damp.yaml | stems.yaml) ;;
    *) echo "error: --prepare_conf $name: it is to hold musdb18.yaml, mir1k.yaml, ccmixter.yaml, damp.yaml, stems.yaml," \
      "or some of them" >&2 && exit 1 ;;
  esac
done
dataset=${dataset:-$corpus$dry} db_root=${db_root:-$corpus_dir} seeds=${seeds:-$seed} tag=${tag:-$dataset${study:+_$study}}
damp_root=${damp_root:-$db_root/damp$dry}
if [[ -n $max_steps ]]; then train_options="--trainer.max_steps $max_steps $train_options"; fi
expdir=${expdir:-exp/$tag} data=data/$dataset dump=dump/$dataset
shared_dirs=("$data" "$dump")
job=$(job_variable "$data" "$dump" "$expdir" "$train_options" "$conf")
if [[ -z $unlabelled ]]; then # there is nothing that they could have more or less of
  students="" by_chance="" controls="" continued=""
fi
if [[ $candidates == all ]]; then
  candidates=$(tr '\n' ' ' <"$conf/table1.txt")
  if [[ -z $unlabelled ]]; then candidates=$(grep -v '_damp$' "$conf/table1.txt" | tr '\n' ' '); fi
elif [[ -z $unlabelled && "$candidates " == *"_damp "* ]]; then
  echo "error: --candidates '$candidates': those that end in _damp need --unlabelled damp" >&2 && exit 1
fi
compared=(--baseline mixture --baseline teacher) # what others are compared with, by song
for each in $controls; do compared+=(--baseline "control_$each"); done
for each in $continued; do compared+=(--baseline "continued_$each"); done
for each in $by_chance; do compared+=(--baseline "drawn_${each/:/_}_1"); done
for each in $against; do compared+=(--baseline "$each"); done
for each in $students; do # those on all labels, with those of their size on some of them: what choosing gains
  if [[ $each == *:100 && " ${students/$each/}" == *" ${each%:*}:"* ]]; then
    compared+=(--baseline "student_${each/:/_}_1")
  fi
done

# root_of CORPUS: prints where it lies
root_of() {
  case $1 in
    damp) echo "$damp_root" ;;
    stems) echo "$stems" ;;
    *) echo "$db_root/$1" ;;
  esac
}

read -r -a corpora <<<"musdb18 ${labelled//musdb18/} $unlabelled ${stems:+stems}"
roots=() choices=() made_from="db_root=$db_root, damp_root=$damp_root, stems=$stems"
for name in "${corpora[@]}"; do
  roots+=("$(root_of "$name")")
  if [[ -f $prepare_conf/$name.yaml ]]; then choices+=("$prepare_conf/$name.yaml"); fi
done
if [[ -n $prepare_conf ]]; then made_from+=", prepare_conf=$prepare_conf"; fi

labelled_sets=() valid_sets=("$dump/musdb18_valid") test_sets=(musdb18_test) # 16 kHz, mono
for name in $labelled; do labelled_sets+=("$dump/${name}_train"); done
if [[ -n $stems && -d $stems/train ]]; then labelled_sets+=("$dump/stems_train"); fi
if [[ -n $stems && -d $stems/valid ]]; then valid_sets+=("$dump/stems_valid"); fi
if [[ -n $stems && -d $stems/test ]]; then test_sets+=(stems_test); fi
if ((${#labelled_sets[@]} == 0)); then
  echo "error: --labelled is empty, and --stems has no folder train: name something to train on" >&2 && exit 1
fi
sets=("${labelled_sets[@]#"$dump/"}" "${valid_sets[@]#"$dump/"}" "${test_sets[@]}")
for name in $unlabelled; do sets+=("${name}_train"); done
eval_sets=${test_sets[*]}
if [[ $eval_part == dev ]]; then eval_sets=${valid_sets[*]#"$dump/"}; fi

check_options() {
  local parse=()
  if [[ $corpus == real && -n $unlabelled && ! -d $damp_root ]] && { will_run download || will_run data; }; then
    echo "error: DAMP-VSEP is not in $damp_root; it is given to those who sign an agreement (README.md, Data):" \
      "say by --damp_root where it lies, or train the teacher only, by --unlabelled \"\"" >&2 && exit 1
  fi
  if [[ ! -f $expdir/.stamp/train.json ]]; then parse=(--parse); fi # else a training says it soon enough
  plan check 1 "${parse[@]}"
}

# plan CALL ROUNDS [OPTION …]: audiolab.bin.plan, with what the options of run.sh ask for, in so many rounds
plan() {
  local make=(separated_baseline separated_teacher) axes=("seed=$seeds" "set=$eval_sets" baseline=all)
  local with_damp=() without=() each
  for each in $candidates; do if [[ $each == *_damp ]]; then with_damp+=("$each"); else without+=("$each"); fi; done
  if ((${#without[@]} > 0)); then make+=(separated_candidate) axes+=("candidate=${without[*]}"); fi
  if ((${#with_damp[@]} > 0)); then make+=(separated_candidate_damp) axes+=("candidate_damp=${with_damp[*]}"); fi
  if [[ -n $controls ]]; then make+=(separated_control) axes+=("control=$controls"); fi
  if [[ -n $continued ]]; then make+=(separated_continued) axes+=("continued=$continued"); fi
  if [[ -n $by_chance ]]; then make+=(separated_drawn) axes+=("drawn_size:drawn_percent=$by_chance"); fi
  if [[ -n $unlabelled ]]; then
    make+=(separated_student counted poor_tracks poor_labelled)
    axes+=("round=$(seq -s ' ' "$2")" "size:percent=$students" "top=$(tops)")
  fi
  run plan "$1" local/phases.yaml --make "${make[@]}" \
    --set "exp=$expdir" "conf=$conf" "dump=$dump" "labelled=${labelled_sets[*]}" "valid=${valid_sets[*]}" \
    "unlabelled=$dump/${unlabelled}_train" \
    "teacher_conf=$conf/$teacher.yaml" "best=$best" "threshold=$threshold" "train_options=$train_options" \
    "nj=$nj" "job_utterances=$job_utterances" --axes "${axes[@]}" "${@:3}"
}

# tops: prints how much of the labels students take, in percent
# shellcheck disable=SC2086 # a list
tops() { printf '%s\n' $students $by_chance | sed 's/.*://' | sort -nu | paste -sd ' '; }

# get_corpus NAME: downloads or synthesises a corpus
get_corpus() {
  local root sizes=()
  root=$(root_of "$1")
  case $1 in
    musdb18) sizes=(--train "$mini_train" --test "$mini_test") ;;
    damp) sizes=(--performances "$mini_damp" ${dry:+--bleeding false}) ;;
  esac
  if [[ $corpus == mini && ($root == "$corpus_dir/$1" || $root == "$corpus_dir/$1$dry") ]]; then
    run make_mini --corpus "$1" --dest "$root" --seed "$seed" --nj "$nj" "${sizes[@]}"
  elif [[ $root != "$corpus_dir/$1" ]]; then
    if [[ ! -d $root ]]; then echo "error: $root: there is no such folder; --db_root says where it lies" >&2 && exit 1; fi
    echo "using $root"
  else
    run download --corpus "$1" --dest downloads
  fi
}

# prepare_corpus NAME: makes its data dirs
prepare_corpus() {
  local taken=()
  if [[ -f $prepare_conf/$1.yaml ]]; then taken=(--config "$prepare_conf/$1.yaml"); fi
  run prepare --corpus "$1" --db_root "$(root_of "$1")" --dest "$data" --nj "$nj" "${taken[@]}"
}

# format_set SET: copies what is not at the rate and mono
format_set() {
  local jobs form
  jobs=$(wc -l <"$data/$1/utt2spk")
  jobs=$((nj < jobs ? nj : jobs)) # each has a piece at least
  form=(--data "$data/$1" --out "$dump/$1" --rate "$rate" --channels mix --subtype FLOAT --nj "$jobs")
  ${train_cmd:?is set by cmd.sh} "$job=1:$jobs" "$dump/log/format_$1.$job.log" \
    python3 -m audiolab.bin.format_wav "${form[@]}" --job "$job"
  if ((jobs > 1)); then run format_wav "${form[@]}" --join; fi
}

# gained ROUND: whether the best student's validation gained something in this round
gained() {
  local name=student_${best/:/_} before=() after=() each status=0
  for each in $seeds; do
    before+=("$expdir/${name}_$(($1 - 1))_s$each") after+=("$expdir/${name}_$1_s$each")
  done
  run compare_runs --before "${before[@]}" --after "${after[@]}" --least="$least_gain" || status=$?
  if ((status != 0 && status != 3)); then exit "$status"; fi
  return "$status"
}

# counted: sets the report's option of what poor frames were counted of (Figure 2), by the first seed's detectors
counted() {
  local first=${seeds%% *} round
  poor=()
  if [[ -z $unlabelled ]]; then return; fi
  poor=(--poor "DAMP=$expdir/poor_tracks_s$first")
  for round in $(seq "$(<"$expdir/rounds")"); do poor+=("labels $round=$expdir/poor_labels_${round}_s$first"); done
  poor+=("MUSDB18=$expdir/poor_labelled_s$first")
}
