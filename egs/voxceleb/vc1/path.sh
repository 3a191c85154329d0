# shellcheck shell=bash
# Sourced by run.sh: makes `python3 -m audiolab.bin.…` and utils/* work; installs them when they are not there.
. "$(dirname "${BASH_SOURCE[0]}")/../../../tools/env.sh"
