# shellcheck shell=bash
# Sourced by run.sh: train_cmd and cuda_cmd, which run jobs on the CPU and trainings. Set others here if your site needs it.
. "$(dirname "${BASH_SOURCE[0]}")/../../../utils/backend.sh"
