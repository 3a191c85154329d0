"""The plan in docs/plans.md is one, with the settings of the command that stands there."""

import re
import shlex
from pathlib import Path

from audiolab.bin import plan

PAGE = Path(__file__).parents[2] / "docs" / "plans.md"


def test_the_plan_of_the_docs_is_sound(tmp_path, monkeypatch):
    text = PAGE.read_text()
    monkeypatch.chdir(tmp_path)
    for folder in ("local", "conf/mini"):
        Path(folder).mkdir(parents=True)
    Path("conf/mini/source.yaml").write_text("system: srst\n")
    Path("local/phases.yaml").write_text(re.search(r"```yaml\n(.*?)```", text, re.DOTALL)[1])
    command = re.search(r"audiolab\.bin\.plan (check .*?[^\\])\n", text, re.DOTALL)[1].replace("\\\n", " ")
    monkeypatch.setattr("sys.argv", ["plan", *shlex.split(command)])
    plan.main()
    monkeypatch.setattr("sys.argv", ["plan", "list", *shlex.split(command)[1:], "--stage", "train", "--out", "t.tsv"])
    plan.main()
    rows = [line.split("\t")[1:3] for line in Path("t.tsv").read_text().splitlines()[1:]]
    exp = "exp/mini"
    assert sorted(rows) == [[phase, f"{exp}/{phase}_s{seed}"] for phase in ("longer", "source") for seed in "01"]
