"""What `vcc2018/vc1` trains and converts, and what it publishes: models and conversions that were scored last."""

import pytest
from resolved import EGS

from audiolab.bin import pack
from audiolab.datadir.datadir import write_data_dir
from audiolab.datadir.stamp import write_stamp
from audiolab.errors import AudiolabError
from audiolab.plan.expansion import Plan
from audiolab.plan.phases import read_phases
from audiolab.tasks.vc.listening import samples_of, scored_systems
from audiolab.tasks.vc.tables import TASK

RECIPE = EGS / "vcc2018/vc1"
SETTINGS = {
    "exp": "exp", "features": "dump", "eval": "eval", "ref": "ref", "nj": "2", "job_utterances": "9",
    "infer_config": "conf/convert.yaml", "train_options": "",
    "f0_config": "conf/convert_f0.yaml", "f0_of": "conf/softgan_energy.yaml",
}  # fmt: skip
FORWARD = ("converted", "moved", "baseline", "natural")
BOTH = (*FORWARD, *(f"{name}_back" for name in FORWARD))
CONFIGS = ("conf/softgan_energy.yaml", "conf/gan_energy.yaml")


@pytest.fixture
def planned(monkeypatch):
    """Return a call that gives the recipe's plan of two systems."""
    monkeypatch.chdir(RECIPE)

    def planned(targets=BOTH, pairs=("A:B",), seeds=("0", "1"), configs=CONFIGS):
        axes = {"config": configs, "seed": seeds, "source:target": pairs, "baseline": ["all"]}
        return Plan(read_phases("local/phases.yaml"), SETTINGS, axes, targets)

    return planned


def words_of(plan, name):
    return [" ".join(job.words) for job in plan.jobs.values() if job.phase.name == name]


def test_trainings(planned):
    plan = planned()
    assert words_of(plan, "trained") == [
        f"--config {config} --expdir exp/{config[5:-5]}/A-B_s{seed} --seed {seed} --data_conf.train_dir dump "
        "--data_conf.source A --data_conf.target B"
        for config in CONFIGS
        for seed in "01"
    ]
    assert [len(wave) for wave in plan.waves("train")] == [4]


def test_conversions_both_ways(planned):
    plan = planned(seeds=("0",))
    run = "exp/softgan_energy/A-B_s0"
    model = f"vc --model {run} --data eval --out"
    assert words_of(plan, "converted")[0] == f"{model} {run}/convert/eval --config conf/convert.yaml"
    assert (
        words_of(plan, "converted_back")[0]
        == f"{model} {run}/convert/eval_reverse --config conf/convert.yaml --reverse"
    )
    moved = "exp/softgan_energy+F0/A-B_s0"
    assert words_of(plan, "moved") == [f"{model} {moved}/eval --config conf/convert_f0.yaml"]
    assert words_of(plan, "moved_back") == [f"{model} {moved}/eval_reverse --config conf/convert_f0.yaml --reverse"]
    like = f"--like {run} --data eval --out exp"
    assert words_of(plan, "baseline")[1] == f"--kind mean_shift {like}/mean_shift/A-B/eval"
    assert words_of(plan, "baseline_back")[1] == f"--kind mean_shift {like}/mean_shift/B-A/eval --reverse"
    assert [len(wave) for wave in plan.waves("infer")] == [2 * (2 + 1 + 3)]
    listed = [tuple(job.listed.values()) for job in plan.jobs.values() if job.listed]
    assert len(listed) == 2 * (2 + 1 + 3 + 1)
    assert ("softgan_energy+F0", "0", "B", "A", f"{moved}/eval_reverse") in listed
    assert ("natural", "-", "A", "B", "-") in listed


@pytest.mark.parametrize(
    ("pairs", "seeds", "told"),
    [
        (("A:B", "B:A"), ("0",), "exp/unconverted/A-B/eval would be made 2 times"),
        (("A:B", "A:B"), ("0",), "source:target A:B is named 2 times"),
        (("A:B",), ("0", "0"), "seed 0 is named 2 times"),
    ],
)
def test_what_would_be_made_twice_is_refused(planned, pairs, seeds, told):
    with pytest.raises(AudiolabError, match=told):
        planned(pairs=pairs, seeds=seeds)


def test_what_was_not_scored_is_not_published(tmp_path, monkeypatch):
    """Of what is scored the models behind it, and in the listening test the first seed, both ways and F0 moved."""
    monkeypatch.chdir(tmp_path)
    rows = []
    for seed in "01":
        run = f"exp/conf/C-D_s{seed}"
        write_stamp(run, "trained", [], {"command": f"train --expdir {run}"})
        for system, folder in (("conf", f"{run}/convert"), ("conf+F0", f"exp/conf+F0/C-D_s{seed}")):
            for way, ends in (("eval", ("C", "D")), ("eval_reverse", ("D", "C"))):
                write_data_dir(f"{folder}/{way}", {"utt2spk": {"D-C_1": "D"}})
                write_stamp(f"{folder}/{way}", "converted", [f"{run}/.stamp/trained.json"])
                rows.append((system, seed, *ends, f"{folder}/{way}"))
    write_stamp("exp/mean_shift/C-D/eval", "baseline", ["exp/conf/C-D_s0/.stamp/trained.json"])
    write_stamp("exp/conf/A-B_s0", "trained", [], {"command": "train"})
    rows += [("mean_shift", "-", "C", "D", "exp/mean_shift/C-D/eval"), ("natural", "-", "C", "D", "-")]
    lines = [("system", "seed", "source", "target", "dir"), *rows]
    (tmp_path / "exp/scored.tsv").write_text("".join("\t".join(line) + "\n" for line in lines))
    packed = []
    monkeypatch.setattr(pack, "pack", lambda run, out, *_: packed.append((run, out)) or {})
    monkeypatch.setattr("sys.argv", ["pack", "--listed", "exp/scored.tsv", "--verb", "convert"])
    for seed in "01":
        (tmp_path / f"exp/conf/C-D_s{seed}.zip").touch()
    pack.main()
    assert packed == [(f"exp/conf/C-D_s{seed}", f"exp/conf/C-D_s{seed}.zip") for seed in "01"]
    heard = scored_systems(TASK.read_runs("exp/scored.tsv"))
    assert [(name, str(made.path)) for name, dirs in heard.items() for made in dirs] == [
        (name, row[4]) for name in ("conf", "conf+F0") for row in rows if row[:2] == (name, "0")
    ]
    assert samples_of(heard) == 4  # two systems, source and target; of two utterances
    assert samples_of(heard, ["source", "conf"]) == 2


@pytest.mark.parametrize("name", ["convert.yaml", "f0.yaml"])
def test_a_config_that_converting_would_refuse_is_refused_before_training(tmp_path, name):
    from audiolab.bin.apply import parse

    (tmp_path / name).write_text("f0: keep\nconversion: {limt_db: 3}\n")
    with pytest.raises(AudiolabError, match=rf"{name}:2: unknown key 'conversion.limt_db'"):
        parse(["vc", "--model", "x", "--data", "y", "--out", "z", "--config", str(tmp_path / name)])
