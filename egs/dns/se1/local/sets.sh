# shellcheck shell=bash disable=SC2154 # its variables are run.sh's
# Sourced by run.sh: which evaluation sets there are, and drawing a set of mixtures.

# subsets_of CORPUS: sets the option subsets that download and prepare get: what is chosen of LibriSpeech
subsets_of() {
  subsets=()
  # shellcheck disable=SC2206,SC2034 # a list, which run.sh reads
  if [[ $1 == librispeech ]]; then subsets=(--subsets $librispeech_subsets); fi
}

has_english() { [[ $corpus != own || -f $data/speech_english_test/wav.scp ]]; }

# recorded_pairs: prints the names of their data dirs
recorded_pairs() {
  local names=$pairs
  if [[ -z $names && -f $data/pairs/wav.scp ]]; then names=pairs; fi
  if [[ $names != none ]]; then echo "$names"; fi
}

# evaluation_sets: prints their names
evaluation_sets() {
  local snr
  for snr in $snrs; do echo "target_test_${snr/-/m}dB"; done
  if has_english; then echo english_test_0dB; fi
  recorded_pairs
}

# mix SPEECH NOISE SET COUNT SEED [OPTION …]: draws the mixtures data/…/SET of the data dirs SPEECH and NOISE
mix() {
  run make_mixtures --speech "$data/speech_$1" --noise "$data/noise_$2" --out "$data/$3" --count "$4" \
    --seed "$5" --nj "$nj" "${@:6}"
}
