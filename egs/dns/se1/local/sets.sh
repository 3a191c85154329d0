# shellcheck shell=bash disable=SC2154 # its variables are run.sh's
# Sourced by run.sh: which evaluation sets there are, and drawing a set of mixtures.

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
