"""Starting a command again in several processes, under torchrun's agent."""

from __future__ import annotations

import logging
import os
import re
import select
import signal
import subprocess
import sys
import threading
from typing import NoReturn

from audiolab.errors import AudiolabError
from audiolab.training.signals import EXIT_STATUS

logger = logging.getLogger(__name__)

TOGETHER_SECONDS = 600
"""How long a machine waits for the others at the start."""

_LAUNCHER = "AUDIOLAB_LAUNCHER"
"""Environment variable: the number of the process that started this one."""


def launched() -> bool:
    """Return whether this process is one of those that torchrun started."""
    return "TORCHELASTIC_RUN_ID" in os.environ or {"RANK", "WORLD_SIZE", "MASTER_ADDR"} <= os.environ.keys()


def launch(module: str, argv: list[str], per_node: int, nodes: int, node: int | None, address: str | None) -> NoReturn:
    """Run ``python -m module argv`` in ``per_node`` processes on each of ``nodes`` machines, and exit as they do.

    Args:
        module: The command.
        argv: Its arguments.
        per_node: Processes on this machine.
        nodes: Number of machines; on each of them the same command is run.
        node: Which of them this is; None takes Slurm's.
        address: ``host:port`` of the first machine; None takes the first host of Slurm's job step, and a port that
            follows from the job's number, so that jobs which share a machine do not meet.

    Raises:
        AudiolabError: Several machines, and it is not known which this is or where the first one is.
    """
    os.environ[_LAUNCHER] = str(os.getpid())
    os.environ["TORCHELASTIC_SIGNALS_TO_HANDLE"] = "SIGTERM,SIGINT,SIGHUP,SIGQUIT,SIGUSR1"
    from torch.distributed import DistError
    from torch.distributed.elastic.multiprocessing import SignalException
    from torch.distributed.elastic.multiprocessing.errors import ChildFailedError
    from torch.distributed.elastic.rendezvous import RendezvousError
    from torch.distributed.run import parse_args, run

    options = ["--nproc-per-node", str(per_node), "--nnodes", str(nodes), "--max-restarts", "0"]
    if nodes == 1:
        options += ["--standalone"]
    else:
        options += (static := _static(nodes, node, address))
        where = f"{static[3]}:{static[5]}"
        minutes = TOGETHER_SECONDS // 60
        logger.info("machine %s of %d: meeting the others at %s, %d minutes at most", static[1], nodes, where, minutes)
    if per_node > 1:
        os.environ.setdefault("OMP_NUM_THREADS", str(max(1, (os.cpu_count() or 1) // per_node)))
    logging.getLogger("torch.distributed.elastic").setLevel(logging.CRITICAL)  # workers report their own errors
    try:
        run(parse_args([*options, "-m", "--", module, *argv]))  # "--": or torchrun takes our options for its own
    except ChildFailedError as error:
        codes = [failure.exitcode for failure in error.failures.values()]
        sys.exit(EXIT_STATUS if EXIT_STATUS in codes else max(1, codes[0]))
    except (DistError, RendezvousError) as error:
        raise _not_met(where if nodes > 1 else "this machine", nodes, error) from error
    except SignalException as stopped:
        asked = stopped.sigval in (signal.SIGTERM, signal.SIGUSR1)  # what `audiolab.training.signals.watch` answers
        sys.exit(EXIT_STATUS if asked else 128 + stopped.sigval)
    sys.exit(0)


def end_with_launcher() -> None:
    """Let this process end when the one that launched it does, also when that is killed (Linux).

    torchrun starts processes in sessions of their own, which outlive it: they would train on, and hold the folder.
    """
    if _LAUNCHER not in os.environ or sys.platform != "linux":
        return
    try:
        launcher = os.pidfd_open(int(os.environ[_LAUNCHER]))
    except ProcessLookupError:  # already gone
        os._exit(1)

    def wait() -> None:
        select.select([launcher], [], [])
        os._exit(1)

    threading.Thread(target=wait, daemon=True).start()


def _static(nodes: int, node: int | None, address: str | None) -> list[str]:
    number = _slurm_node(nodes) if node is None else str(node)
    host, _, port = (_slurm_address() if address is None else address).partition(":")
    return [
        "--node-rank", number, "--master-addr", host, "--master-port", port or "29500",
        "--rdzv-conf", f"timeout={TOGETHER_SECONDS}",
    ]  # fmt: skip


def _not_met(where: str, nodes: int, error: Exception) -> AudiolabError:
    said = str(error)
    if "EADDRINUSE" in said or "address already in use" in said:
        return AudiolabError(f"--master: the port of {where} is taken; give another one, the same on each machine")
    return AudiolabError(
        f"the {nodes} machines have not met at {where} within {TOGETHER_SECONDS // 60} minutes: run the same command "
        f"on each, with its own --node_rank, 0 on that one ({said.strip().splitlines()[0][:200]})"
    )


def _slurm_node(nodes: int) -> str:
    number, count = os.environ.get("SLURM_NODEID"), os.environ.get("SLURM_STEP_NUM_NODES", str(nodes))
    if number is None:
        raise AudiolabError("--num_nodes: which machine is this? give --node_rank, from 0, or start it with srun")
    if count != str(nodes):
        raise AudiolabError(f"--num_nodes {nodes}, but srun started this on {count}; make both the same")
    return number


def _slurm_address() -> str:
    hosts = os.environ.get("SLURM_STEP_NODELIST") or os.environ.get("SLURM_JOB_NODELIST")
    if hosts is None:
        raise AudiolabError("--num_nodes: where is the first machine? give --master host:port, or start it with srun")
    if not re.fullmatch(r"[A-Za-z0-9.,_\[\]-]+", hosts) or hosts.startswith("-"):
        raise AudiolabError(f"Slurm's list of hosts is {hosts!r}, which is none; give --master host:port")
    try:
        shown = subprocess.run(["scontrol", "show", "hostnames", hosts], capture_output=True, text=True, check=True)
    except (OSError, subprocess.CalledProcessError) as error:
        raise AudiolabError(f"scontrol does not tell the hosts of {hosts}: {error}; give --master") from error
    return f"{shown.stdout.split()[0]}:{20000 + int(os.environ.get('SLURM_JOB_ID', 0)) % 10000}"
