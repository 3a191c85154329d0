"""Which models and conversions of `vcc2018/vc1` are published: those that were scored last."""

from types import SimpleNamespace

import pytest
from resolved import jobs_of

from audiolab.datadir.datadir import write_data_dir
from audiolab.errors import AudiolabError
from audiolab.report import packing


@pytest.fixture(scope="module")
def jobs():
    """Return the recipe's script as a module."""
    return jobs_of("vcc2018/vc1")


def test_what_was_left_out_of_the_conversion_is_not_published(jobs, tmp_path, monkeypatch):
    """Of two pairs that were trained, one; its other way and F0 moved are made with the same model."""
    for name in ("eval", "ref"):
        write_data_dir(tmp_path / name, {"utt2spk": {f"{speaker}_1": speaker for speaker in "ABCD"}})
    for name in ("conf.yaml", "convert.yaml", "f0.yaml"):
        (tmp_path / name).write_text("")
    asked = SimpleNamespace(
        expdir=tmp_path / "exp", configs=[str(tmp_path / "conf.yaml")], pairs=["A:B", "C:D"], seeds=["0"],
        infer_config=tmp_path / "convert.yaml", f0_config=str(tmp_path / "f0.yaml"), f0_of="conf.yaml",
        both_ways="true", data=str(tmp_path / "eval"), reference=str(tmp_path / "ref"), leave_out=[], seed="0",
    )  # fmt: skip
    jobs.write_trainings(asked)
    asked.pairs = ["C:D"]
    jobs.write_conversions(asked)
    packed = []
    monkeypatch.setattr(packing, "pack", lambda run, out, *_: packed.append((run, out)))
    jobs.publish_models(asked)
    run = f"{asked.expdir}/conf/C-D_s0"
    assert packed == [(run, f"{run}.zip")]
    folders = {"conf": f"{run}/convert/", "conf+F0": f"{asked.expdir}/conf+F0/C-D_s0/"}
    both = [(name, folder + way) for way in ("eval", "eval_reverse") for name, folder in folders.items()]
    for _, folder in both:
        write_data_dir(folder, {"utt2spk": {"D-C_1": "D"}})
    command = jobs.listening_command(asked)
    assert sorted(word for word in command if "=" in word) == sorted(f"{name}={folder}" for name, folder in both)


@pytest.mark.parametrize("name", ["convert.yaml", "f0.yaml"])
def test_a_config_that_converting_would_refuse_is_refused_before_training(jobs, tmp_path, name):
    for each in ("convert.yaml", "f0.yaml"):
        (tmp_path / each).write_text("f0: keep\n" + "conversion: {limt_db: 3}\n" * (each == name))
    asked = SimpleNamespace(infer_config=tmp_path / "convert.yaml", f0_config=str(tmp_path / "f0.yaml"))
    with pytest.raises(AudiolabError, match=rf"{name}:2: unknown key 'conversion.limt_db'"):
        jobs.check_infer_configs(asked)
