"""What all commands in ``audiolab.bin`` share: the option parser and the way in which errors reach the user."""

from __future__ import annotations

import argparse
import contextlib
import errno
import logging
import math
import os
import signal
import sys
import tempfile
from collections.abc import Callable, Collection, Sequence
from pathlib import Path
from types import FrameType
from typing import Any, BinaryIO, Literal, NoReturn

import configargparse

from audiolab.errors import AudiolabError, did_you_mean


class HelpFormatter(configargparse.ArgumentDefaultsHelpFormatter):
    """Shows the default of each option that has one."""

    def _get_help_string(self, action: argparse.Action) -> str | None:
        return action.help if action.default is None else super()._get_help_string(action)


class ArgumentParser(configargparse.ArgumentParser):
    """Options from the command line or from a YAML file; an unknown one is refused with the nearest known name."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        kwargs.setdefault("allow_abbrev", False)
        kwargs.setdefault("formatter_class", HelpFormatter)
        super().__init__(*args, **kwargs)

    def parse_known_args(self, args: Sequence[str] | None = None, *rest: Any, **kwargs: Any) -> Any:
        """Parse ``args``; raise `AudiolabError`, which names a mistyped option before one that is missing for it."""
        self._given = sys.argv[1:] if args is None else list(args)
        return super().parse_known_args(args, *rest, **kwargs)

    def parse_args(self, args: Sequence[str] | None = None, namespace: Any = None, **kwargs: Any) -> Any:
        """Parse ``args``; raise `AudiolabError` on anything unknown."""
        known, unknown = self.parse_known_args(args, namespace, **kwargs)
        if unknown:
            self._refuse(unknown[0])
        return known

    def error(self, message: str) -> NoReturn:
        """Raise `AudiolabError` in place of argparse's two-line usage message."""
        if "are required" in message:
            words = (word for word in self._given if word.startswith("--") and word != "--")
            for word in words:
                if word.split("=")[0] not in self._option_string_actions:
                    self._refuse(word)
        raise AudiolabError(f"{self.prog}: {message} (see --help)")

    def _refuse(self, argument: str) -> NoReturn:
        word = argument.split("=")[0]
        raise AudiolabError(f"{self.prog}: unknown argument '{word}'{did_you_mean(word, self._option_string_actions)}")


def _use_writable_caches() -> None:
    """Where the home folder takes no caches, give numba, which fails without one, and matplotlib a temporary folder."""
    home = Path(os.environ.get("XDG_CACHE_HOME") or os.path.expanduser("~/.cache"))
    with contextlib.suppress(OSError):
        home.mkdir(parents=True, exist_ok=True)
        if os.access(home, os.W_OK | os.X_OK):
            return
    folder = Path(tempfile.gettempdir(), f"audiolab-{os.getuid()}")
    folder.mkdir(mode=0o700, exist_ok=True)
    if folder.stat().st_uid != os.getuid():  # compiled code is taken from our own folder only
        folder = Path(tempfile.mkdtemp(prefix="audiolab-"))
    for variable, name in (("NUMBA_CACHE_DIR", "numba"), ("MPLCONFIGDIR", "matplotlib")):
        os.environ.setdefault(variable, str(folder / name))


def _terminate(number: int, frame: FrameType | None) -> NoReturn:
    signal.signal(number, signal.SIG_DFL)  # a second one ends what does not end by the first
    sys.exit(128 + number)


def positive(text: str) -> int:
    """Return a count of 1 or more; the ``type`` of an option."""
    if not text.isdecimal() or int(text) < 1:
        raise argparse.ArgumentTypeError(f"'{text}' is no count of 1 or more")
    return int(text)


def _number(kind: type[int] | type[float], text: str) -> float:
    """Return the number that a text gives; NaN where it gives none."""
    try:
        return kind(text)
    except ValueError:
        return math.nan


