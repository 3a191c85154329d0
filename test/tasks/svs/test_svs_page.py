"""The page of separation: whole, escaped, its players the seconds in which the voice sings, its figures the scores'."""

import json
import shutil
import sys

import numpy as np
import pytest
from song_folder import RATE, make_songs

from audiolab import systems
from audiolab.bin import report
from audiolab.config import from_dict, save_yaml
from audiolab.data.stem_dir import SOURCES, StemDir
from audiolab.errors import AudiolabError
from audiolab.report import plots
from audiolab.tasks.svs.excerpts import Excerpt, most_sung, second_levels
from audiolab.tasks.svs.scores import FURTHER, SVS, SeparationScore
from audiolab.training.config import run_config_class

SET = "musdb18_test"
SONGS = {"s0": "Anna<b>", "s1": "Ben"}
GAINS = {"mixture": 0.0, "teacher": 6.0, "student_large_25_1": 7.0, "ideal_ratio_mask": 9.0}
SHARES = {"mixture": 1.0, "teacher": 0.5, "student_large_25_1": 0.25, "ideal_ratio_mask": 0.05}
PAPER = """table\trow\tsystem\tset\tsdr_vocals\tsdr_accompaniment\tsdr_mean\tnote
Table 3\tTeacher\tteacher\tmusdb18_test\t6.91\t13.66\t10.29\ta <b>note</b>
Table 3\tMDN\t\t\t3.87\t15.41\t9.64\t
Table 3\tStudent, no VAD\tstudent_large_100_1\tmusdb18_test\t7.27\t13.73\t10.5\t
"""


def songs(leak=0.0):
    """Return songs of 5.5 s whose voice sings in seconds 3 and 4 (s0), or 1 and 2; or estimates with a leak."""
    generator = np.random.default_rng(0)
    found = {}
    for song, first in (("s0", 3), ("s1", 1)):
        vocals, rest = 0.05 * generator.standard_normal((2, round(5.5 * RATE)))
        vocals[: first * RATE] *= 0.01
        vocals[(first + 2) * RATE :] *= 0.01
        found[song] = {"vocals": vocals + leak * rest, "accompaniment": rest + leak * vocals}
    return found


