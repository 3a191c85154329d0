# shellcheck shell=bash disable=SC2154,SC2034 # its variables are run.sh's
# Sourced by run.sh: what follows from its options, and what is made by local/phases.yaml.

case $corpus in
  real) corpus_dir=downloads conf=${conf:-$RECIPE/conf} title="recordings in the layout of $titled" scale=""
    systems=${systems:-autovc autovc_n64_b8 cycleautovc_n16_b2 cycleautovc} large_speakers=${large_speakers:-50}
    unseen_speakers=${unseen_speakers:-5} valid_speakers=${valid_speakers:-5} eval_utts=${eval_utts:-8}
    valid_utts=${valid_utts:-4} judged=${judged:-0} units_kind=${units_kind:-unigram} ;;
  mini) corpus_dir=$mini_dir conf=${conf:-$RECIPE/conf/mini} title="a synthesised twin of $titled"
    scale=" Synthesised voices and small networks."
    systems=${systems:-autovc autovc_n64 cycleautovc_n16_b8 cycleautovc} large_speakers=${large_speakers:-20}
    unseen_speakers=${unseen_speakers:-4} valid_speakers=${valid_speakers:-6} eval_utts=${eval_utts:-6}
    valid_utts=${valid_utts:-2} judged=${judged:-1} units_kind=${units_kind:-char} ;;
  *) echo "error: --corpus is real or mini, not '$corpus'" >&2 && exit 1 ;;
esac
take_study "$conf"
case $eval_part in
  test) note="Test utterances, on which nothing was chosen.$scale" evaluated="eval extra_eval" ;;
  dev) note="Development utterances: for choices, not to be reported.$scale" evaluated=valid ;;
  *) echo "error: --eval_part is test or dev, not '$eval_part'" >&2 && exit 1 ;;
esac
note+=$(asked "$conf")
at_least 1 num_nodes units eval_utts valid_utts
at_least 2 num_speakers
at_least "$num_speakers" large_speakers
at_least 0 unseen_speakers large_utts judged
at_least 2 valid_speakers
values_are '([0-9]+ ?)*' "whole numbers, not negative" seeds
values_are '([a-z0-9_.]+ ?)*' "names of YAMLs in $conf, without .yaml" systems
values_are '[a-z0-9_.]*' "the name of one YAML in $conf, without .yaml" neural
values_are 'large|small' "large or small" first_set
values_are 'prompts|utterances' "prompts or utterances" hold_out
values_are 'unigram|bpe|char' "unigram, bpe or char" units_kind
values_are 'librispeech|' 'librispeech, or nothing: --encoder_corpora ""' encoder_corpora
values_are '((bottleneck|freq|neck_batch|neck_lambda) ?)*' "some of bottleneck, freq, neck_batch and neck_lambda" sweep
values_are '((dnsmos|speaker|words) ?)*' "some of dnsmos, speaker and words" judges
for each in prepare_config librispeech_config; do
  if [[ -n ${!each} && ! -f ${!each} ]]; then echo "error: --$each ${!each}: there is no such file" >&2 && exit 1; fi
done
if [[ -n $extra_speakers && ! -d $extra_speakers ]]; then
  echo "error: --extra_speakers $extra_speakers: there is no such folder" >&2 && exit 1
fi
for each in $sweep; do systems+=" $(tr '\n' ' ' <"$conf/sweep_$each.txt")"; done
if [[ $nostyle == true && " $systems " != *" cycleautovc "* ]]; then systems+=" cycleautovc"; fi
if [[ -n $neural && " $systems " != *" $neural "* ]]; then
  echo "error: --neural $neural is none of --systems '$systems': name one of them, or none by --neural \"\"" >&2 && exit 1
