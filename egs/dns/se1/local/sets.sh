# shellcheck shell=bash disable=SC2154 # its variables are run.sh's
# Sourced by run.sh: which sets of mixtures there are, and drawing one.

# subsets_of CORPUS: sets the options subsets that download and prepare get: what is taken of the corpus
subsets_of() {
  subsets=()
  if [[ -f $prepare_conf/$1.yaml ]]; then subsets=(--config "$prepare_conf/$1.yaml"); fi
  # shellcheck disable=SC2206,SC2034 # a list, which run.sh reads
  if [[ $1 == librispeech && $librispeech_subsets != train-clean-360 ]]; then subsets+=(--subsets $librispeech_subsets); fi
}

# has_english PART: whether there is English of train, valid or test
has_english() { [[ $corpus != own || -f $data/speech_english_$1/wav.scp ]]; }

# recorded_pairs: prints the names of their data dirs; they are of the test
recorded_pairs() {
  local names=$pairs
  if [[ $eval_part != test ]]; then return; fi
  if [[ -z $names && -f $data/pairs/wav.scp ]]; then names=pairs; fi
  if [[ $names != none ]]; then echo "$names"; fi
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

# needed_domains: prints whose mixtures the methods are trained on: source, target, oracle
needed_domains() {
  local domain read
  read=$(plan reads --stage train)
  for domain in source target oracle; do
    if grep -qFx "$data/.stamp/mixtures_$domain.json" <<<"$read"; then echo "$domain"; fi
  done
}

# mix_source PART COUNT SEED, and its like: draws the mixtures of a domain for training (PART train) or validation (valid)
mix_source() { mix "source_$1" "source_$1" "source_$1" "$2" "$3"; }

mix_target() { mix "target_$1" "target_$1" "target_$1" "$2" $(($3 + 2)) --balance true; }

mix_oracle() { # English and the other languages in the target's noise
  local english=()
  if has_english "$1"; then english=("$data/speech_english_$1"); fi
  combine_data.py "$data/speech_oracle_$1" "$data/speech_target_$1" "${english[@]}"
  mix "oracle_$1" "target_$1" "oracle_$1" "$2" $(($3 + 4)) --balance true
}
