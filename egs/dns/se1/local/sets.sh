# shellcheck shell=bash disable=SC2154 # its variables are run.sh's
# Sourced by run.sh: which sets of mixtures there are, and drawing one.

# subsets_of CORPUS: sets the options subsets that download and prepare get: what is taken of the corpus
subsets_of() {
  subsets=()
  if [[ -f $prepare_conf/$1.yaml ]]; then subsets=(--config "$prepare_conf/$1.yaml"); fi
  # shellcheck disable=SC2206,SC2034 # a list, which run.sh reads
  if [[ $1 == librispeech && $librispeech_subsets != train-clean-360 ]]; then subsets+=(--subsets $librispeech_subsets); fi
}

# sizes_of CORPUS: sets the options sizes that make_mini gets
sizes_of() {
  # shellcheck disable=SC2034 # which run.sh reads
  case $1 in
    librispeech) sizes=(--train_speakers "$mini_readers") ;;
    wham) sizes=(--train $((mini_noises / 2)) --valid $((mini_noises / 10)) --test $((mini_noises / 20))) ;;
    dns) sizes=(--speakers "$mini_speakers" --english_speakers "$mini_speakers" --noises "$mini_noises") ;;
  esac
}

# has_english PART: whether there is English of train, valid or test beside the target's speech
has_english() { [[ $target_speech != english && ($corpus != own || -f $data/speech_english_$1/wav.scp) ]]; }

# recorded_pairs: prints the names of their data dirs; they are of the test
recorded_pairs() {
  local names=$pairs
  if [[ $eval_part != test ]]; then return; fi
  if [[ -z $names && -f $data/pairs/wav.scp ]]; then names=pairs; fi
  if [[ $names != none ]]; then echo "$names"; fi
}

# take_pairs NAME: checks and stamps recorded pairs, which the stage reads, too
take_pairs() {
  validate_data_dir.py --no-feats --no-text "$data/$1"
  run stamp write "$data/$1" recorded --inputs "$data/$1"/{wav.scp,spk1.scp}
  read_too+=("$data/$1"/{wav.scp,spk1.scp})
}

# evaluation_sets: prints their names
evaluation_sets() {
  local snr
  for snr in $snrs; do echo "target_${eval_part}_${snr/-/m}dB"; done
  if has_english "$speech_part"; then echo "english_${eval_part}_0dB"; fi
  recorded_pairs
}

# mix SPEECH NOISE SET COUNT SEED [OPTION …]: draws the mixtures data/…/SET of the data dirs SPEECH and NOISE
mix() {
  run make_mixtures --speech "$data/speech_$1" --noise "$data/noise_$2" --out "$data/$3" --count "$4" \
    --seed "$5" --nj "$nj" "${@:6}"
}

# find_domains: sets domains to those that the methods are trained on, of source, target, oracle; mixtures: their stamps
domains=() mixtures=()
find_domains() {
  if ((${#domains[@]} > 0)); then return; fi
  local domain stamp read
  read=$(plan reads --stage train)
  for domain in source target oracle; do
    stamp=$data/.stamp/mixtures_$domain.json
    if grep -qFx "$stamp" <<<"$read"; then domains+=("$domain") mixtures+=("$stamp"); fi
  done
}

# mix_to_train DOMAIN: draws the mixtures of a domain for training and for validation
mix_to_train() {
  "mix_$1" train "$train_mixtures" $((10 * seed))
  "mix_$1" valid "$valid_mixtures" $((10 * seed + 1))
}

mix_source() { mix "source_$1" "source_$1" "source_$1" "$2" "$3"; } # PART COUNT SEED

mix_target() { mix "${target_speech}_$1" "${target_noise}_$1" "target_$1" "$2" $(($3 + 2)) --balance true; }

mix_oracle() { # English and the other languages in the target's noise
  local english=()
  if has_english "$1"; then english=("$data/speech_english_$1"); fi
  combine_data.py "$data/speech_oracle_$1" "$data/speech_${target_speech}_$1" "${english[@]}"
  mix "oracle_$1" "${target_noise}_$1" "oracle_$1" "$2" $(($3 + 4)) --balance true
}

# mix_to_evaluate target|english SNR [OPTION …]: draws a test set in the target's noise
mix_to_evaluate() {
  # shellcheck disable=SC2206 # two numbers
  local options=(--seconds $eval_seconds) speech=$1
  if [[ $1 == target ]]; then speech=$target_speech; fi
  if [[ $write_mixtures == true ]]; then options+=(--write_mixtures); fi
  mix "${speech}_$speech_part" "${target_noise}_$speech_part" "$1_${eval_part}_${2/-/m}dB" "$eval_mixtures" "$seed" \
    --snr "$2" "$2" "${options[@]}" "${@:3}"
}