fi
# shellcheck disable=SC2086 # a list
systems=$(printf '%s\n' $systems | awk '!seen[$0]++' | paste -sd ' ') # sweeps share some
dataset=${dataset:-$corpus} seeds=${seeds:-$seed} tag=${tag:-$dataset${study:+_$study}}
expdir=${expdir:-exp/$tag} data=data/$dataset dump=dump/$dataset eval=$data/evaluated_$eval_part
db_root=${db_root:-$corpus_dir/$name} librispeech_root=${librispeech_root:-$corpus_dir/librispeech}
if [[ -n $max_steps ]]; then train_options="--trainer.max_steps $max_steps $train_options"; fi
if [[ $keep_optimiser == true ]]; then onwards="--init.checkpoint true"; else onwards=""; fi
shared_dirs=("$data" "$dump")
job=$(job_variable "$data" "$dump" "$expdir" "$train_options" "$conf" "$whisper")

roots=("$db_root") choices=()
made_from="db_root=$db_root, encoder_corpora=$encoder_corpora, extra_speakers=$extra_speakers, eval_part=$eval_part"
if [[ -n $encoder_corpora ]]; then roots+=("$librispeech_root"); fi
if [[ -n $extra_speakers ]]; then roots+=("$extra_speakers"); fi
for each in "$prepare_config" "$librispeech_config"; do if [[ -n $each ]]; then choices+=("$each"); fi; done
sizes=("hold_out $hold_out" "num_speakers $num_speakers" "utts_per_speaker $utts_per_speaker" "large_speakers $large_speakers"
  "unseen_speakers $unseen_speakers" "valid_speakers $valid_speakers" "eval_utts $eval_utts" "valid_utts $valid_utts")
if [[ $large_utts != 0 ]]; then sizes+=("large_utts $large_utts"); fi
references=() # the same sentences by the targets, where there are prompts that many read
if [[ $hold_out == prompts ]]; then references=(--reference "$data/reference"); fi
if [[ $texts == true ]]; then # what the recogniser learns from, and is watched by
  transcribed="transcribed $encoder_corpora" heard=encoder_valid
else
  transcribed=$encoder_corpora heard=librispeech_valid
fi
models=(--encoder "$expdir/judge") # of this recipe, which score
if [[ -n $transcribed ]]; then models+=(--recogniser "$expdir/recogniser"); fi
judging=("judges=$judges" "judged=$judged" "whisper=$whisper")
compared=(--baseline unconverted) # what others are compared with

spoken="" converters=() # SYSTEM:BEGUN:BY, as local/phases.yaml has them
for each in $systems; do
  if [[ -f $conf/${each}_small.yaml ]]; then # as many steps of phase 2, without what CycleAutoVC has there
    converters+=("${each}_small:$each:continued")
  elif [[ ! -f $conf/${each}_style.yaml ]]; then
    converters+=("$each:$each:converter")
  elif [[ $each != cycleautovc_finetune ]]; then
    converters+=("${each}_style:$each:continued")
  fi
done
if [[ $nostyle == true ]]; then converters+=("cycleautovc_nostyle:cycleautovc:continued"); fi
if [[ " $systems " == *" cycleautovc_finetune "* ]]; then
  converters+=("cycleautovc_finetune_style:autovc_early:finetuned")
fi
for each in "${converters[@]}"; do if [[ $each == autovc* ]]; then compared+=(--baseline "${each%%:*}"); fi; done
for each in $against; do compared+=(--baseline "$each"); done
for each in "${converters[@]}"; do # the one that is heard by hifigan, too
  case ${each%%:*} in "$neural" | "${neural}_style") spoken=$each ;; esac
done

check_options() {
  local parse=()
  if [[ ! -f $expdir/.stamp/train.json ]]; then parse=(--parse); fi # else a training says it soon enough
  plan check "${parse[@]}"
}

