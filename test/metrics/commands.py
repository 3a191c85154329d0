"""Running a command of ``audiolab.bin`` in this process."""

import sys


def command(monkeypatch, module, *arguments, **options):
    """Run a command's ``main``; an option that is True stands without a value, a list's items are given one each."""
    words = [*arguments]
    for name, value in options.items():
        for each in value if isinstance(value, list) else [value]:
            words += [f"--{name}"] if each is True else [f"--{name}", str(each)]
    monkeypatch.setattr(sys, "argv", [module.__name__.rpartition(".")[2], *words])
    module.main()
