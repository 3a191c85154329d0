#!/usr/bin/env bash
# Extracts features in jobs: extract_features.sh [--f0] CONFIG DATA DUMP NJ JOB
#
# DATA is a data dir, CONFIG the YAML that says of which kind the features are. DUMP gets feats.scp, utt2num_frames,
# features.yaml, utt2spk, spk2utt and, where DATA has them, text, utt2lang and spk2gender. At most NJ jobs run through
# ${train_cmd}; JOB, which stands in no path, is their number. With --f0, for features that need it, F0 and each
# speaker's range come first: f0.scp, spk2f0.
set -euo pipefail
with_f0=false
if [[ ${1-} == --f0 ]]; then with_f0=true && shift; fi
if (($# != 5)); then echo "error: usage: ${0##*/} [--f0] CONFIG DATA DUMP NJ JOB" >&2 && exit 1; fi
config=$1 data=$2 dump=$3 nj=$4 job=$5

rm -rf "$dump/parts" # of a run with more jobs
utterances=$(wc -l <"$data/utt2spk")
jobs=$((nj < utterances ? nj : utterances)) # a machine may have more cores than a small corpus has utterances
split_data.py --per-utt "$data" "$jobs"
parts=$data/split${jobs}utt

# in_jobs VERB NAME OPTION …: extracts parts/NAME.1 … of the parts of the data dir, and joins them to NAME.scp
in_jobs() {
  ${train_cmd:?is set by cmd.sh} "$job=1:$jobs" "$dump/log/$2.$job.log" python3 -m "audiolab.bin.$1" \
    --config "$config" --data "$parts/$job" "${@:3}" --out "$dump/parts/$2.$job"
  python3 -m audiolab.bin.join_scp "$dump/parts/$2".*.scp --out "$dump/$2.scp"
}

f0=()
if [[ $with_f0 == true ]]; then
  in_jobs extract_f0 f0
  python3 -m audiolab.bin.speaker_f0 --config "$config" --f0 "$dump/f0.scp" --utt2spk "$data/utt2spk" \
    --out "$dump/spk2f0"
  f0=(--spk2f0 "$dump/spk2f0" --f0 "$dump/f0.scp")
fi
in_jobs extract_features feats "${f0[@]}"
python3 -m audiolab.bin.join_scp "$dump"/parts/utt2num_frames.* --out "$dump/utt2num_frames"
mv "$dump/parts/features.yaml" "$dump/features.yaml"
cp "$data"/{utt2spk,spk2utt} "$dump"
for table in text utt2lang spk2gender; do
  if [[ -f $data/$table ]]; then cp "$data/$table" "$dump"; fi
done
