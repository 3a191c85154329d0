"""The table of public recordings: what is used for what, and no speaker or noise in two parts."""

from __future__ import annotations

import csv
import subprocess
import sys
from pathlib import Path

SCRIPT = Path(__file__).parents[2] / "egs/dns/se1/local/recorded_table.py"

MANIFEST = """\
path\ttask\tlang\tspeaker\tseconds\ttext
speech/en/vctk/p225/1.flac\tvc\ten\tp225\t3.0\tone "quote
speech/en/vctk/p226/1.flac\tvc\ten\tp226\t2.0\t
speech/en/vctk/p225/2.flac\tvc\ten\tp225\t1.99\t
speech/en/fleurs/a.flac\ttts\ten\tfleurs?\t4.0\t
speech/de/fleurs/a.flac\ttts\tde\tfleurs?\t4.0\t
speech/pl/nemo/TP0/1.flac\tvc\tpl\tnemo_TP0\t2.5\t
speech/fi/vcc2020/1.flac\tvc\tfi\tvcc2020_TFF1\t6.0\t
noise/esc10/rain/2-101676-A.flac\tnoise\t\t\t5.0\t
noise/esc10/dog_bark/2-122104-A.flac\tnoise\t\t\t5.0\t
noise/blanket/wind.flac\tnoise\t\t\t5.0\t
se_pairs/voicebank_demand/clean/p1.flac\tse_pair\ten\tp287\t4.0\t
se_pairs/voicebank_demand/noisy/p1.flac\tse_pair\ten\tp287\t4.0\t
music/a/vocals.flac\tmsep\t\t\t10.0\t
"""

WANTED = [
    ("speech_source", "pack/speech/en/vctk/p225/1.flac", "p225", "en", "train", ""),
    ("speech_source", "pack/speech/en/vctk/p226/1.flac", "p226", "en", "valid", ""),
    ("speech_english", "pack/speech/en/fleurs/a.flac", "fleurs_en", "en", "train", ""),
    ("speech_target", "pack/speech/de/fleurs/a.flac", "fleurs_de", "de", "valid", ""),
    ("speech_target", "pack/speech/pl/nemo/TP0/1.flac", "nemo_TP0", "pl", "test", ""),
    ("noise_source", "pack/noise/esc10/rain/2-101676-A.flac", "", "", "train", ""),
    ("noise_target", "pack/noise/esc10/dog_bark/2-122104-A.flac", "", "", "test", ""),
    ("noise_target", "pack/noise/blanket/wind.flac", "", "", "train", ""),
    (
        "pair",
        "pack/se_pairs/voicebank_demand/noisy/p1.flac",
        "p287",
        "en",
        "",
        "pack/se_pairs/voicebank_demand/clean/p1.flac",
    ),
]


def run(pack: Path, out: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, str(SCRIPT), "--pack", str(pack), "--out", str(out)], capture_output=True, text=True
    )


def test_the_table_says_what_each_recording_is_for(tmp_path: Path) -> None:
    (tmp_path / "pack").mkdir()
    (tmp_path / "pack/manifest.tsv").write_text(MANIFEST, encoding="utf-8")
    done = run(tmp_path / "pack", tmp_path / "recordings.tsv")
    assert done.returncode == 0, done.stderr
    with open(tmp_path / "recordings.tsv", encoding="utf-8", newline="") as file:
        header, *rows = csv.reader(file, delimiter="\t")
    assert header == ["use", "path", "speaker", "language", "part", "clean"]
    assert [tuple(row) for row in rows] == WANTED


def test_a_pack_without_manifest_is_refused_in_one_line(tmp_path: Path) -> None:
    done = run(tmp_path, tmp_path / "recordings.tsv")
    assert done.returncode == 1
    assert done.stderr.startswith("error: ")
    assert "manifest.tsv" in done.stderr
    assert done.stderr.count("\n") == 1
    assert not (tmp_path / "recordings.tsv").exists()
