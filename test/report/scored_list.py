"""What of the small experiment was scored: its pairs, their conversions, and the list."""

PAIRS = ("AX", "BY")


def made(expdir, source, target):
    """Return the data dir of what a run converted."""
    return expdir / "softgan" / f"{source}-{target}" / "last" / "eval"


def list_scored(expdir, *rows):
    """Write the list of what was scored: system, seed, source, target and dir."""
    lines = ("\t".join(map(str, row)) for row in [("system", "seed", "source", "target", "dir"), *rows])
    (expdir / "scored.tsv").write_text("".join(f"{line}\n" for line in lines))
