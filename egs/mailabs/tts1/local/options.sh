# shellcheck shell=bash disable=SC2154,SC2034 # its variables are run.sh's
# Sourced by run.sh: what follows from its options, and what is made by local/phases.yaml.

case $corpus in
  real) corpus_dir=downloads conf=${conf:-conf} kept=local title="M-AILABS and a corpus of Brazilian Portuguese" scale=""
    portuguese=${portuguese:-ttsportuguese} ;;
  mini) corpus_dir=$mini_dir conf=${conf:-conf/mini} kept=local/mini title="synthesised twins of M-AILABS and others"
    scale=" Synthesised voices and small networks." portuguese=${portuguese:-cmltts} ;;
  *) echo "error: --corpus is real or mini, not '$corpus'" >&2 && exit 1 ;;
esac
take_study "$conf"
case $eval_part in
  test) note="Test sentences, on which nothing was chosen, with the durations of the recordings.$scale" ;;
  dev) note="Development sentences, by which trainings were watched, with the durations of the recordings.$scale" ;;
  *) echo "error: --eval_part is test or dev, not '$eval_part'" >&2 && exit 1 ;;
esac
values_are 'ttsportuguese|cmltts' "ttsportuguese or cmltts" portuguese
values_are 'phones|units' "phones or units" front_end
values_are 'by_language|shared' "by_language or shared" phones
values_are '[012]' "0, 1 or 2" neighbours
values_are '([a-z-]+ ?)*' "codes of languages, as pl and pt-br" adapted
values_are '([a-z0-9_.]+ ?)+' "names of YAMLs in $conf, without .yaml" systems
values_are '(v[1-4] ?)*' "some of v1, v2, v3 and v4" versions
values_are '([0-9]+ ?)*' "whole numbers, not negative" seeds
values_are '[0-9]+([.][0-9]+)?' "a number, as 1.4" postfilter
amounts=${amounts:-0}
values_are '([0-9]+ ?)+' "whole numbers, not negative" amounts
at_least 1 num_nodes job_utterances units mini_sentences mini_adaptation_sentences
note+=$(asked "$conf")
if [[ " $systems " != *" $begun "* ]]; then
  echo "error: --begun $begun is none of --systems '$systems': name one of them" >&2 && exit 1
fi
if [[ -z $adapted ]]; then versions=""; fi
sized=$corpus
if [[ $corpus == mini && "$mini_sentences $mini_adaptation_sentences" != "60 28" ]]; then
  sized+=_${mini_sentences}_$mini_adaptation_sentences corpus_dir+=_${mini_sentences}_$mini_adaptation_sentences
fi
dataset=${dataset:-$sized} seeds=${seeds:-$seed} tag=${tag:-$dataset${study:+_$study}} sets="train dev test"
expdir=${expdir:-exp/$tag} data=data/$dataset dump=dump/$dataset
ali=$dump/align labels=$dump/labels all=("$data"/{train,dev,test})
db_root=${db_root:-$corpus_dir/mailabs} portuguese_root=${portuguese_root:-$corpus_dir/$portuguese}
prepare_config=${prepare_config:-$kept/mailabs.yaml} portuguese_config=${portuguese_config:-$kept/$portuguese.yaml}
for each in prepare_config portuguese_config features; do
  if [[ ! -f ${!each} ]]; then echo "error: --$each ${!each}: there is no such file" >&2 && exit 1; fi
done
if [[ -n $max_steps ]]; then train_options="--trainer.max_steps $max_steps $train_options"; fi
shared_dirs=("$data" "$dump")
job=$(job_variable "$data" "$dump" "$expdir" "$few_options" "$train_options" "$conf" "$whisper")

mini_mailabs=(--sentences "$mini_sentences" --adaptation_sentences "$mini_adaptation_sentences")
mini_portuguese=(--sentences "$mini_adaptation_sentences")
front=("front_end=$front_end" "phones=$phones" "neighbours=$neighbours") units_model=()
if [[ $front_end == units ]]; then front+=("units=$units") units_model=(--units "$data/lang/units.model"); fi
judging=("judges=$judges" "judged=$judged" "whisper=$whisper")
counted=("training=$data/train" "development=$data/dev" "test=$data/test")
compared=() pairs=() # what others are compared with; Tables 2 and 3, for listeners
if [[ $baselines == true ]] || [[ -n $versions && " $amounts " == *" 0 "* ]]; then compared+=(--baseline baseline); fi
if [[ $baselines == true ]]; then pairs+=("baseline:$begun"); else compared+=(--baseline "$begun"); fi
for each in $amounts; do
  if [[ $each != 0 && -n $versions ]]; then compared+=(--baseline "baseline_$each"); fi
