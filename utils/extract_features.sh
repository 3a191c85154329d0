#!/usr/bin/env bash
# Extracts F0 and mel envelopes in jobs: extract_features.sh CONFIG DATA DUMP NJ JOB
#
# DATA is a data dir, CONFIG the YAML of the analysis. DUMP gets f0.scp, spk2f0, feats.scp, utt2num_frames,
# features.yaml, utt2spk and spk2utt. At most NJ jobs run through ${train_cmd}; JOB, which stands in no path, is their
# number.
set -euo pipefail
if (($# != 5)); then echo "error: usage: ${0##*/} CONFIG DATA DUMP NJ JOB" >&2 && exit 1; fi
config=$1 data=$2 dump=$3 nj=$4 job=$5

rm -rf "$dump/parts" # of a run with more jobs
utterances=$(wc -l <"$data/utt2spk")
jobs=$((nj < utterances ? nj : utterances)) # a machine may have more cores than a small corpus has utterances
split_data.py --per-utt "$data" "$jobs"
parts=$data/split${jobs}utt
${train_cmd:?is set by cmd.sh} "$job=1:$jobs" "$dump/log/f0.$job.log" python3 -m audiolab.bin.extract_f0 \
  --config "$config" --data "$parts/$job" --out "$dump/parts/f0.$job"
python3 -m audiolab.bin.join_scp "$dump"/parts/f0.*.scp --out "$dump/f0.scp"
python3 -m audiolab.bin.speaker_f0 --config "$config" --f0 "$dump/f0.scp" --utt2spk "$data/utt2spk" \
  --out "$dump/spk2f0"
${train_cmd} "$job=1:$jobs" "$dump/log/feats.$job.log" python3 -m audiolab.bin.extract_envelopes \
  --config "$config" --data "$parts/$job" --spk2f0 "$dump/spk2f0" --f0 "$dump/f0.scp" --out "$dump/parts/feats.$job"
python3 -m audiolab.bin.join_scp "$dump"/parts/feats.*.scp --out "$dump/feats.scp"
python3 -m audiolab.bin.join_scp "$dump"/parts/utt2num_frames.* --out "$dump/utt2num_frames"
mv "$dump/parts/features.yaml" "$dump/features.yaml"
cp "$data"/{utt2spk,spk2utt} "$dump"
