"""Drawn mixtures: SNR, level and peak are what was asked for; sets at several SNRs are of the same excerpts."""

import logging
import sys

import numpy as np
import pytest
import soundfile
import torch
import yaml
from mixture_folder import RATE, harmonic, make_sounds
from scipy.stats import kstest

from audiolab.bin import make_mixtures as command
from audiolab.data.mixing import make_mixtures, write_mixtures
from audiolab.data.mixtures import MixtureDir, MixtureSettings
from audiolab.datadir.datadir import DataDir
from audiolab.datadir.validate import validate
from audiolab.errors import AudiolabError
from audiolab.metrics.si_sdr import si_sdr

LANGUAGES = ("de", "fr", "zh")


@pytest.fixture(scope="module")
def sounds(tmp_path_factory):
    """Return speech of three languages, unevenly many utterances, and noises, one of them short and one at 44.1 kHz."""
    root, generator = tmp_path_factory.mktemp("sounds"), np.random.default_rng(0)
    voices = {f"{lang}{n}-a": lang for number, lang in enumerate(LANGUAGES) for n in range(1 + 2 * number)}
    waves = {name: harmonic(generator, 100 + 9 * n, 1 + 0.1 * n) for n, name in enumerate(voices)}
    make_sounds(root / "speech", waves, voices)
    noises = {f"n{n}-a": 0.03 * generator.standard_normal(RATE // (n + 1)) for n in range(3)}
    make_sounds(root / "noise", noises)
    soundfile.write(root / "noise" / "wav" / "n0-a.wav", 0.03 * generator.standard_normal(2 * 44100), 44100)
    return root


def settings(sounds, count=12, **changes):
    ranges = {"seconds": [0.5, 1.2], "snr": [-10.0, 10.0], "seed": 5} | changes
    return MixtureSettings(str(sounds / "speech"), str(sounds / "noise"), count, **ranges)


def made(sounds, dest, **changes):
    make_mixtures(settings(sounds, **changes), dest)
    return MixtureDir(dest)


def decibels(wave):
    return 10 * np.log10(np.mean(np.square(wave, dtype=np.float64)))


@pytest.mark.parametrize(("speech_offset", "noise_offset"), [(0, 0.3), (0.2, 0), (-0.1, 0.2)])
def test_a_constant_offset_is_no_part_of_snr_and_level(tmp_path, speech_offset, noise_offset):
    """As SI-SDR counts, which takes off the means: of 0 dB, one of the two offsets made 20."""
    generator = np.random.default_rng(0)
    make_sounds(tmp_path / "speech", {"a-1": speech_offset + 0.3 * harmonic(generator, 120, 2)})
    make_sounds(tmp_path / "noise", {"n-1": noise_offset + 0.03 * generator.standard_normal(3 * RATE)})
    mixtures = made(tmp_path, tmp_path / "mix", count=6, snr=[0.0, 0.0], level=[-40.0, -30.0])
    for index in range(len(mixtures)):
        speech, noise = (part - np.mean(part, dtype=np.float64) for part in mixtures.parts(index))
        assert decibels(speech) - decibels(noise) == pytest.approx(0, abs=1e-3)
        assert -40.01 < decibels(speech + noise) < -29.99
        estimate, reference = (torch.from_numpy(wave) for wave in (speech + noise, speech))
        assert float(si_sdr(estimate, reference)) == pytest.approx(0, abs=0.3)


def test_settings_are_numbers():
    for name in ("seconds", "snr", "level"):
        with pytest.raises(ValueError, match=f"{name} are numbers|lowest and a highest"):
            MixtureSettings("a", "b", 1, **{name: [1.0, float("inf")]})


def test_an_offset_alone_is_silence(sounds, tmp_path):
    make_sounds(tmp_path / "noise", {"n-1": np.full(3 * RATE, 0.3)})
    (tmp_path / "speech").symlink_to(sounds / "speech")
    with pytest.raises(AudiolabError, match="were silent"):
        made(tmp_path, tmp_path / "mix")


def test_snr_is_that_of_the_whole_signals_energies(sounds, tmp_path):
    mixtures = made(sounds, tmp_path / "mix", count=20)
    found = []
    for index in range(len(mixtures)):
        speech, noise = mixtures.parts(index)
        wanted = mixtures.snr(index)
        assert decibels(speech) - decibels(noise) == pytest.approx(wanted, abs=1e-3)
        found.append(wanted)
    assert min(found) < -4 < 4 < max(found)
    assert max(np.abs(found)) <= 10


def test_level_and_peak(sounds, tmp_path):
    quiet = made(sounds, tmp_path / "quiet", level=[-30.0, -25.0])
    for index in range(len(quiet)):
        assert -30.001 <= decibels(sum(quiet.parts(index))) <= -24.999
    loud = made(sounds, tmp_path / "loud", level=[-3.0, -3.0], peak=0.9)
    for index in range(len(loud)):
        speech, noise = loud.parts(index)
        peak = max(np.abs(part).max() for part in (speech, noise, speech + noise))
        assert peak == pytest.approx(0.9, abs=1e-4)
        assert decibels(speech + noise) < -3
        assert decibels(speech) - decibels(noise) == pytest.approx(loud.snr(index), abs=1e-3)


def test_excerpts_levels_and_snrs_are_drawn_evenly(tmp_path):
    """From where the recordings begin to the last place that leaves enough, and over the whole ranges."""
    generator = np.random.default_rng(0)
    make_sounds(tmp_path / "speech", {"a-1": harmonic(generator, 120, 3.0)})
    make_sounds(tmp_path / "noise", {"n-1": 0.03 * generator.standard_normal(4 * RATE)})
    ranges = {"seconds": [0.5, 0.5], "snr": [-10.0, 10.0], "level": [-45.0, -30.0]}
    mixtures = made(tmp_path, tmp_path / "mix", count=80, **ranges)
    lines = [line.split() for line in DataDir(tmp_path / "mix").table("mixtures").values()]
    levels = [decibels(sum(mixtures.parts(index))) for index in range(80)]
    drawn = {
        "speech": ([int(line[1]) for line in lines], 0, 2.5 * RATE),
        "noise": ([int(line[4]) for line in lines], 0, 3.5 * RATE),
        "level": (levels, -45, -30),
        "snr": ([mixtures.snr(index) for index in range(80)], -10, 10),
    }
    for name, (values, lowest, highest) in drawn.items():
        assert kstest(values, "uniform", (lowest, highest - lowest)).pvalue > 0.01, name


@pytest.mark.parametrize("quiet", ["speech", "noise"])
def test_what_is_softer_than_60_db_below_full_scale_is_silence(tmp_path, quiet):
    def at(level):
        wave = np.random.default_rng(0).standard_normal(2 * RATE)
        return {"a-1": wave * 10 ** (level / 20)}

    for kind in ("speech", "noise"):
        make_sounds(tmp_path / kind, at(-58.0 if kind == quiet else -20.0))
    assert len(made(tmp_path, tmp_path / "mix")) == 12
    make_sounds(tmp_path / quiet, at(-62.0))
    with pytest.raises(AudiolabError, match="were silent"):
        made(tmp_path, tmp_path / "mix")


def test_the_same_excerpts_at_all_snrs(sounds, tmp_path):
    tables = []
    for snr in (-5.0, 0.0, 5.0):
        made(sounds, tmp_path / str(snr), snr=[snr, snr])
        lines = DataDir(tmp_path / str(snr)).table("mixtures").items()
        fields = {name: line.split() for name, line in lines}
        assert {line[-1] for line in fields.values()} == {f"{snr:g}"}
        tables.append({name: [line[k] for k in (0, 1, 3, 4, 6)] for name, line in fields.items()})
    assert tables[0] == tables[1] == tables[2]
    assert len({tuple(line) for line in tables[0].values()}) == 12


def test_a_larger_set_holds_the_smaller_and_threads_change_nothing(sounds, tmp_path):
    make_mixtures(settings(sounds, 9), tmp_path / "small")
    make_mixtures(settings(sounds, 30), tmp_path / "large", nj=3)
    make_mixtures(settings(sounds, 9, seed=6), tmp_path / "other")
    small, large, other = (DataDir(tmp_path / name).table("mixtures") for name in ("small", "large", "other"))
    assert len(large) == 30
    assert small.items() <= large.items()
    assert not small.items() & other.items()


def test_languages_are_taken_in_turn(sounds, tmp_path):
    made(sounds, tmp_path / "even", count=12, balance=True)
    assert sorted(DataDir(tmp_path / "even").table("utt2lang").values()) == ["de"] * 4 + ["fr"] * 4 + ["zh"] * 4
    made(sounds, tmp_path / "drawn", count=60)
    drawn = list(DataDir(tmp_path / "drawn").table("utt2lang").values())
    assert drawn.count("de") < 15 < 25 < drawn.count("zh")  # 1 and 5 of 9 utterances


def test_how_many_utterances_are_too_short_is_told(sounds, tmp_path, caplog):
    """Those of 1.0 to 1.8 s, in steps of 0.1: four are below 1.35 s, and none is mixed."""
    caplog.set_level(logging.INFO)
    made(sounds, tmp_path / "all", seconds=[1.0, 1.0])
    assert "shorter" not in caplog.text
    made(sounds, tmp_path / "long", seconds=[1.35, 1.35])
    assert f"{sounds}/speech: 4 of 9 utterances are left out, shorter than 1.35 s" in caplog.text
    assert len(DataDir(tmp_path / "long").table("speech.scp")) <= 5


def test_the_dir_is_a_valid_data_dir_that_says_how_it_was_made(sounds, tmp_path):
    mixtures = made(sounds, tmp_path / "mix", count=5, balance=True)
    assert yaml.safe_load((tmp_path / "mix" / "mixtures.yaml").read_text()) == {
        "speech": str(sounds / "speech"), "noise": str(sounds / "noise"), "count": 5, "rate": RATE,
        "seconds": [0.5, 1.2], "snr": [-10.0, 10.0], "level": [-35.0, -15.0], "peak": 0.99, "balance": True, "seed": 5,
    }  # fmt: skip
    data = DataDir(tmp_path / "mix")
    for name, length in zip(mixtures.ids, mixtures.samples):
        assert name.startswith(f"{data.table('utt2spk')[name]}-mix00000")
        assert float(data.table("utt2dur")[name]) == pytest.approx(length / RATE, abs=1e-6)
        assert 0.5 * RATE <= length <= 1.2 * RATE


def run(monkeypatch, *words):
    monkeypatch.setattr(sys, "argv", ["make_mixtures", *map(str, words)])
    command.main()


def test_written_mixtures_add_up(sounds, tmp_path, monkeypatch):
    words = ("--speech", sounds / "speech", "--noise", sounds / "noise", "--count", 4, "--seconds", 0.5, 1)
    run(monkeypatch, *words, "--balance", "true", "--write_mixtures", "--nj", 2, "--out", tmp_path / "mix")
    data, mixtures = DataDir(tmp_path / "mix"), MixtureDir(tmp_path / "mix")
    assert [fault for fault in validate(data.path, feats=False, text=False) if fault.fatal] == []
    for index, name in enumerate(mixtures.ids):
        noisy, speech, noise = (
            soundfile.read(data.table(f"{kind}.scp")[name], dtype="float32")[0] for kind in ("wav", "spk1", "noise1")
        )
        assert np.array_equal(speech + noise, noisy)
        assert np.array_equal(speech, mixtures.parts(index)[0])
    run(monkeypatch, *words, "--out", tmp_path / "mix")  # without audio: that of the earlier set is no longer named
    assert not DataDir(tmp_path / "mix").has("wav.scp")


def test_a_mixture_whose_id_leads_elsewhere_is_not_written(sounds, tmp_path, monkeypatch):
    words = ("--speech", sounds / "speech", "--noise", sounds / "noise", "--count", 2, "--seconds", 0.5, 1)
    run(monkeypatch, *words, "--out", tmp_path / "mix")
    for name in ("mixtures", "utt2spk"):
        lines = (tmp_path / "mix" / name).read_text()
        (tmp_path / "mix" / name).write_text(f"../../{lines}")
    with pytest.raises(AudiolabError, match=r"mix/wav: the id '../../.*' has a '/' in it"):
        write_mixtures(tmp_path / "mix")
    assert [path.name for path in tmp_path.iterdir()] == ["mix"]
    assert list((tmp_path / "mix").rglob("*.wav")) == []


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"seconds": [9.0, 9.0]}, r"speech: no utterance of 9 s or more; add longer ones, or lower --seconds"),
        ({"seconds": [1.05, 2.0], "balance": True}, r"speech: no utterance in 'de' of 1.05 s or more"),
        ({"speech": "noise", "balance": True}, "noise: utt2lang does not say the language of 'n0-a'"),
        ({"noise": "silence"}, "silence: mixture 0: 50 excerpts were silent, .* and 'z-a' the last"),
        ({"noise": "gone"}, "gone: no such data dir"),
        ({"noise": "broken"}, r"broken/wav.scp: z-a: .*z-a.wav: truncated"),
        ({"noise": "segmented"}, "has segments"),
    ],
)
def test_errors_are_one_line(sounds, tmp_path, changes, message):
    for name in ("silence", "broken", "segmented"):
        make_sounds(tmp_path / name, {"z-a": np.zeros(RATE)})
    (tmp_path / "broken" / "wav" / "z-a.wav").write_bytes((tmp_path / "broken" / "wav" / "z-a.wav").read_bytes()[:1000])
    (tmp_path / "segmented" / "segments").write_text("z-a z-a 0 1\n")
    (tmp_path / "noise").symlink_to(sounds / "noise")
    (tmp_path / "speech").symlink_to(sounds / "speech")
    paths = {key: str(tmp_path / value) for key, value in changes.items() if isinstance(value, str)}
    given = {"speech": str(tmp_path / "speech"), "noise": str(tmp_path / "noise"), "seconds": [0.5, 1.0]}
    with pytest.raises(AudiolabError, match=message) as caught:
        make_mixtures(MixtureSettings(**(given | changes | paths), count=3), tmp_path / "mix")
    assert "\n" not in str(caught.value)
    assert not (tmp_path / "mix").exists()


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (("--snr", "5", "-5"), "snr are a lowest and a highest value"),
        (("--count", "0"), "count and seconds must be positive"),
        (("--seconds", "1", ".inf"), "'seconds' must be float"),
        (("--seconds", "1", "1e9"), "seconds at most 3600"),
        (("--snr", ".nan", ".nan"), "'snr' must be float"),
        (("--level", "-20", "40"), "level at most 0"),
        (("--rate", "0"), "rate must be 1000 to 1000000 Hz"),
        (("--secs", "3"), "unknown argument '--secs'"),
        (("--nj", "0"), "--nj: '0' is no count of 1 or more"),
    ],
)
def test_wrong_options_are_told(sounds, tmp_path, monkeypatch, words, message):
    base = ("--speech", sounds / "speech", "--noise", sounds / "noise", "--count", 4, "--out", tmp_path / "mix")
    with pytest.raises(AudiolabError, match=message):
        run(monkeypatch, *base, *words)
    with pytest.raises(AudiolabError, match="would be written over"):
        run(monkeypatch, *base[:-1], sounds / "noise")
