"""Tables of speech synthesis: by voice, the paper's figures, differences sentence by sentence, utterances by set."""

import pytest
from commands import command

from audiolab.bin import count_utterances, tabulate
from audiolab.datadir.datadir import DataDir, write_data_dir
from audiolab.datadir.named import parse_named_dirs
from audiolab.errors import AudiolabError
from audiolab.metrics.table import NOT_SCORED
from audiolab.tasks.tts.corpora import utterances_table
from audiolab.tasks.tts.scores import METRICS, TTS, SynthesisScore
from audiolab.tasks.tts.tables import TASK, PaperRow, by_voice, differences, figures, voice_means, voices

LEVELS = {"vocoded": 0.1, "baseline": 0.5, "mlms": 0.4, "v1": 0.9, "v3": 0.3}
PAPER = [
    PaperRow("Figure 2", "single", "baseline", "en-us it", ""),
    PaperRow("Figure 2", "MLMS", "mlms", "en-us it", "random <codes>"),
    PaperRow("Figure 3", "single", "baseline", "pl", ""),
    PaperRow("Figure 3", "v1", "v1", "pl", ""),
    PaperRow("Figure 3", "v2", "v2", "pl", ""),
    PaperRow("Figure 3", "v3", "v3", "pl", ""),
    PaperRow("Figure 4", "v9", "v9", "pl", ""),
]


def scores(count=6):
    """Return scores of two seeds: of two speakers of en-us, one of it, one of pl, which other systems speak."""
    found = []
    for system, level in LEVELS.items():
        for language, speaker in (("en-us", "A"), ("en-us", "B"), ("it", "C"), ("pl", "P")):
            if system not in ("vocoded", "baseline") and (system == "mlms") == (language == "pl"):
                continue
            for seed in ["-"] if system == "vocoded" else ["0", "1"]:
                for number in range(count):
                    value = level + 0.1 * number + 0.05 * (seed == "1") + 0.01 * (speaker == "B")
                    values = {metric.column: value for metric in METRICS}
                    found.append(SynthesisScore(system, seed, language, speaker, f"{speaker}_{number}", values))
    return found


def test_voices_are_languages_unless_several_speak_one():
    assert list(voices(scores())) == ["en-us, A", "en-us, B", "it", "pl"]
    assert {score.speaker for score in voices(scores())["it"]} == {"C"}


def test_means_by_voice_are_over_sentences_of_averaged_seeds():
    means = voice_means(scores(), METRICS[0])
    assert means["it"]["mlms"].mean == pytest.approx(0.4 + 0.25 + 0.025)
    assert means["en-us, B"]["vocoded"].mean == pytest.approx(0.1 + 0.25 + 0.01)
    assert means["it"]["mlms"].count == 6
    assert "v1" not in means["it"]
    assert means["it"]["mlms"].low < means["it"]["mlms"].mean < means["it"]["mlms"].high


def test_the_papers_figures_have_their_systems_and_languages():
    second, third = figures(scores(), PAPER)
    assert (second.name, third.name) == ("Figure 2", "Figure 3")
    assert list(second.means) == ["en-us, A", "en-us, B", "it"]
    assert list(third.means) == ["pl"]
    assert third.means["pl"]["v3"].mean == pytest.approx(0.3 + 0.25 + 0.025)
    assert second.notes == ["MLMS: random <codes>."]
    (row,) = third.table.rows
    assert row["v2"] == NOT_SCORED
    assert [column.key for column in third.table.columns] == ["Voice", "single", "v1", "v2", "v3"]
    assert third.table.best_of_row == "lower"


def test_differences_are_paired_by_sentence():
    found = {metric.column: table for metric, table in differences(scores(), "baseline")}
    assert found.keys() == {metric.column for metric in METRICS}
    rows = {row["group"]: row for row in found["mse"].rows}
    assert rows["it"]["mlms"].mean == pytest.approx(-0.1)
    assert rows["it"]["mlms"].high == pytest.approx(-0.1)  # the same for each sentence
    assert rows["pl"]["v3"].mean == pytest.approx(-0.2)
    assert all("vocoded" not in row for row in rows.values())