def within(kind: type[int] | type[float], low: float, high: float) -> Callable[[str], float]:
    """Return the ``type`` of an option that is a number from ``low`` to ``high``."""

    def number(text: str) -> float:
        value = _number(kind, text)
        if not low <= value <= high:  # NaN is in no range
            raise argparse.ArgumentTypeError(f"'{text}' is no number from {low:g} to {high:g}")
        return value

    return number


def count(text: str) -> int:
    """Return a whole number of 0 or more; the ``type`` of an option."""
    if not text.isdecimal():
        raise argparse.ArgumentTypeError(f"'{text}' is no whole number of 0 or more")
    return int(text)


def standard(name: Literal["stdin", "stdout"]) -> BinaryIO:
    """Return standard input or output for bytes; raises `AudiolabError` where the caller has closed it."""
    stream = getattr(sys, name)
    if stream is None:
        raise AudiolabError(f"standard {name.removeprefix('std')}put is closed; redirect it to a file or a pipe")
    return stream.buffer


def above_zero(text: str) -> float:
    """Return a finite number above 0; the ``type`` of an option."""
    value = _number(float, text)
    if not 0 < value < math.inf:
        raise argparse.ArgumentTypeError(f"'{text}' is no number above 0")
    return value


def at_least_zero(text: str) -> float:
    """Return a finite number of 0 or more; the ``type`` of an option."""
    value = _number(float, text)
    if not 0 <= value < math.inf:
        raise argparse.ArgumentTypeError(f"'{text}' is no number of 0 or more")
    return value


def chosen(prog: str, known: Collection[str], what: str, argv: Sequence[str] | None = None) -> tuple[str, list[str]]:
    """Return the name that stands behind a command's own, and the arguments behind it; of ``--help`` tell the names.

    Args:
        prog: The command.
        known: Names that there are.
        what: What they are names of, such as ``task``.
        argv: What stands behind the command; by default on this process's command line.

    Raises:
        AudiolabError: There is no such name.
    """
    name, *arguments = (sys.argv[1:] if argv is None else argv) or [""]
    if name in ("", "-h", "--help"):
        print(f"usage: {prog} {'|'.join(known)} …\n\nGive {prog} {next(iter(known))} --help for its options.")
        sys.exit()
    if name not in known:
        raise AudiolabError(f"{prog}: no {what} '{name}'{did_you_mean(name, known)}")
    return name, arguments


def run(main: Callable[[], None]) -> NoReturn:
    """Run a command's ``main`` and exit: 0, or 1 with one line on standard error when the user can mend it.

    SIGTERM, and SIGHUP but under ``nohup``, end it as Ctrl-C does, with status 143 or 129: files that are being written
    are removed.
    """
    signal.signal(signal.SIGTERM, _terminate)
    if signal.getsignal(signal.SIGHUP) is signal.SIG_DFL:
        signal.signal(signal.SIGHUP, _terminate)
    _use_writable_caches()
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(message)s", datefmt="%H:%M:%S", stream=sys.stderr)
    status = 0
    try:
        main()
        if sys.stdout is not None:
            sys.stdout.flush()
    except AudiolabError as error:
        print(f"error: {error}", file=sys.stderr)
        status = 1
    except KeyboardInterrupt:
        print("interrupted", file=sys.stderr)
        status = 130
    except BrokenPipeError:
        status = 141
    except OSError as error:
        no_room = error.errno in (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)
        if not (no_room or "No usable temporary directory" in str(error)):  # the latter is tempfile's, for no room, too
            raise
        where = error.filename or f"standard output, or temporary files in {os.environ.get('TMPDIR', '/tmp')}"
        print(f"error: cannot write {where}: {os.strerror(error.errno if no_room else errno.ENOSPC)}", file=sys.stderr)
        status = 1
    if status and sys.stdout is not None:
        try:
            sys.stdout.flush()
        except OSError:  # was told; the interpreter would try it again
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    sys.exit(status)
