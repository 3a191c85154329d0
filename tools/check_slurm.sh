#!/usr/bin/env bash
# Tries utils/slurm.py on a real Slurm: starts a cluster of one node (this machine) in a temporary folder, under this
# user, runs arrays that succeed, fail, are picked up again and are cancelled, and stops all daemons at the end.
# Needs Debian's slurm-wlm and munge; takes about a minute.
if [ -z "${BASH_VERSION:-}" ] || [ -o posix ]; then unset POSIXLY_CORRECT && exec bash "$0" "$@"; fi # run by sh
set -euo pipefail
unset CDPATH # or cd may go elsewhere, and prints where
PATH=$PATH:/usr/sbin:/sbin
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)

fail() {
  printf 'error: check_slurm.sh: %s\n' "$1" >&2
  exit 1
}

missing=()
for tool in munged slurmctld slurmd sbatch squeue scancel sinfo; do
  command -v "$tool" >/dev/null || missing+=("$tool")
done
((${#missing[@]} == 0)) || fail "not installed: ${missing[*]}; on Debian: apt-get install slurm-wlm munge"
# shellcheck source=tools/env.sh
. "$root/tools/env.sh"

dir=$(mktemp -d)
chmod 755 "$dir"
slurm=("$root/utils/slurm.py" --mem 200M)

stop_daemons() {
  local name pid
  for name in slurmd ctld munged; do
    [[ -s $dir/$name.pid ]] || continue
    pid=$(<"$dir/$name.pid")
    kill "$pid" 2>/dev/null || continue
    for _ in {1..50}; do
      kill -0 "$pid" 2>/dev/null || break
      sleep 0.1
    done
  done
  rm -rf "$dir"
}
trap stop_daemons EXIT

start_daemons() {
  local host me
  host=$(hostname -s) me=$(id -un)
  mkdir "$dir/state" "$dir/spool" "$dir/log"
  (umask 077 && head -c 128 /dev/urandom >"$dir/munge.key")
  munged --key-file="$dir/munge.key" --socket="$dir/munge.socket" --pid-file="$dir/munged.pid" \
    --log-file="$dir/log/munged.log" --seed-file="$dir/munge.seed"
  cat >"$dir/slurm.conf" <<CONF
ClusterName=check
SlurmctldHost=$host(127.0.0.1)
SlurmUser=$me
SlurmdUser=$me
AuthType=auth/munge
AuthInfo=socket=$dir/munge.socket
ProctrackType=proctrack/linuxproc
TaskPlugin=task/none
SelectType=select/cons_tres
SelectTypeParameters=CR_CPU_Memory
DefMemPerCPU=200
StateSaveLocation=$dir/state
SlurmdSpoolDir=$dir/spool
SlurmctldPidFile=$dir/ctld.pid
SlurmdPidFile=$dir/slurmd.pid
SlurmctldLogFile=$dir/log/ctld.log
SlurmdLogFile=$dir/log/slurmd.log
SlurmctldPort=$(free_port)
SlurmdPort=$(free_port)
ReturnToService=2
JobAcctGatherType=jobacct_gather/none
AccountingStorageType=accounting_storage/none
MpiDefault=none
NodeName=$host NodeAddr=127.0.0.1 CPUs=2 RealMemory=1000 State=UNKNOWN
PartitionName=check Nodes=$host Default=YES MaxTime=INFINITE State=UP
CONF
  export SLURM_CONF=$dir/slurm.conf
  slurmctld
  slurmd
  for _ in {1..100}; do
    if [[ $(sinfo --noheader --format=%T 2>/dev/null) == idle ]]; then return 0; fi
    sleep 0.2
  done
  tail -n 5 "$dir/log/ctld.log" "$dir/log/slurmd.log" >&2
  fail "the node did not come up in 20 s"
}

free_port() {
  python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])'
}

# Fails unless file $1 has a line that matches $2.
expect_line() {
  grep -qE -- "$2" "$1" || fail "no line '$2' in $(printf '%s:\n' "$1" && cat "$1")"
}

# Runs slurm.py with the arguments behind $1 and fails unless it exits with $1; its messages are in said.
expect_status() {
  local wanted=$1 status=0
  shift
  "${slurm[@]}" "$@" 2>said || status=$?
  ((status == wanted)) || fail "exit status $status, not $wanted, of slurm.py $*: $(<said)"
}

check_array() {
  expect_status 0 --num-threads 1 --max-jobs-run 2 JOB=1:4 log/array.JOB.log bash -c "echo job JOB threads \$OMP_NUM_THREADS"
  for job in 1 2 3 4; do
    expect_line "log/array.$job.log" "^job $job threads 1$"
    expect_line "log/array.$job.log" '^# Ended \(code 0\)'
  done
}

check_failure() {
  expect_status 1 JOB=1:4 log/fail.JOB.log bash -c "echo the reason; test -e mended || exit \$((JOB % 2 ? 0 : 7))"
  expect_line said '^  the reason$'
  expect_line said 'slurm.py: 2 of 4 jobs \(2 4\) failed; .* --pick failed .* JOB=1:4 log/fail.JOB.log'
  expect_line log/fail.2.log '^# Ended \(code 7\)'
}

check_pick() {
  local untouched
  untouched=$(stat -c %s log/fail.1.log)
  touch mended
  expect_status 0 --pick failed JOB=1:4 log/fail.JOB.log bash -c "echo again; test -e mended || exit \$((JOB % 2 ? 0 : 7))"
  expect_line log/fail.2.log '^again$'
  expect_line log/fail.4.log '^again$'
  [[ $(stat -c %s log/fail.1.log) == "$untouched" ]] || fail "--pick failed ran job 1, which had not failed"
}

check_cancel() {
  local pid status=0
  rm -f log/long.*
  "${slurm[@]}" JOB=1:2 log/long.JOB.log sleep 1000 2>said &
  pid=$!
  for _ in {1..100}; do
    if [[ -s log/long.1.log && -s log/long.2.log ]]; then break; fi
    sleep 0.2
  done
  kill -TERM "$pid"
  wait "$pid" || status=$?
  ((status == 143)) || fail "exit status $status, not 143, after SIGTERM: $(<said)"
  for _ in {1..100}; do
    if [[ -z $(squeue --noheader) ]]; then break; fi
    sleep 0.2
  done
  [[ -z $(squeue --noheader) ]] || fail "jobs are left after SIGTERM: $(squeue)"
  expect_line log/long.1.log '^# Ended \(code 143\)'
}

# Where sbatch is a site's own script, which greets before it prints the job's number.
check_greeting() {
  mkdir bin
  printf '%s\n' '#!/bin/bash' 'echo "Welcome: 2 nodes are down"' "exec $(command -v sbatch) \"\$@\"" >bin/sbatch
  chmod +x bin/sbatch
  PATH=$PWD/bin:$PATH check_cancel
  expect_line said '^Welcome: 2 nodes are down$'
}

# A script of over 64 kB, more than a pipe holds.
check_long() {
  local words
  words=$(printf '%0100000d' 0)
  expect_status 0 JOB=1:2 log/words.JOB.log bash -c 'echo $#' JOB "$words" "$words"
  expect_line log/words.2.log '^2$'
}

check_refusal() {
  echo 'time: 00:10:00' >site.yaml
  expect_status 1 --config site.yaml --partition nosuch log/refused.log true
  expect_line said 'sbatch refused the job, see above: sbatch .*--partition=nosuch --time=00:10:00'
}

# As far as one machine allows: a job is started by srun, knows where it is, and gets the signal to save.
check_nodes() {
  expect_status 0 --nodes 1 --num-threads 2 JOB=1:2 log/nodes.JOB.log python3 -c \
    'from audiolab.training.launch import _static; print("JOB", _static(1, None, None))'
  expect_line log/nodes.2.log "^2 \['--node-rank', '0', '--master-addr', '$(hostname -s)', '--master-port', '2[0-9]{4}', '--rdzv-conf', 'timeout=[0-9]+'\]$"
  expect_status 1 --nodes 1 log/nodes.log 'echo the reason; false | true'
  expect_line said '^  the reason$'
  local pid status=0
  "${slurm[@]}" --nodes 2 log/nodes.log true 2>said & # it waits for a second machine
  pid=$!
  for _ in {1..100}; do
    if [[ $(squeue --noheader --format='%D %C %T') == "2 2 PENDING" ]]; then break; fi
    sleep 0.2
  done
  [[ $(squeue --noheader --format='%D %C %T') == "2 2 PENDING" ]] || fail "no job of 2 machines waits: $(squeue) $(<said)"
  kill -TERM "$pid"
  wait "$pid" || status=$?
  ((status == 143)) || fail "exit status $status, not 143, after SIGTERM: $(<said)"
}

# What --signal=B:USR1@120 sends reaches the job, whether srun has started it or not.
check_signal() {
  local nodes pid status
  for nodes in "" "--nodes 1"; do
    rm -f ready
    # shellcheck disable=SC2086 # an option and its value, or nothing
    "${slurm[@]}" $nodes log/signal.log bash -c "trap 'echo saved; exit 75' USR1; touch ready; while :; do sleep 0.1; done" 2>said &
    pid=$! status=0
    for _ in {1..100}; do
      if [[ -e ready ]]; then break; fi
      sleep 0.2
    done
    scancel --batch --signal=USR1 "$(squeue --noheader --format=%A)"
    wait "$pid" || status=$?
    ((status == 1)) || fail "exit status $status, not 1, after SIGUSR1: $(<said)"
    expect_line log/signal.log '^saved$'
    expect_line log/signal.log '^# Ended \(code 75\)'
  done
}

start_daemons
mkdir "$dir/work"
cd "$dir/work"
sbatch --version
for check in check_array check_failure check_pick check_cancel check_greeting check_long check_refusal check_nodes check_signal; do
  begun=$SECONDS
  "$check"
  printf 'ok: %s (%d s)\n' "${check#check_}" $((SECONDS - begun))
done