# plan CALL [OPTION …]: audiolab.bin.plan, with what the options of run.sh ask for; of pairs, when the sets are there
plan() {
  local make=(verified verified_by_judge converted unconverted) listed=() targets=unknown
  local axes=("seed=$seeds" "set=$(printf '%s\n' "$first_set" small valid known verify | sort -u | paste -sd ' ')")
  axes+=("system:begun:by=${converters[*]}")
  if [[ -n $transcribed ]]; then make+=(recogniser); fi
  if [[ -n $neural ]]; then make+=(converted_neural) listed+=(pairs_neural); fi
  if [[ -f $data/.stamp/data.json ]]; then
    make+=(pairs pairs_self pairs_unconverted natural "${listed[@]}") targets=$(speakers known)
    axes+=("source:target=$(pairs small small)" "self=$(speakers small)")
    if ((unseen_speakers > 0)); then make+=(pairs_unseen) axes+=("source:unseen=$(pairs small unseen)"); fi
  fi
  run plan "$1" "$RECIPE/local/phases.yaml" --make "${make[@]}" --axes "${axes[@]}" \
    --set "exp=$expdir" "conf=$conf" "features=$RECIPE/conf/features.yaml" "data=$data" "dump=$dump" "eval=$eval" "eval_part=$eval_part" \
    "first_set=$first_set" "targets=$targets" "units_size=$units" "units_kind=$units_kind" "main_seed=$seed" "judge_seed=$((seed + 1000))" \
    "neural=$spoken" "neural_system=${spoken%%:*}" "onwards=$onwards" "train_options=$train_options" \
    "nj=$nj" "job_utterances=$job_utterances" "${@:2}"
}

# speakers SET: prints the speakers of a set
speakers() { cut -d ' ' -f 1 "$(folder_of "$1")/spk2utt" | paste -sd ' '; }

# pairs SET OTHER: prints SOURCE:TARGET of all pairs of different speakers
pairs() {
  local source target
  for source in $(speakers "$1"); do
    for target in $(speakers "$2"); do if [[ $source != "$target" ]]; then printf '%s:%s ' "$source" "$target"; fi; done
  done
}

# get_corpus NAME ROOT [SIZE …]: downloads or synthesises a corpus, of these sizes, unless it lies elsewhere
get_corpus() {
  if [[ $corpus == mini && $2 == "$corpus_dir/$1" ]]; then
    run make_mini --corpus "$1" --dest "$2" --seed "$seed" --nj "$nj" "${@:3}"
  elif [[ $2 != "$corpus_dir/$1" ]]; then
    if [[ ! -d $2 ]]; then echo "error: $2: there is no such folder" >&2 && exit 1; fi
    echo "using $2"
  else
    run download --corpus "$1" --dest downloads
  fi
}

get_corpora() {
  get_corpus "$name" "$db_root" "${mini_sizes[@]}"
  if [[ -n $encoder_corpora ]]; then get_corpus librispeech "$librispeech_root"; fi
}

prepare_corpora() {
  run prepare --corpus "$name" --db_root "$db_root" --dest "$data" --nj "$nj" \
    ${prepare_config:+--config "$prepare_config"}
  if [[ -n $extra_speakers ]]; then
    run prepare --corpus speaker_folders --db_root "$extra_speakers" --dest "$data" --nj "$nj"
  fi
  if [[ -n $encoder_corpora ]]; then
    run prepare --corpus librispeech --db_root "$librispeech_root" --dest "$data/of_librispeech" --nj "$nj" \
      ${librispeech_config:+--config "$librispeech_config"}
  fi
}

# folder_of SET: prints the data dir of a set
folder_of() {
  case $1 in
    librispeech) echo "$data/of_librispeech/speech_source_train" ;;
    librispeech_valid) echo "$data/of_librispeech/speech_source_valid" ;;
    whole | all | known | voxceleb_test) echo "$data/$1" ;;
    *) echo "$data/few_$1" ;;
  esac
}

# folders_of SET …: sets the array folders to the data dirs of those sets that there are
folders_of() {
  local each
  folders=()
  for each in "$@"; do
    if [[ -d $(folder_of "$each") ]]; then folders+=("$(folder_of "$each")"); fi
  done
}

