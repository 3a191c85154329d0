"""Mixture dirs: excerpts are cuts of the whole, noises repeat without a seam, what is wrong is told in one line."""

import pickle

import numpy as np
import pytest
import soundfile
from mixture_folder import RATE, harmonic, make_sounds

from audiolab.data.mixing import make_mixtures
from audiolab.data.mixtures import FADE_S, Mixture, MixtureDir, MixtureSettings, Part, looped
from audiolab.datadir import audiofile
from audiolab.datadir.combine import combine_data_dirs
from audiolab.datadir.copy import copy_data_dir
from audiolab.datadir.datadir import DataDir, write_data_dir
from audiolab.datadir.fix import fix_data_dir
from audiolab.datadir.headers import read_header
from audiolab.datadir.split import split_data_dir
from audiolab.datadir.subset import subset_data_dir
from audiolab.datadir.validate import validate
from audiolab.errors import AudiolabError

FADE = round(FADE_S * RATE)


def noise(seed, samples=RATE):
    return (0.1 * np.random.default_rng(seed).standard_normal(samples)).astype(np.float32)


def level_db(difference, signal):
    return 20 * np.log10(np.std(difference) / np.std(signal))


@pytest.fixture
def mixtures(tmp_path):
    """Return a mixture dir whose noises (0.4 s) are shorter than its mixtures (0.5 to 1 s)."""
    generator = np.random.default_rng(0)
    voices = make_sounds(tmp_path / "speech", {f"s{n}-a": harmonic(generator, 110 + 20 * n, 1.5) for n in range(3)})
    sounds = make_sounds(tmp_path / "noise", {f"n{n}-a": noise(n, 6400) for n in range(2)})
    make_mixtures(MixtureSettings(str(voices), str(sounds), 6, seconds=[0.5, 1.0], seed=3), tmp_path / "mix")
    return tmp_path / "mix"


def test_excerpts_are_cuts_of_the_whole(mixtures):
    found = MixtureDir(mixtures)
    assert found.ids == sorted(found.ids)
    generator = np.random.default_rng(1)
    for index in range(len(found)):
        whole = found.parts(index)
        assert all(part.dtype == np.float32 and part.shape == (found.samples[index],) for part in whole)
        for _ in range(8):
            start = int(generator.integers(found.samples[index] - 100))
            count = int(generator.integers(1, found.samples[index] - start + 1))
            for part, cut in zip(whole, found.parts(index, start, count)):
                assert np.array_equal(cut, part[start : start + count])


def test_lines_may_stand_in_any_order_and_a_worker_is_sent_little(mixtures):
    found = MixtureDir(mixtures)
    lines = (mixtures / "mixtures").read_text().splitlines(keepends=True)
    (mixtures / "mixtures").write_text("".join(lines[::-1]))
    turned = MixtureDir(mixtures)
    sent = pickle.dumps(turned)
    assert len(sent) < 3000
    for other in (turned, pickle.loads(sent)):
        assert (list(other.ids), other.samples.tolist()) == (list(found.ids), found.samples.tolist())
        assert [other.snr(index) for index in range(6)] == [found.snr(index) for index in range(6)]
        assert all(np.array_equal(found.parts(index), other.parts(index)) for index in range(6))


def test_tools_for_data_dirs_know_mixture_dirs(mixtures, tmp_path, caplog):
    """A part, a copy or a whole of parts is a mixture dir again, of the same signals and nothing else."""
    found = MixtureDir(mixtures)
    signals = {name: found.parts(index) for index, name in enumerate(found.ids)}
    (mixtures / "notes").write_text("mine\n")
    subset_data_dir(mixtures, tmp_path / "two", found.ids[1:3])
    copy_data_dir(mixtures, tmp_path / "copy", utt_prefix="x-", spk_prefix="x-")
    parts = split_data_dir(mixtures, 2)
    combine_data_dirs(tmp_path / "whole", parts)
    assert [record.getMessage().split(": ")[-1] for record in caplog.records].count("notes") == 3
    for path, names in (("two", found.ids[1:3]), ("copy", found.ids), ("whole", found.ids)):
        made = MixtureDir(tmp_path / path)
        assert [name.removeprefix("x-") for name in made.ids] == list(names)
        for index, name in enumerate(names):
            assert all(map(np.array_equal, made.parts(index), signals[name]))
        used = {fields[3] for fields in map(str.split, DataDir(made.path).table("mixtures").values())}
        assert set(DataDir(made.path).table("noise.scp")) == used
        assert [fault for fault in validate(made.path, feats=False, text=False, wav=False) if fault.fatal] == []
    speech = DataDir(tmp_path / "whole").table("speech.scp")
    (tmp_path / "whole/speech.scp").write_text("".join(f"{name} {speech[name]}\n" for name in list(speech)[1:]))
    faults = {
        str(fault).rpartition(": ")[2] for fault in validate(tmp_path / "whole", feats=False, text=False, wav=False)
    }
    assert f"the speech '{next(iter(speech))}' has no line in speech.scp" in faults
    fix_data_dir(tmp_path / "whole")
    rest = [name for name in found.ids if DataDir(mixtures).table("mixtures")[name].split()[0] != next(iter(speech))]
    assert MixtureDir(tmp_path / "whole").ids == rest
    (parts[0] / "mixtures.yaml").write_text("rate: 8000\n")
    with pytest.raises(AudiolabError, match=r"sampling rates differ, .*1/mixtures\.yaml: 8000 "):
        combine_data_dirs(tmp_path / "other", parts)


