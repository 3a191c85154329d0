"""Train a system, or go on with training: running the same command again resumes.

    python -m audiolab.bin.train --system softgan --config conf/softgan.yaml --expdir exp/run1 --ngpu 1

Every key of the config is an option too (--trainer.max_steps 1000). Exit status: 0 trained to the end, 75 stopped by
SIGTERM or SIGUSR1 and saved (run it again to go on), 1 an error that is told in one line.
"""

from __future__ import annotations

import argparse
import re
import sys
from collections.abc import Sequence
from typing import Any

from audiolab import cli, config, systems
from audiolab.errors import AudiolabError, did_you_mean


def main(argv: Sequence[str] | None = None) -> None:
    """Parse the options, start further processes where they are asked for, and train."""
    given = list(sys.argv[1:] if argv is None else argv)
    system, run_config, options = parse(given)
    from audiolab.training.launch import launch, launched

    per_node = max(options.ngpu, options.nproc)
    if not launched() and per_node * options.num_nodes > 1:
        launch("audiolab.bin.train", given, per_node, options.num_nodes, options.node_rank, options.master)
    _train(system, run_config, options)


def _train(system: type, run_config: Any, options: argparse.Namespace) -> None:
    from audiolab.training.distributed import join, leave, with_others
    from audiolab.training.launch import end_with_launcher
    from audiolab.training.signals import EXIT_STATUS, StoppedError
    from audiolab.training.trainer import Trainer

    end_with_launcher()
    try:
        with with_others():
            processes = join(use_gpu=options.ngpu > 0)
            Trainer.of(system, run_config, options.expdir, processes).fit()
    except StoppedError as stopped:
        if processes.main:
            print(stopped, file=sys.stderr)
        sys.exit(EXIT_STATUS)
    finally:
        leave()


def parse(argv: list[str]) -> tuple[type, Any, argparse.Namespace]:
    """Return the system's class, the run's config, and the options that are none of the config's.

    Raises:
        AudiolabError: What is wrong with the options or the YAML.
    """
    name = _system_name(argv)
    if name is None:
        parser = _parser()
        parser.add_argument("--config", help="YAML file; options given here go over it")
        parser.add_argument("--system", help=f"{', '.join(systems.names())}; --help shows the rest with a system given")
        parser.parse_args(argv)
        raise AudiolabError(f"give --system, or 'system:' in the --config; known are: {', '.join(systems.names())}")
    from audiolab.training.config import run_config_class

    system = systems.get(name)
    cls = run_config_class(system)
    parser = _parser()
    config.add_arguments(parser, cls)
    options = parser.parse_args(argv)
    if not options.expdir:
        raise AudiolabError("--expdir is missing or empty: the folder of this run")
    if min(options.ngpu, options.nproc) < 0 or options.num_nodes < 1 or (options.ngpu and options.nproc > 1):
        raise AudiolabError("--ngpu and --nproc are counts of which one may be given, --num_nodes is at least 1")
    if options.node_rank is not None and not 0 <= options.node_rank < options.num_nodes:
        raise AudiolabError(
            f"--node_rank {options.node_rank} of --num_nodes {options.num_nodes}: machines are counted from 0 to "
            f"{options.num_nodes - 1}"
        )
    if options.master is not None:
        found = re.fullmatch(r"[^:\s]+(:([0-9]{1,5}))?", options.master)
        if not found or not 0 < int(found[2] or 1) < 1 << 16:
            raise AudiolabError(f"--master '{options.master}': give host:port of machine 0, a port from 1 to 65535")
    return system, config.from_namespace(cls, options), options


def _parser() -> cli.ArgumentParser:
    parser = cli.ArgumentParser(
        prog="audiolab.bin.train", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--expdir", help="folder of this run; the same one resumes it")
    parser.add_argument("--ngpu", type=int, default=0, help="GPUs of this machine, one process each (default: 0)")
    parser.add_argument("--nproc", type=int, default=1, help="processes on the CPU, with --ngpu 0 (default: 1)")
    parser.add_argument("--num_nodes", type=int, default=1, help="machines; run the same command on each (default: 1)")
    parser.add_argument("--node_rank", type=int, help="which machine this is, from 0 (default: Slurm's)")
    parser.add_argument("--master", help="host:port of machine 0 (default: the first host of the Slurm job)")
    return parser


def _system_name(argv: list[str]) -> str | None:
    """Return the system that is named on the command line, or else in the YAML."""
    early = cli.ArgumentParser(prog="audiolab.bin.train", add_help=False)
    early.add_argument("--system")
    early.add_argument("--config")
    known, _ = early.parse_known_args(argv)
    if known.system is not None or known.config is None:
        return known.system
    tree, where = config.load_yaml(known.config)
    name = tree.get("system")
    if name is not None and not isinstance(name, str):
        raise AudiolabError(f"{where['system']}: 'system' must be str, not {name!r}")
    if name is not None and name not in systems.names():
        raise AudiolabError(f"{where['system']}: unknown system '{name}'{did_you_mean(name, systems.names())}")
    return name


if __name__ == "__main__":
    cli.run(main)
