"""DAMP-VSEP: performances whose tracks begin at different moments are a song dir in which they do not, by reference."""

import csv
import sys

import numpy as np
import pytest
import soundfile
from scipy import signal

from audiolab.bin import download
from audiolab.config import to_dict
from audiolab.corpora import damp, damp_alignment
from audiolab.corpora.damp import DampPreparation, prepare
from audiolab.corpora.damp_layout import find_performances
from audiolab.datadir import mp4
from audiolab.datadir.audio import load_utterance, read_excerpt
from audiolab.datadir.datadir import DataDir
from audiolab.datadir.validate import validate
from audiolab.errors import AudiolabError

RATE = 16000
SHORT = {"min_seconds": 2.0, "longest_delay": 0.25}
DELAYS = {"1_10": (700, -300), "1_11": (-1500, 45), "22_7": (0, 0)}
"""Performance -> by how many samples voice and background lag behind the mix."""


def sound(seed):
    """Return 5 s of noise whose level goes up and down."""
    rng = np.random.default_rng(seed)
    level = np.repeat(10 ** rng.uniform(-1.5, 0, 50), RATE // 10)
    return 0.2 * signal.lfilter([0.05], [1, -0.95], level) * rng.standard_normal(5 * RATE)


def tracks(name):
    """Return a performance's tracks, 3 s each and a bit, as of one moment, and cut as they lag."""
    voice, band = sound(len(name) + int(name[-1])), sound(99 + int(name[-1]))
    whole = {"vocal": voice + 0.1 * np.roll(band, 99), "background": band + 0.05 * voice}
    whole["mix"] = 0.5 * whole["vocal"] + whole["background"]
    late = dict(zip(whole, (*DELAYS[name], 0)))
    return {track: wave[RATE - late[track] :][: 3 * RATE + 100 * len(track)] for track, wave in whole.items()}


def write(root, name, group="8/IT/it", endings=("flac", "wav", "wav")):
    folder = root / group / name
    folder.mkdir(parents=True)
    for (track, wave), ending in zip(tracks(name).items(), endings):
        soundfile.write(folder / f"{track}.{ending}", wave, RATE)
    return folder


@pytest.fixture
def root(tmp_path):
    write(tmp_path / "db/damp", "1_10")
    write(tmp_path / "db/damp", "1_11", "11/GB/en")
    write(tmp_path / "db/damp", "22_7", "11/US/en")
    (tmp_path / "db/damp/readme.txt").touch()
    return tmp_path / "db"


def table(dest):
    with open(dest / "damp_alignment.csv", newline="") as file:
        return {row["perf_key"]: row for row in csv.DictReader(file)}


def test_aligned_by_reference(root, tmp_path):
    (path,) = prepare(root, tmp_path / "data", DampPreparation(**SHORT))
    data = DataDir(path)
    assert path.name == "damp_train"
    assert validate(path, feats=False, text=False, read_audio=True) == []
    folder = root / "damp/8/IT/it/1_10"
    assert data.table("wav.scp")["1-10"] == f"{folder}/mix.wav[skip=300]"
    assert data.table("vocals.scp")["1-10"] == f"{folder}/vocal.flac[skip=1000]"
    assert data.table("accompaniment.scp")["1-10"] == f"{folder}/background.wav"
    assert data.table("vocals.scp")["22-7"] == f"{root}/damp/11/US/en/22_7/vocal.flac"
    assert data.table("utt2spk") == {"1-10-000000": "1", "1-11-000000": "1", "22-7-000000": "22"}
    assert data.table("utt2song") == {"1-10-000000": "1-10", "1-11-000000": "1-11", "22-7-000000": "22-7"}
    assert data.table("utt2lang") == {"1-10-000000": "it", "1-11-000000": "en", "22-7-000000": "en"}
    for name, piece in (("1_10", "1-10-000000"), ("1_11", "1-11-000000"), ("22_7", "22-7-000000")):
        vocals, background, mix = (
            load_utterance(data, piece, table=signal_)[0] for signal_ in ("vocals.scp", "accompaniment.scp", "wav.scp")
        )
        np.testing.assert_allclose(mix, 0.5 * vocals + background, atol=3 / 32768)
        first = max(0, *(-late for late in DELAYS[name]))
        lengths = [len(wave) for wave in tracks(name).values()]
        skips = [first + late for late in (*DELAYS[name], 0)]
        assert len(mix) == min(length - skip for length, skip in zip(lengths, skips))
        row = table(tmp_path / "data")[name]
        assert [int(row[f"{track}_skip"]) for track in ("vocal", "background", "mix")] == skips
        assert float(row["vocal_confidence"]) > 20
        assert float(row["background_confidence"]) > 20
        assert (row["left_out"], float(row["seconds"])) == ("", round(len(mix) / RATE, 3))


def test_a_voice_is_found_beneath_the_band_that_bleeds_into_its_track(tmp_path):
    """What the mix and the voice's track have most in common is the band, which lies elsewhere in either."""
    voice, band = sound(1), sound(2)
    heard = voice + 0.7 * np.roll(band, 350)
    folder = tmp_path / "db/1/DE/de/4_4"
    folder.mkdir(parents=True)
    for track, wave, late in (("vocal", heard, 90), ("background", band, 20), ("mix", 0.12 * heard + band, 0)):
        soundfile.write(folder / f"{track}.wav", wave[RATE - late :][: 3 * RATE], RATE)
    prepare(tmp_path / "db", tmp_path / "data", DampPreparation(**SHORT))
    row = table(tmp_path / "data")["4_4"]
    assert [int(row[f"{track}_skip"]) for track in ("vocal", "background", "mix")] == [90, 20, 0]


def test_pieces_are_within_all_tracks(root, tmp_path):
    (path,) = prepare(root, tmp_path / "data", DampPreparation(**SHORT, segment_seconds=1.0, max_songs=1))
    data = DataDir(path)
    assert len({name.rpartition("-")[0] for name in data.utterances}) == 1
    assert sorted(data.table("utt2dur").values())[0] == "1.000000"
    assert len(data.utterances) == 2  # what is left over, below 1 s, belongs to the second


def test_what_is_left_out_is_counted_and_told_why(root, tmp_path, caplog, monkeypatch):
    monkeypatch.setattr(sys.modules[__name__], "DELAYS", DELAYS | {f"3_{number}": (0, 0) for number in range(1, 7)})
    for name, track, wave in (
        ("3_1", "mix", np.zeros(3 * RATE)),
        ("3_2", "vocal", sound(7)[: 3 * RATE]),
        ("3_3", "background", tracks("3_3")["background"][: 2 * RATE - 1]),
        ("3_4", "background", None),
        ("3_5", "mix", b"RIFF"),
        ("3_6", "vocal", sound(8)[:3000]),
    ):
        file = write(root, name) / f"{track}.wav"
        (file.parent / "vocal.flac").rename(file.parent / "vocal.wav")
        if wave is None:
            file.unlink()
        elif isinstance(wave, bytes):
            file.write_bytes(wave)
        else:
            soundfile.write(file, wave, RATE)
    (path,) = prepare(root, tmp_path / "data", DampPreparation(**SHORT))
    assert len(DataDir(path).utterances) == 3
    rows = table(tmp_path / "data")
    assert {name: row["left_out"] for name, row in rows.items()} == dict.fromkeys(("1_10", "1_11", "22_7"), "") | {
        "3_1": "unreadable or silent", "3_2": "not aligned", "3_3": "too short", "3_4": "without a track",
        "3_5": "unreadable or silent", "3_6": "unreadable or silent",
    }  # fmt: skip
    messages = {
        "3_1": "mix.wav: silent", "3_2": "below 12", "3_3": "2.00 s that all tracks have, less", "3_4": "no background",
        "3_5": "mix.wav: ", "3_6": "not longer than the longest",
    }  # fmt: skip
    for name, message in messages.items():
        assert message in rows[name]["message"]
    told = "6 of 9 performances left out: 3 unreadable or silent, 1 not aligned, 1 too short, 1 without a track; see"
    assert told in caplog.text
    with pytest.raises(AudiolabError, match=r"none of 9 performances can be taken \(4 too short.*; the first: .*1_10"):
        prepare(root, tmp_path / "data", DampPreparation(min_seconds=4.0, longest_delay=0.25))


def test_it_goes_on_where_it_was_interrupted(root, tmp_path, monkeypatch):
    dest, config = tmp_path / "data", DampPreparation(**SHORT)
    find, asked = damp_alignment.find_delay, []
    monkeypatch.setattr(damp_alignment, "find_delay", lambda *args: (asked.append(0), find(*args))[1])
    first = DataDir(prepare(root, dest, config)[0]).tables
    assert len(asked) == 6
    assert DataDir(prepare(root, dest, config)[0]).tables == first
    assert len(asked) == 6
    voice = root / "damp/8/IT/it/1_10/vocal.flac"
    soundfile.write(voice, tracks("1_10")["vocal"][5:], RATE)
    assert DataDir(prepare(root, dest, config)[0]).table("vocals.scp")["1-10"].endswith("[skip=995]")
    assert len(asked) == 8
    for text in ("{}", "{"):
        (dest / "damp_aligned/1_10/alignment.json").write_text(text)
        with pytest.raises(AudiolabError, match=r"alignment\.json.* remove .*damp_aligned/1_10"):
            prepare(root, dest, config)


def test_tracks_of_other_rates_and_channels_are_written_anew(root, tmp_path):
    """At the voice's rate and of one channel, for signals of a recording are to be alike."""
    folder = root / "damp/8/IT/it/1_10"
    mix, _ = soundfile.read(folder / "mix.wav")
    soundfile.write(folder / "mix.wav", np.stack([mix, mix], axis=1), RATE)
    (folder / "background.wav").unlink()
    background = tracks("1_10")["background"]
    soundfile.write(folder / "background.ogg", signal.resample_poly(background, 3, 1), 3 * RATE)
    (path,) = prepare(root, tmp_path / "data", DampPreparation(**SHORT))
    data, out = DataDir(path), tmp_path / "data/damp_aligned/1_10"
    assert data.table("wav.scp")["1-10"] == f"{out}/mix.flac[skip=300]"
    assert data.table("accompaniment.scp")["1-10"] == f"{out}/background.flac"
    assert data.table("vocals.scp")["1-10"] == f"{folder}/vocal.flac[skip=1000]"
    assert sorted(file.name for file in out.iterdir() if file.name[0] != ".") == [
        "alignment.json", "background.flac", "mix.flac"
    ]  # fmt: skip
    assert len(list((tmp_path / "data/damp_aligned/22_7").glob("*.flac"))) == 0
    np.testing.assert_array_equal(read_excerpt(out / "mix.flac"), mix.astype(np.float32))


def test_tracks_of_aac_are_decoded(root, tmp_path):
    pytest.importorskip("av")
    folder = root / "damp/8/IT/it/1_10"
    for track in ("background", "mix"):
        wave, _ = soundfile.read(folder / f"{track}.wav", dtype="float32", always_2d=True)
        mp4.encode_mp4(folder / f"{track}.m4a", [wave], RATE)
        (folder / f"{track}.wav").unlink()
    (path,) = prepare(root, tmp_path / "data", DampPreparation(**SHORT))
    skips = [int(table(tmp_path / "data")["1_10"][f"{track}_skip"]) for track in ("vocal", "background", "mix")]
    assert skips[1] - skips[2] == -300
    assert abs(skips[0] - skips[2] - 700) in (0, 1024)  # the encoder's delay, where the file does not tell of it
    assert DataDir(path).table("wav.scp")["1-10"].startswith(str(tmp_path / "data/damp_aligned/1_10/mix.flac"))
    (folder / "mix.m4a").write_bytes((folder / "mix.m4a").read_bytes()[:3000])
    prepare(root, tmp_path / "data", DampPreparation(**SHORT))
    assert table(tmp_path / "data")["1_10"]["left_out"] == "unreadable or silent"


def test_what_is_no_fault_of_a_performance_ends_it(root, tmp_path, monkeypatch):
    """Else a full disk, or a missing library, would leave out one after the other."""

    def full(path, *_, **__):
        raise AudiolabError(f"cannot write {path}: no room")

    folder = root / "damp/8/IT/it/1_10"
    (folder / "mix.wav").rename(folder / "mix.m4a")
    monkeypatch.setattr(damp_alignment, "decode_mp4", full)
    with pytest.raises(AudiolabError, match=r"cannot write .*no room"):
        prepare(root, tmp_path / "data", DampPreparation(**SHORT))
    assert not (tmp_path / "data/damp_train").exists()


def test_lists_and_languages_choose(root, tmp_path):
    chosen = tmp_path / "valid.csv"
    chosen.write_text("perf_key,background_path,mix_path,vocal_path\n22_7,a,b,c\n1_10,a,b,c\n")
    config = DampPreparation(**SHORT, performances=str(chosen))
    (path,) = prepare(root, tmp_path / "data", config)
    assert sorted(DataDir(path).table("wav.scp")) == ["1-10", "22-7"]
    assert config.made_with == to_dict(config) | {"corpus": "damp", "performances": "valid.csv"}
    (path,) = prepare(root, tmp_path / "data", DampPreparation(**SHORT, languages=["en"]))
    assert sorted(DataDir(path).table("wav.scp")) == ["1-11", "22-7"]
    for text, message in (
        ("perf_key\n22_7\n5_5\n6_6\n", r"valid\.csv:3: no performance '5_5' is there \(2 of 3 are not\)"),
        ("perf_key\n", "valid.csv: lists no performance"),
        ("key\n22_7\n", "no column perf_key"),
    ):
        chosen.write_text(text)
        with pytest.raises(AudiolabError, match=message):
            prepare(root, tmp_path / "data", config)


def test_layouts_that_are_refused(root, tmp_path):
    with pytest.raises(AudiolabError, match=r"no such folder; <group>/<COUNTRY>/.* sign the agreement"):
        prepare(tmp_path / "none", tmp_path / "data")
    (tmp_path / "empty").mkdir()
    with pytest.raises(AudiolabError, match="empty: no performance; expected <group>"):
        find_performances(tmp_path / "empty")
    folder = root / "damp/8/IT/it/1_10"
    (folder / "mix.ogg").touch()
    with pytest.raises(AudiolabError, match=r"mix\.wav: mix\.ogg is there, too; leave one of them"):
        find_performances(root)
    (folder / "mix.ogg").unlink()
    write(root / "more", "1_10")
    with pytest.raises(AudiolabError, match="the same performance as"):
        find_performances(root)
    for options, message in (
        ({"longest_delay": 11.0}, "longest_delay must be"),
        ({"min_confidence": -1.0}, "0 or more"),
    ):
        with pytest.raises(ValueError, match=message):
            DampPreparation(**options)


def test_download_says_how_to_get_it(tmp_path, monkeypatch):
    monkeypatch.setattr(sys, "argv", ["download", "--corpus", "damp", "--dest", str(tmp_path / "downloads")])
    with pytest.raises(AudiolabError, match=r"zenodo\.org/records/3553059, sign the agreement .* by --db_root"):
        download.main()
    assert not (tmp_path / "downloads").exists()
    assert damp.CORPUS.files == ()