def test_of_several_channels_the_mean_is_mixed_or_the_one_that_is_named(tmp_path):
    stereo = np.stack([noise(0), noise(1)], 1)
    soundfile.write(tmp_path / "a.wav", stereo, RATE, "FLOAT")
    np.testing.assert_allclose(looped(str(tmp_path / "a.wav"), RATE, 100, 50, 150), stereo[100:150].mean(1), atol=1e-7)
    assert np.array_equal(looped(f"{tmp_path}/a.wav[channel=1]", RATE, 100, 50, 150), noise(1)[100:150])


def test_a_noise_is_repeated_without_a_seam(tmp_path):
    """A tone that does not fit its length: a plain repetition jumps, this one does not; noise keeps its power."""
    time = np.arange(4000) / RATE
    soundfile.write(tmp_path / "a.wav", np.sin(2 * np.pi * 100.7 * time), RATE, "FLOAT")
    steepest = 2 * np.pi * 100.7 / RATE
    found = looped(str(tmp_path / "a.wav"), RATE, 1000, 15000, 16000)
    tiled = np.tile(np.sin(2 * np.pi * 100.7 * time), 4)
    assert np.abs(np.diff(tiled)).max() > 5 * steepest
    assert np.abs(np.diff(found)).max() < 2.5 * steepest  # two tones of equal power overlap in the fade
    soundfile.write(tmp_path / "b.wav", noise(0, 8000), RATE, "FLOAT")
    found = looped(str(tmp_path / "b.wav"), RATE, 0, 40000, 40000)
    power = np.square(found[: 800 * 50]).reshape(50, 800).mean(1)
    assert np.abs(10 * np.log10(power / power.mean())).max() < 1


def test_the_first_pass_is_the_recording_and_then_it_has_a_period(tmp_path):
    soundfile.write(tmp_path / "a.wav", noise(0, 5000), RATE, "FLOAT")
    found = looped(str(tmp_path / "a.wav"), RATE, 0, 20000, 20000)
    period = 5000 - FADE
    assert np.array_equal(found[:period], noise(0, 5000)[:period])
    assert np.array_equal(found[period : 2 * period], found[2 * period : 3 * period])
    assert np.array_equal(found[period + FADE : 2 * period], noise(0, 5000)[FADE:period])
    long_enough = looped(str(tmp_path / "a.wav"), RATE, 4000, 1000, 5000)
    assert np.array_equal(long_enough, noise(0, 5000)[4000:])


@pytest.mark.parametrize("samples", [1, 2, 3, 100])
def test_very_short_noises_are_repeated_too(tmp_path, samples):
    soundfile.write(tmp_path / "a.wav", noise(0, samples), RATE, "FLOAT")
    assert np.isfinite(looped(str(tmp_path / "a.wav"), RATE, 0, 1000, 1000)).all()


def test_recorded_pairs(tmp_path):
    speech, sound = {n: noise(n, 5000) for n in range(3)}, {n: noise(n + 9, 5000) for n in range(3)}
    for name, waves in (("wav", {n: speech[n] + sound[n] for n in speech}), ("spk1", speech)):
        for n, wave in waves.items():
            (tmp_path / name).mkdir(exist_ok=True)
            soundfile.write(tmp_path / name / f"{n}.wav", wave, RATE, "FLOAT")
    tables = {f"{kind}.scp": {f"a-{n}": str(tmp_path / kind / f"{n}.wav") for n in speech} for kind in ("wav", "spk1")}
    write_data_dir(tmp_path, {**tables, "utt2spk": {f"a-{n}": "a" for n in speech}})
    pairs = MixtureDir(tmp_path)
    assert (pairs.rate, pairs.ids, pairs.samples.tolist()) == (RATE, ["a-0", "a-1", "a-2"], [5000] * 3)
    assert pairs.snr(0) is None
    clean, rest = pairs.parts(1, 100, 2000)
    assert np.array_equal(clean, speech[1][100:2100])
    assert level_db(rest - sound[1][100:2100], rest) < -120
    soundfile.write(tmp_path / "spk1" / "2.wav", speech[2][:-1], RATE, "FLOAT")
    with pytest.raises(AudiolabError, match=r"a-2: wav.scp's has 5000 samples at 16000 Hz, spk1.scp's 4999"):
        MixtureDir(tmp_path)
    (tmp_path / "spk1.scp").write_text("".join((tmp_path / "spk1.scp").read_text().splitlines(True)[:2]))
    with pytest.raises(AudiolabError, match=r"'a-2' is in only one of wav\.scp and spk1\.scp"):
        MixtureDir(tmp_path)


