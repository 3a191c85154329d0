"""Write and check stamps, which say what a recipe's stage made a folder from.

python -m audiolab.bin.stamp begin FOLDER STAGE [--inputs PATH …] [--options KEY=VALUE …]
python -m audiolab.bin.stamp commit FOLDER STAGE [--inputs PATH …]
python -m audiolab.bin.stamp write FOLDER STAGE [--inputs PATH …] [--options KEY=VALUE …]
python -m audiolab.bin.stamp check FOLDER STAGE [--stages "NUMBER:NAME …"] [--options KEY=VALUE …]
"""

from __future__ import annotations

from audiolab.cli import ArgumentParser, run
from audiolab.datadir.stamp import begin_stage, check_stamp, commit_stage, stage_calls, write_stamp
from audiolab.errors import AudiolabError

TAKES = {
    "begin": ("inputs", "options"),
    "commit": ("inputs",),
    "write": ("inputs", "options"),
    "check": ("stages", "options"),
}
"""Which options are for which verb."""


def main() -> None:
    """Run the command."""
    parser = ArgumentParser(
        prog="audiolab.bin.stamp",
        description="Say what a stage makes a folder from, in a stamp: 'begin' withdraws the earlier one and notes "
        "what the stage reads; 'commit' writes it when the stage has ended, unless an input was changed; 'write' is "
        "both, for what was made in a moment; 'check' fails where the folder is not made to its end, or older than "
        "what it was made from.",
    )
    parser.add_argument("verb", choices=list(TAKES))
    parser.add_argument("folder", help="what the stage makes")
    parser.add_argument("stage", help="the stage's name")
    parser.add_argument(
        "--inputs", nargs="*", default=[], help="begin: what the stage reads; commit: what was not there then"
    )
    parser.add_argument("--options", nargs="*", default=[], metavar="KEY=VALUE", help="options that change the result")
    parser.add_argument("--stages", default="", help="check: the recipe's, as 0:data 1:features, for messages")
    args = parser.parse_args()
    for name in ("inputs", "options", "stages"):
        if getattr(args, name) and name not in TAKES[args.verb]:
            raise AudiolabError(f"stamp: --{name} is not for '{args.verb}' (see --help)")
    for option in args.options:
        if "=" not in option:
            raise AudiolabError(f"stamp: --options takes KEY=VALUE, not '{option}'")
    options = dict(option.split("=", 1) for option in args.options)
    if args.verb == "begin":
        begin_stage(args.folder, args.stage, args.inputs, options)
    elif args.verb == "commit":
        commit_stage(args.folder, args.stage, args.inputs)
    elif args.verb == "write":
        write_stamp(args.folder, args.stage, args.inputs, options)
    else:
        check_stamp(args.folder, args.stage, stage_calls(args.stages), options)


if __name__ == "__main__":
    run(main)
