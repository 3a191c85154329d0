"""What all commands in ``audiolab.bin`` share: the option parser and the way in which errors reach the user."""

from __future__ import annotations

import argparse
import logging
import math
import os
import sys
from collections.abc import Callable, Sequence
from typing import Any, NoReturn

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

    def parse_args(self, args: Sequence[str] | None = None, namespace: Any = None, **kwargs: Any) -> Any:
        """Parse ``args``; raise `AudiolabError` on anything unknown."""
        known, unknown = self.parse_known_args(args, namespace, **kwargs)
        if unknown:
            options = [option for action in self._actions for option in action.option_strings]
            word = unknown[0].split("=")[0]
            raise AudiolabError(f"{self.prog}: unknown argument '{word}'{did_you_mean(word, options)}")
        return known

    def error(self, message: str) -> NoReturn:
        """Raise `AudiolabError` in place of argparse's two-line usage message."""
        raise AudiolabError(f"{self.prog}: {message} (see --help)")


def positive(text: str) -> int:
    """Return a count of 1 or more; the ``type`` of an option."""
    if not text.isdecimal() or int(text) < 1:
        raise argparse.ArgumentTypeError(f"'{text}' is no count of 1 or more")
    return int(text)


def above_zero(text: str) -> float:
    """Return a finite number above 0; the ``type`` of an option."""
    try:
        value = float(text)
    except ValueError:
        value = math.nan
    if not 0 < value < math.inf:
        raise argparse.ArgumentTypeError(f"'{text}' is no number above 0")
    return value


def run(main: Callable[[], None]) -> NoReturn:
    """Run a command's ``main`` and exit: 0, or 1 with one line on standard error when the user can mend it."""
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(message)s", datefmt="%H:%M:%S", stream=sys.stderr)
    try:
        main()
        sys.stdout.flush()
    except AudiolabError as error:
        print(f"error: {error}", file=sys.stderr)
        sys.exit(1)
    except KeyboardInterrupt:
        print("interrupted", file=sys.stderr)
        sys.exit(130)
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(141)
    sys.exit(0)
