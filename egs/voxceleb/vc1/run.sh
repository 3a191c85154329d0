#!/usr/bin/env bash
# CycleAutoVC, few-shot voice conversion by a cycle-consistent auto-encoder (Godey, Boudin), on VoxCeleb1. See README.md.
# Options and stages are those of egs/vctk/vc1/run.sh; what this corpus has otherwise stands in local/corpus.sh.
. "$(dirname "$0")/../../vctk/vc1/run.sh"
