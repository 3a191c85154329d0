"""Write and check stamps, which say what a recipe's stage made a folder from.

python -m audiolab.bin.stamp write FOLDER STAGE [--inputs PATH …] [--options KEY=VALUE …]
python -m audiolab.bin.stamp check FOLDER STAGE [--made_by TEXT] [--options KEY=VALUE …]
"""

from __future__ import annotations

from audiolab.cli import ArgumentParser, run
from audiolab.datadir.stamp import check_stamp, write_stamp
from audiolab.errors import AudiolabError


def main() -> None:
    """Run the command."""
    parser = ArgumentParser(prog="audiolab.bin.stamp", description="Write or check what a stage made a folder from.")
    parser.add_argument("verb", choices=["write", "check"])
    parser.add_argument("folder", help="what the stage made")
    parser.add_argument("stage", help="the stage's name")
    parser.add_argument("--inputs", nargs="*", default=[], help="write: the files and folders that the stage read")
    parser.add_argument("--options", nargs="*", default=[], metavar="KEY=VALUE", help="options that change the result")
    parser.add_argument("--made_by", default="", help='check: the stage as the user calls it: "stage 1 (features)"')
    args = parser.parse_args()
    if (args.verb == "write" and args.made_by) or (args.verb == "check" and args.inputs):
        raise AudiolabError("stamp: --inputs is for 'write', --made_by for 'check'")
    for option in args.options:
        if "=" not in option:
            raise AudiolabError(f"stamp: --options takes KEY=VALUE, not '{option}'")
    options = dict(option.split("=", 1) for option in args.options)
    if args.verb == "write":
        write_stamp(args.folder, args.stage, args.inputs, options)
    else:
        check_stamp(args.folder, args.stage, args.made_by, options)


if __name__ == "__main__":
    run(main)