done
if [[ " $amounts " == *" 0 "* ]]; then
  for each in v2 v3; do if [[ " $versions " == *" $each "* ]]; then pairs+=("baseline:$each"); fi; done
  if [[ " $versions " == *" v2 "* && " $versions " == *" v3 "* ]]; then pairs+=(v2:v3); fi
fi

check_options() {
  local parse=()
  if [[ ! -f $expdir/.stamp/train.json ]]; then parse=(--parse); fi # else a training says it soon enough
  plan check "${parse[@]}"
}

# plan CALL [OPTION …]: audiolab.bin.plan, with what the options of run.sh ask for; of speakers, when the data are there
plan() {
  local make=(durations multi) axes=("seed=$seeds" "code=$systems")
  if [[ -f $data/.stamp/data.json ]]; then
    make+=(spoken voices) axes+=("language:speaker=$(readers pool)")
    if [[ $baselines == true ]]; then make+=(spoken_baseline); fi
    if [[ -n $versions ]]; then
      make+=(spoken_small spoken_adapted) axes+=("new:reader:few:most=$(newcomers)" "version=$versions")
    fi
  fi
  run plan "$1" local/phases.yaml --make "${make[@]}" --axes "${axes[@]}" \
    --set "exp=$expdir" "conf=$conf" "dump=$dump" "labels=$labels" "eval_part=$eval_part" "begun=$begun" \
    "languages=$(languages pool)" "postfilter=$postfilter" "few_options=$few_options" "train_options=$train_options" "nj=$nj" \
    "job_utterances=$job_utterances" "${@:2}"
}

# languages pool|adapted: prints the languages that are trained together, or adapted to, that the data have
languages() {
  if [[ ! -f $data/train/utt2lang ]]; then echo unknown && return; fi
  cut -d ' ' -f 2 "$data/train/utt2lang" | LC_ALL=C sort -u | awk -v kind="$1" -v adapted=" $adapted " \
    '(index(adapted, " " $1 " ") > 0) == (kind == "adapted")' | paste -sd ' '
}

# readers pool|adapted: prints LANGUAGE:SPEAKER of those who are scored: women, and whoever reads a language without one
readers() {
  local genders=/dev/null
  if [[ -f $data/train/spk2gender ]]; then genders=$data/train/spk2gender; fi
  awk -v chosen=" $(languages "$1") " -v men="$men" '
    FILENAME ~ /spk2gender$/ { man[$1] = $2 == "m"; next }
    FILENAME ~ /utt2lang$/ { language[$1] = $2; next }
    index(chosen, " " language[$1] " ") && !known[$2]++ { spoken[$2] = language[$1]; women[language[$1]] += !man[$2] }
    END { for (who in spoken) if (men == "true" || !man[who] || !women[spoken[who]]) print spoken[who] ":" who }
  ' "$genders" "$data/train/utt2lang" "$data/train/utt2spk" | LC_ALL=C sort | paste -sd ' '
}

# newcomers: prints LANGUAGE:SPEAKER:SUFFIX:UTTERANCES of those who are adapted to, of each of --amounts
newcomers() {
  local each few
  for each in $(readers adapted); do
    for few in $amounts; do if ((few == 0)); then echo "$each::0"; else echo "$each:_$few:$few"; fi; done
  done | paste -sd ' '
}

# languages_are_there: fails where a language that is to be adapted to has no data, or no other language has
languages_are_there() {
  local each
  for each in $adapted; do
    if [[ " $(languages adapted) " != *" $each "* ]]; then
      echo "error: --adapted: $data/train has nothing of '$each'; it has $(languages pool) $(languages adapted)" >&2 && exit 1
    fi
  done
  if [[ -z $(languages pool) ]]; then echo "error: --adapted $adapted leaves no language to train on" >&2 && exit 1; fi
}

# get_corpus NAME ROOT [OPTION …]: downloads or synthesises a corpus, unless it lies elsewhere
get_corpus() {
  if [[ $2 != "$corpus_dir/$1" ]]; then
    if [[ ! -d $2 ]]; then echo "error: $2: there is no such folder" >&2 && exit 1; fi
    echo "using $2"
  elif [[ $corpus == mini ]]; then
    run make_mini --corpus "$1" --dest "$2" --seed "$seed" --nj "$nj" "${@:3}"
  else
    run download --corpus "$1" --dest downloads
  fi
}

# part_of FROM TO LANGUAGES: makes the data dir TO of what FROM has in these languages
part_of() {
  awk -v chosen=" $3 " 'index(chosen, " " $2 " ") { print $1 }' "$1/utt2lang" >"$dump/ids"
  subset_data_dir.py --utt-list "$dump/ids" "$1" "$2"
  rm "$dump/ids"
}