def test_results_in_markdown(tmp_path, monkeypatch):
    TTS.write(tmp_path / "scores.csv", scores())
    (tmp_path / "scores.yaml").write_text("conditions: {Frames: all of them}\n")
    lines = ["figure\trow\tsystem\tlanguages\tnote", *("\t".join(vars(row).values()) for row in PAPER)]
    (tmp_path / "paper.tsv").write_text("\n".join(lines) + "\n")
    given = {"scores": tmp_path / "scores.csv", "out": tmp_path / "R.md", "paper": tmp_path / "paper.tsv"}
    command(monkeypatch, tabulate, baseline="baseline", **given)
    text = (tmp_path / "R.md").read_text()
    assert "## Figure 3: MSE, normalised by voice" in text
    assert "| Voice | single | v1 | v2 | v3 |" in text
    assert "## MCD (dB) ↓ by voice" in text
    assert "## Difference to baseline: MSE, normalised ↓" in text
    assert "24 utterances, 4 voices, 2 seeds." in text
    assert "- Frames: all of them." in text
    assert "no contender" in text
    (tmp_path / "more.md").write_text("\n## Further\n")
    command(monkeypatch, tabulate, baseline="baseline", **given, further=tmp_path / "more.md")
    assert (tmp_path / "R.md").read_text() == f"{text}\n## Further\n"
    with pytest.raises(AudiolabError, match=r"more\.md"):
        command(monkeypatch, tabulate, **given | {"out": tmp_path / "more.md"}, further=tmp_path / "more.md")
    with pytest.raises(AudiolabError, match="baseline 'x' was not scored"):
        TASK.results(scores(), {}, baselines=["x"])


def test_judges_have_tables_of_their_own():
    rows = scores()
    judged = [
        SynthesisScore(s.system, s.seed, s.language, s.speaker, s.utterance, s.values | {"dnsmos_ovrl": 3.0})
        for s in rows
    ]
    assert "Judges" not in TASK.results(rows, {})
    assert "## Judges that were trained elsewhere, pl" in TASK.results(judged, {}, baselines=["baseline"])


def data_dir(folder, voices_of, seconds=None, gender="f"):
    names = {f"{speaker}_{n}": (speaker, language) for speaker, language, count in voices_of for n in range(count)}
    tables = {
        "utt2spk": {name: speaker for name, (speaker, _) in names.items()},
        "utt2lang": {name: language for name, (_, language) in names.items()},
        "spk2gender": {speaker: gender for speaker, _, _ in voices_of},
    }
    if seconds:
        tables["utt2dur"] = dict.fromkeys(names, str(seconds))
    return write_data_dir(folder, tables).path


def test_utterances_by_set_language_and_speaker(tmp_path, monkeypatch, capsys):
    train = data_dir(tmp_path / "a", [("A", "en-us", 3), ("C", "it", 2)], 1800)
    more = data_dir(tmp_path / "b", [("P", "pl", 4)], 900)
    dev = data_dir(tmp_path / "c", [("C", "it", 1)])
    table = utterances_table(parse_named_dirs([f"train={train}", f"train={more}", f"dev={dev}"], "--sets"))
    rows = {(row["language"], row["speaker"]): row for row in table.rows}
    assert list(rows) == [("en-us", "A"), ("it", "C"), ("pl", "P")]
    assert [row["n train"] for row in rows.values()] == [3, 2, 4]
    assert [row["n dev"] for row in rows.values()] == [None, 1, None]
    assert [row["h train"] for row in rows.values()] == [1.5, 1.0, 1.0]
    assert "h dev" not in {column.key for column in table.columns}
    assert rows["pl", "P"]["gender"] == "f"
    command(monkeypatch, count_utterances, "--sets", f"train={train}", f"dev={dev}", out=tmp_path / "t.md")
    assert (
        "| Language | Speaker | Gender | Utterances, train | Utterances, dev | Hours, train |"
        in capsys.readouterr().out
    )
    assert "| it | C | f | 2 | 1 | 1.00 |" in (tmp_path / "t.md").read_text()


def test_an_utterance_of_no_language_is_refused(tmp_path):
    folder = data_dir(tmp_path / "a", [("A", "it", 2)])
    (folder / "utt2lang").write_text("A_0 it\n")
    with pytest.raises(AudiolabError, match="utt2lang: no 'A_1'; prepare"):
        utterances_table({"train": [DataDir(folder)]})


def test_vocoded_is_no_contender():
    """Its value is the least, and not the one that is marked as the best of a row."""
    for _, table in by_voice(scores()):
        assert {column.key: column.ranked for column in table.columns}["vocoded"] is False
        assert {column.key: column.ranked for column in table.columns}["mlms"] is True
