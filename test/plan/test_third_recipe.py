"""A recipe that trains, labels, filters, trains again, applies, scores and reports has no Python of its own."""

import csv
import sys
from pathlib import Path

import pytest
from mixture_folder import make_domains

from audiolab.bin import plan
from audiolab.errors import AudiolabError
from audiolab.plan.running import read_tasks

PHASES = Path(__file__).with_name("third.yaml")
CONF = """
system: {system}
system_conf: {{enhancer: {{widths: [4, 4, 4, 4, 4]}}}}
data_conf: {{seconds: 0.25}}
trainer: {{max_steps: 2, batch_size: 2, valid_every: 2, save_every: 2, log_every: 1, num_workers: 0, precision: fp32}}
"""


@pytest.fixture
def call(tmp_path, monkeypatch):
    """Call ``audiolab.bin.plan`` in a folder with mixtures of two domains and two configs."""
    monkeypatch.chdir(tmp_path)
    make_domains(Path("data"), 4, 0.3)
    Path("conf").mkdir()
    for name, system in (("teacher", "se_supervised"), ("judge", "se_domain_classifier")):
        Path(f"conf/{name}.yaml").write_text(CONF.format(system=system))

    def call(*words):
        monkeypatch.setattr(sys, "argv", ["plan", *map(str, words)])
        plan.main()

    return call


def settings(*sets):
    return (
        "--make",
        "reported",
        "--set",
        "exp=exp",
        "conf=conf",
        "data=data",
        "nj=2",
        "--axes",
        "seed=0",
        f"set={' '.join(sets)}",
    )


def test_each_config_of_a_phase_is_looked_at(call):
    Path("conf/bad.yaml").write_text(CONF.format(system="se_supervised") + "nosuchkey: 1\n")
    Path("phases.yaml").write_text(
        "axes: {conf: name}\nphases:\n  model: {stage: 1:train, verb: train, over: conf, folder: 'exp/model_{conf}', "
        "arguments: '--config conf/{conf}.yaml --expdir {folder} --data_conf.source_train a "
        "--data_conf.source_valid b'}\n"
    )
    options = ("check", "phases.yaml", "--make", "model", "--parse", "--axes")
    call(*options, "conf=teacher")
    with pytest.raises(AudiolabError, match=r"conf/bad\.yaml.*nosuchkey"):
        call(*options, "conf=teacher bad")


def run(call, stage, *sets):
    listed = ("--listed", "exp/scored.tsv") if stage == "apply" else ()
    call("list", PHASES, *settings(*sets), "--stage", stage, "--out", f"{stage}.tsv", *listed)
    call("run", f"{stage}.tsv", 1, "--step", 1)


def test_from_nothing_to_the_page(call, capsys):
    sets = ("source/valid", "target/valid")
    with pytest.raises(Exception, match="files are named by ids"):
        call("check", PHASES, *settings(*sets))
    for name in sets:
        Path("data", name.replace("/", "_")).symlink_to(Path(name))
    sets = ("source_valid", "target_valid")
    call("check", PHASES, *settings(*sets), "--parse")
    for stage in ("train", "apply", "score", "report"):
        run(call, stage, *sets)
    chosen = Path("exp/labels_s0/pool").read_text().split()
    labels = dict(line.split() for line in Path("exp/labels_s0/decisions").read_text().splitlines())
    assert len(labels) == 4
    assert sorted(chosen) == sorted(sorted(labels, key=lambda name: -float(labels[name]))[:2])
    with open("exp/scores.csv") as file:
        rows = list(csv.DictReader(file))
    assert {(row["system"], row["set"]) for row in rows} == {(s, name) for s in ("noisy", "student") for name in sets}
    assert [task.part for _, task in read_tasks("apply.tsv")] == [*["1/2", "2/2"] * 2, *["join/2"] * 2]
    page = Path("exp/report.html").read_text()
    assert all(text in page for text in ("<audio ", "student", *sets))
    capsys.readouterr()
    call("run", "train.tsv", 1, "--step", 1)
    assert capsys.readouterr().out.count("is there already, made of the same") == 5
    call("made_with", "train", "exp/scored.tsv")
    assert capsys.readouterr().out.split() == [f"exp/{name}_s0" for name in ("teacher", "judge", "student")]