@pytest.fixture(scope="module")
def experiment(tmp_path_factory):
    """Return a folder with data/<set>, exp/<run>, exp/scored.tsv, exp/scores.csv and counts of poor frames."""
    root = tmp_path_factory.mktemp("experiment")
    pieces = {f"{song}-{number}": SONGS[song] for song in SONGS for number in range(2)}
    make_songs(root / "data" / SET, songs(), 3.0, utt2song=pieces)
    rows, scores = ["system\tseed\tset\tdir"], []
    for system, gain in GAINS.items():
        for seed in ["-"] if system in ("mixture", "ideal_ratio_mask") else ["0", "1"]:
            folder = root / "exp" / f"{system}_s{seed}" / "separated" / SET
            leak = SHARES[system] + 0.01 * (seed == "1")
            cut = {
                f"{song}-{number}": {source: wave[3 * RATE * number :][: 3 * RATE] for source, wave in of.items()}
                for song, of in songs(leak).items()
                for number in range(2)
            }
            make_songs(folder, cut, None)
            rows.append(f"{system}\t{seed}\t{SET}\t{folder}")
            for number in range(6):
                values = {
                    "sdr_vocals": gain + number + 15 * (number == 5),
                    "sdr_accompaniment": gain + 8,
                    "sdr_mean": gain + 4 + number / 2,
                }
                scores.append(SeparationScore(system, seed, SET, f"song{number}", 200, 2, values))
        if gain and system != "ideal_ratio_mask":
            _run(root / "exp" / f"{system}_s0")
    (root / "exp" / "scored.tsv").write_text("\n".join(rows) + "\n")
    SVS.write(root / "exp" / "scores.csv", scores)
    (root / "exp" / "scores.yaml").write_text("conditions: {SDR: as <museval> has it}\n")
    (root / "tables.tsv").write_text(PAPER)
    for name, poor in (("tracks", (40, 20, 60, 80)), ("labels", (10, 0, 20, 90))):
        of = {f"p{n}": "ab"[n // 2] if name == "labels" else f"p{n}" for n in range(4)}
        counts = {f"p{n}": f"{count} 100" for n, count in enumerate(poor)}
        waves = {piece: {source: np.full(9, 0.1) for source in SOURCES} for piece in counts}
        make_songs(root / name, waves, None, utt2song=of, utt2poor=counts)
    return root


def _run(folder):
    folder.mkdir(exist_ok=True)
    cls = systems.get("poconet")
    sizes = {"levels": 2, "first_channels": 4, "max_channels": 4, "n_fft": 256, "hop": 64}
    tree = {"system": "poconet", "system_conf": sizes, "trainer": {"max_steps": 30}, "seed": 0,
            "data_conf": {"train_dirs": ["a"], "valid_dirs": ["b"]}}  # fmt: skip
    save_yaml(from_dict(run_config_class(cls), tree), folder / "config.yaml")
    start = {"versions": {"torch": "2"}, "commit": "abc", "command": "train", "start": "2026-01-02T03:04:05"}
    (folder / "run.json").write_text(json.dumps(start))
    lines = [f"{step},0,{split},{name},{1 / step}" for split, name in (("train", "loss"), ("valid", "sdr_vocals"))
             for step in (10, 20, 30)]  # fmt: skip
    (folder / "history.csv").write_text("\n".join(["step,epoch,split,name,value", *lines]) + "\n")


@pytest.fixture
def command(experiment, monkeypatch, tmp_path):
    """Return a function that runs the command and gives the page."""

    def run(*more):
        exp = experiment / "exp"
        paths = {"expdir": exp, "data": experiment / "data", "scores": exp / "scores.csv"}
        given = [str(word) for name, value in paths.items() for word in (f"--{name}", value)]
        more = ["--seconds", "2", *map(str, more)]
        monkeypatch.setattr(sys, "argv", ["report", "svs", *given, "--out", str(tmp_path / "r.html"), *more])
        report.main()
        return (tmp_path / "r.html").read_text(encoding="utf-8")

    return run


@pytest.fixture
def everything(experiment):
    poor = ("--poor", f"DAMP <tracks>={experiment / 'tracks'}", f"labels={experiment / 'labels'}")
    return ("--paper", experiment / "tables.tsv", "--baseline", "mixture", *poor, "--title", "Run <1> & more")


def test_the_page_is_sound_escaped_and_the_same_again(command, check, everything):
    page = command(*everything)
    found = check(page)
    assert found.problems == []
    assert not found.all("script")
    assert not found.all("b")
    assert {given["to"] for given in found.all("anchor")} <= set(found.ids)
    for words in (
        "Run <1> & more", "Singing voice separation with poconet", "Overview", "The paper's tables beside ours",
        "Scores", "Difference to mixture", "Poor frames", "Listen", "Spectrograms", "Training", "Configuration",
        "a <b>note</b>", "as <museval> has it", "Anna<b>", "6 songs, 2 seeds", "median over songs",
    ):  # fmt: skip
        assert words in found.text, words
    assert "DAMP <tracks> 50.0 %, labels 30.0 %" in found.text
    assert command(*everything) == page


def test_figures_are_those_of_the_scores(command, everything):
    page = command(*everything).replace("\n", "")
    teacher = page.split('<th scope="row">Teacher</th>')[1].split("</tr>")[0]
    assert '>6.91</td><td class="number">8.50 <span class="interval">±' in teacher
    by_system = page.split("the best of each column in bold</caption>")[1].split("</table>")[0]
    assert ">8.50 " in by_system.split('<th scope="row">teacher</th>')[1].split("</tr>")[0]  # the mean is 11.00
    assert page.split('<th scope="row">Student, no VAD</th>')[1].split("</tr>")[0].count("not scored") == 3
    assert page.split('<th scope="row">MDN</th>')[1].split("</tr>")[0].count("not scored") == 0
    assert '>+6.00 <span class="interval">[+6.00, +6.00]</span>' in page
    assert "beside ours" not in command()


def test_players_hold_the_seconds_in_which_the_voice_sings(command, check, decoded):
    """Of each system the first seed; mixture, true sources, estimates."""
    audios = check(command("--utterances", 2)).all("audio")
    shares = {"true": 0.0, **SHARES}
    del shares["mixture"]  # which is heard already
    roles = ["Mixture", *(f"{source.title()}, {name}" for name in shares for source in SOURCES)]
    assert [given["aria-label"] for given in audios] == [f"{role}, {song}" for song in SONGS.values() for role in roles]
    expected = []
    for song, first in (("s0", 3), ("s1", 1)):
        waves = [sum(songs()[song].values())]
        waves += [songs(share)[song][source] for share in shares.values() for source in SOURCES]
        expected += [wave[first * RATE : (first + 2) * RATE] for wave in waves]
    for given, wave in zip(audios, expected, strict=True):
        found, rate = decoded(given["src"])
        assert rate == RATE
        np.testing.assert_allclose(found, wave, atol=2**-14)


def test_who_knows_the_sources_is_not_the_best(command):
    table = command().split("the best of each column in bold</caption>")[1].split("</table>")[0]
    rows = {row.split("</th>")[0]: row for row in table.split('<th scope="row">')[1:]}
    assert [name for name, row in rows.items() if "<strong>" in row] == ["student_large_25_1"]


def test_spectrograms_are_of_each_source_in_all_versions(command, check):
    page = command()
    drawn = [given["aria-label"] for given in check(page).all("svg") if "Spectra" in given["aria-label"]]
    assert len(drawn) == 2
    assert all(f"of the true {source}" in alt for source, alt in zip(SOURCES, drawn))
    for picture, source in zip(page.split('aria-label="Spectra')[1:], SOURCES):
        of_source = picture.split("</svg>")[0]
        assert of_source.count(f"{source.title()}, ") == len(GAINS)  # the true one, and not the mixture's
        assert ("Accompaniment, " if source == "vocals" else "Vocals, ") not in of_source
        assert ">Mixture<" in of_source


def test_museval_s_further_ratios_are_a_table(command, experiment, check, tmp_path):
    scores = SVS.read(experiment / "exp" / "scores.csv")
    assert "further scores" not in check(command()).text
    for row in scores:
        row.values.update({metric.column: 3.25 for metric in FURTHER})
    SVS.write(tmp_path / "scores.csv", scores)
    (tmp_path / "scores.yaml").write_text("conditions: {}\n")
    assert "further scores" in check(command("--scores", tmp_path / "scores.csv")).text


def test_an_excerpt_is_where_the_voice_sings_most_and_first(experiment):
    quiet, loud = 0.001, 1.0
    levels = [np.array([quiet, loud, quiet, loud, loud, loud]), np.array([loud, loud, loud, quiet])]
    assert most_sung(levels, 3) == (0, 3)
    assert most_sung(levels[::-1], 3) == (0, 0)
    assert most_sung([np.array([quiet, 0.011, 0.009, loud])], 1) == (0, 1)  # 20 dB below the loudest
    assert most_sung([np.array([loud]), np.array([loud, loud])], 10) == (1, 0)
    stems = StemDir(experiment / "data" / SET)
    assert Excerpt(stems, (0, 1), 2.0).place == (1, 0.0)
    assert Excerpt(stems, (2, 3), 2.0).place == (2, 1.0)
    np.testing.assert_allclose(second_levels(np.array([1.0, 2, 3, 4, 5]), 2), [5, 25, 25])
    silent = [np.zeros(4)]
    assert most_sung(silent, 2) == (0, 0)


def test_histogram_has_the_songs_shares():
    drawn = plots.share_histogram({"a": np.array([0.0, 0.04, 0.5, 1.0]), "b": np.array([0.12])}, "Poor")
    outlines = [patch for patch in drawn.axes[0].patches if not patch.get_fill()]
    heights, edges, _ = outlines[0].get_data()
    assert heights[[0, 10, 19]].tolist() == [50, 25, 25]
    assert heights.sum() == 100
    assert (edges[0], edges[-1], len(edges)) == (0, 100, 21)
    assert outlines[1].get_data()[0].tolist() == [0, 0, 100, *[0] * 17]


@pytest.mark.parametrize(
    ("more", "message"),
    [
        (("--poor", "labels"), "--poor labels: give NAME=DIR"),
        (("--poor", "x=nowhere"), "nowhere/vocals.scp"),
        (("--poor", "x={root}/labels", "x={root}/tracks"), "the name 'x' is given twice"),
        (("--baseline", "hpss"), "baseline 'hpss' was not scored; scored are: mixture, teacher"),
        (("--data", "nowhere"), "nowhere/musdb18_test"),
        (("--paper", "nowhere"), "nowhere: cannot read the paper's tables"),
    ],
)
def test_wrong_options_are_one_line(command, experiment, more, message):
    with pytest.raises(AudiolabError, match=message) as raised:
        command(*(word.format(root=experiment) for word in more))
    assert "\n" not in str(raised.value)


def test_counts_of_other_pieces_are_refused(command, experiment, tmp_path):
    shutil.copytree(experiment / "labels", tmp_path / "labels")
    (tmp_path / "labels/utt2poor").write_text("p0 1 2\np9 1 2\n")
    with pytest.raises(AudiolabError, match=r"labels/utt2poor: 'p1' is not in both it and the song dir"):
        command("--poor", f"x={tmp_path / 'labels'}")