# joined FROM TO SET …: makes the data dir TO of what FROM has of these sets, which may share utterances
joined() {
  folders_of "${@:3}"
  cat "${folders[@]/%//utt2spk}" | cut -d ' ' -f 1 | LC_ALL=C sort -u >"$data/ids"
  subset_data_dir.py --utt-list "$data/ids" "$1" "$2"
  rm "$data/ids"
}

# make_sets: the sets of few and of many speakers, what is converted and its references, and all whose features are made
make_sets() {
  local extra=() bases=("$data/$speakers_in") each
  if [[ -n $extra_speakers ]]; then extra=(--extra "$data/speakers") bases+=("$data/speakers"); fi
  # shellcheck disable=SC2068 # an option and its value each
  run select_speakers --data "$data/$speakers_in" --out "$data/few" "${extra[@]}" --seed "$seed" \
    ${sizes[@]/#/--}
  for each in $encoder_corpora ${encoder_corpora:+librispeech_valid} $reserved; do bases+=("$(folder_of "$each")"); done
  combine_data.py "$data/whole" "${bases[@]}"
  # shellcheck disable=SC2086 # a list
  joined "$data/whole" "$eval" $evaluated
  texts_of "$eval"
  joined "$data/whole" "$data/reference" eval unseen_eval extra_eval valid
  texts_of "$data/reference"
  if [[ $texts == true ]]; then joined "$data/$speakers_in" "$data/few_transcribed" encoder large; fi
  joined "$data/whole" "$data/known" small unseen
  # shellcheck disable=SC2086
  joined "$data/whole" "$data/all" encoder encoder_valid large small valid unseen $encoder_corpora $verified \
    $transcribed $heard
}

# texts_of DIR: gives a data dir the texts of the sets that it was joined of; where a set has none, they are empty
texts_of() {
  local each some=false
  for each in "${folders[@]}"; do
    if [[ -f $each/text ]]; then cat "$each/text"; else cut -d ' ' -f 1 "$each/utt2spk"; fi
  done | LC_ALL=C sort >"$1/text"
  for each in "${folders[@]}"; do if [[ -f $each/text ]]; then some=true; fi; done
  if [[ $some == false ]]; then rm "$1/text"; fi
}

feature_sets() {
  # shellcheck disable=SC2086 # a list
  joined "$dump/all" "$dump/encoder" encoder $encoder_corpora
  for each in encoder_valid large small valid known; do joined "$dump/all" "$dump/$each" "$each"; done
  # shellcheck disable=SC2086
  joined "$dump/all" "$dump/verify" $verified
  if [[ -n $transcribed ]]; then
    # shellcheck disable=SC2086
    joined "$dump/all" "$dump/recogniser" $transcribed
    texts_of "$dump/recogniser"
    joined "$dump/all" "$dump/recogniser_valid" "$heard"
    texts_of "$dump/recogniser_valid"
  fi
}

# verified: prints how well the speaker encoders tell speakers apart whom they have not heard
verified() {
  local each said=()
  for each in $seeds; do said+=("of the converters', seed $each, $(eer_of "encoder_s$each")"); done
  printf 'Equal error rates of the speaker encoders, on voices that they have not heard: %s, of the judge %s.' \
    "$(printf '%s, ' "${said[@]}" | sed 's/, $//')" "$(eer_of judge)"
}

# eer_of RUN: prints an encoder's equal error rate in percent
eer_of() { awk '$1 == "eer:" { printf "%.1f %%", 100 * $2 }' "$expdir/$1/verified/verification.yaml"; }

# plot_figures: Figures 9 to 11 of the first utterance: mel spectrograms of the source, its conversions, its reconstructions
plot_figures() {
  local utterance source target
  read -r utterance source <"$eval/utt2spk"
  target=$(speakers small | tr ' ' '\n' | grep -vx -m 1 "$source")
  run plot_mels --scored "$expdir/scored.tsv" --data "$eval" --utterance "$utterance" --target "$target" \
    --systems "${converters[@]%%:*}" --out "$expdir/mels.png"
}