def test_pairs_whose_headers_are_kept_are_opened_when_they_are_read(tmp_path, monkeypatch):
    for name in ("noisy-0", "noisy-1", "clean-0", "clean-1"):
        soundfile.write(tmp_path / f"{name}.wav", noise(0, 500), RATE, "FLOAT")
    noisy, clean = ({f"a-{n}": f"{tmp_path}/{kind}-{n}.wav" for n in range(2)} for kind in ("noisy", "clean"))
    headers = {name: str(read_header(path)) for name, path in noisy.items()}
    tables = {"wav.scp": noisy, "spk1.scp": clean, "reco2header": headers, "utt2spk": dict.fromkeys(noisy, "a")}
    write_data_dir(tmp_path, tables)
    opened, open_bytes = [], audiofile.open_bytes
    monkeypatch.setattr(audiofile, "open_bytes", lambda *given: opened.append(given[0].path) or open_bytes(*given))
    pairs = MixtureDir(tmp_path)
    assert (pairs.rate, pairs.samples.tolist(), opened) == (RATE, [500, 500], [])
    assert [len(part) for part in pairs.parts(1)] == [500, 500]
    assert set(opened) == {noisy["a-1"], clean["a-1"]}
    soundfile.write(clean["a-0"], noise(0, 501), RATE, "FLOAT")
    with pytest.raises(AudiolabError, match=r"a-0: wav.scp's has 500 samples at 16000 Hz, spk1.scp's 501 .*one length"):
        pairs.parts(0, 0, 10)
    soundfile.write(noisy["a-1"], noise(0, 502), RATE, "FLOAT")  # so that its header is not the one that is kept
    with pytest.raises(AudiolabError, match=r"a-1: wav.scp's has 502 samples at 16000 Hz, spk1.scp's 500"):
        MixtureDir(tmp_path)
    for path in (noisy["a-1"], clean["a-1"]):
        soundfile.write(path, noise(0, 500), RATE // 2, "PCM_16")
    with pytest.raises(AudiolabError, match=r"a-1: at 8000 Hz, and others at 16000 Hz; a set must have one rate"):
        MixtureDir(tmp_path)


def test_a_mixture_is_its_line():
    mixture = Mixture(Part("s", 5, 0.25), Part("n", 7, 1.5), 100, -2.5)
    assert Mixture.parse(str(mixture)) == mixture


@pytest.mark.parametrize(
    ("name", "text", "message"),
    [
        ("mixtures", "", "mixtures: no mixture in it"),
        ("mixtures", "a s0-a 0 1 n0-a 0 1 100\n", "mixtures: a: no mixture: 's0-a 0 1 n0-a 0 1 100'; make the set"),
        ("mixtures", "a s0-a 0 1 n0-a 0 1 100 loud\n", "mixtures: a: no mixture"),
        ("mixtures", "a s0-a -1 1 n0-a 0 1 100 0\n", "mixtures: a: no mixture"),
        ("mixtures", "a s0-a 0 nan n0-a 0 1 100 0\n", "mixtures: a: no mixture"),
        ("mixtures", "a s0-a 0 1 n0-a 0 1 0 0\n", "mixtures: a: no mixture"),
        ("mixtures", "a s9-a 0 1 n0-a 0 1 100 0\n", "a: 's9-a' is not in speech.scp"),
        ("mixtures", "a s0-a 0 1 n9-a 0 1 100 0\n", "a: 'n9-a' is not in noise.scp"),
        ("mixtures.yaml", "rate: fast\n", "mixtures.yaml: rate is 'fast', no number of Hz"),
        ("mixtures.yaml", None, "mixtures.yaml: cannot read this config"),
        ("speech.scp", None, "speech.scp: cannot read this table"),
        ("mixtures", None, "no mixture dir: neither 'mixtures' nor wav.scp with spk1.scp"),
    ],
)
def test_broken_dirs_are_told_in_one_line(mixtures, name, text, message):
    if text is None:
        (mixtures / name).unlink()
    else:
        (mixtures / name).write_text(text)
    with pytest.raises(AudiolabError, match=message) as caught:
        MixtureDir(mixtures)
    assert "\n" not in str(caught.value)
    assert str(mixtures) in str(caught.value)


def test_recordings_that_are_missing_or_too_short_are_named(mixtures, tmp_path):
    table, gone = mixtures / "speech.scp", tmp_path / "gone.wav"
    table.write_text("".join(f"s{n}-a {gone}\n" for n in range(3)))
    with pytest.raises(AudiolabError, match=r"mix: s.-mix0.*: .*gone.wav: cannot open"):
        MixtureDir(mixtures).parts(0)
    soundfile.write(gone, noise(0, 100), RATE)
    with pytest.raises(AudiolabError, match=r"mix: s.-mix0.*: .*gone.wav has 100 samples at 16000 Hz, not the"):
        MixtureDir(mixtures).parts(0)
    with pytest.raises(ValueError, match="samples 0 to"):
        MixtureDir(mixtures).parts(0, 0, 10**6)
