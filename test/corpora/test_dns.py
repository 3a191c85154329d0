"""The DNS challenge: data dirs of its folders as archives, and as its repository, leave them, and what faults give."""

import io
import re
import shutil
import tarfile

import numpy as np
import pytest
import soundfile
from checks import refused

from audiolab.corpora import dns
from audiolab.corpora.dns import CORPUS, DnsPreparation, prepare, read_pointers
from audiolab.corpora.dns_layout import LANGUAGES, kind_of
from audiolab.corpora.splits import set_of
from audiolab.data.mixtures import MixtureDir
from audiolab.datadir.datadir import DataDir
from audiolab.datadir.validate import validate
from audiolab.errors import AudiolabError

READERS = ("ezwa", "bernard", "gilles_g_le_blanc", "nadine_eckert_boulet", "zeckou", "minaev", "nikolaev", "hajdurova")
PAIRS = {"clnsp1_train_69005_1_snr15_tl-21_fileid_158": 158, "clnsp22_breath_21983_0_snr1_tl-18_fileid_50": 50}


def write(path, seconds=0.1, value=0.1):
    path.parent.mkdir(parents=True, exist_ok=True)
    soundfile.write(path, np.full(round(seconds * 16000), value), 16000)


def of_every_set(name):
    """Some names, made by a number, of each set."""
    names = {part: [] for part in ("train", "valid", "test")}
    for number in range(200):
        names[set_of(name(number)[0])].append(name(number)[1])
    return [member for found in names.values() for member in found[:2]]


@pytest.fixture(scope="module")
def original(tmp_path_factory):
    """All in ``datasets``, as in the repository."""
    root = tmp_path_factory.mktemp("dns")
    clean = root / "datasets/clean"
    for folder, language in LANGUAGES.items():
        if language == "zh":
            for speaker in of_every_set(lambda n: (f"zh_S{n:04d}", f"S{n:04d}")):
                write(clean / folder / "slr33_aishell" / speaker / f"BAC009{speaker}W0122.wav")
            write(clean / folder / "SLR18_THCHS00/A11_0.wav")
            continue
        books = of_every_set(lambda n, lang=language: (f"{lang}_mix_b{n}", f"mix/b{n}"))
        for place in (*(f"female/{reader}/book" for reader in READERS), *books):
            inside = clean / folder / "M-AILABS_Speech_Dataset/xx_XX_16k" / place / "wavs"
            for number in (1, 2):
                write(inside / f"{place.replace('/', '_')}_f{number:06d}.wav")
            (inside / f"._{place.replace('/', '_')}_f000001.wav").write_bytes(b"\0\5\x16\7")  # macOS's
    for reader in of_every_set(lambda n: (f"en_reader_{n:05d}", f"{n:05d}")):
        for number in (2, 11):
            write(clean / f"book_00000_chp_0009_reader_{reader}_{number}.wav")
    for noise in of_every_set(lambda n: (f"door_{n:06d}", f"door_{n:06d}")):
        for number in (0, 10):
            write(root / "datasets/noise" / f"{noise}_{number}.wav")
    write(root / "datasets/noise/--9VR_F7CtY.wav", 0.2)
    for stem, number in PAIRS.items():
        for kind in ("no_reverb", "with_reverb"):
            write(root / f"datasets/test_set/synthetic/{kind}/noisy/{stem}.wav", 0.3, 0.3)
            write(root / f"datasets/test_set/synthetic/{kind}/clean/clean_fileid_{number}.wav", 0.3, 0.2)
    write(clean / "emotional_speech/crema_d/1025_IWL_SAD_XX.wav")
    write(root / "datasets/impulse_responses/SLR26/x.wav")
    write(root / "datasets/test_set/real_recordings/noise/x.wav")
    (clean / "Readme.md").touch()
    return root


@pytest.fixture
def root(original, tmp_path):
    return shutil.copytree(original, tmp_path / "db")


def as_archives(root):
    """Each part in a folder of its archive's name, as the download leaves them; English as in 2021."""
    for folder in LANGUAGES:
        new = root / f"datasets.clean.{folder}/datasets/clean" / folder
        new.parent.mkdir(parents=True)
        (root / "datasets/clean" / folder).rename(new)
    (root / "datasets.noise/datasets").mkdir(parents=True)
    (root / "datasets/noise").rename(root / "datasets.noise/datasets/noise")
    english = root / "datasets.clean.read_speech/datasets/clean/read_speech"
    english.mkdir(parents=True)
    for path in (root / "datasets/clean").glob("book_*"):
        path.rename(english / path.name)


@pytest.mark.parametrize("archives", [False, True])
def test_data_dirs(root, tmp_path, archives):
    if archives:
        as_archives(root)
    paths = prepare(root, tmp_path / "data")
    parts = ("train", "valid", "test")
    roles = ("speech_target", "speech_english", "noise_target")
    assert [path.name for path in paths] == [*(f"{r}_{p}" for r in roles for p in parts), "dns_no_reverb"]
    for role in roles:
        speakers = [set(DataDir(tmp_path / "data" / f"{role}_{part}").speakers) for part in parts]
        assert all(speakers)
        assert sum(map(len, speakers)) == len(set.union(*speakers))
        for part, names in zip(parts, speakers):
            assert {set_of(name) for name in names} == {part}
    for path in paths:
        assert [fault for fault in validate(path, feats=False, text=False) if fault.fatal] == []
    for part in parts:
        assert set(DataDir(tmp_path / f"data/speech_target_{part}").table("utt2lang").values()) == {
            "fr", "de", "it", "zh", "ru", "es"
        }  # fmt: skip
        english = DataDir(tmp_path / f"data/speech_english_{part}")
        assert set(english.table("utt2lang").values()) == {"en"}
        assert len(english.utterances) == 2 * len(english.speakers)
    whole = {
        u: s for part in parts for u, s in DataDir(tmp_path / f"data/noise_target_{part}").table("utt2spk").items()
    }
    assert whole["__9VR_F7CtY"] == "__9VR_F7CtY"
    assert len(whole) == 2 * len(set(whole.values())) - 1  # excerpts of one recording stay together
    french = {s for part in parts for s in DataDir(tmp_path / f"data/speech_target_{part}").speakers if s[:2] == "fr"}
    assert {f"fr_{reader}" for reader in READERS} <= french


def test_some_languages_speakers_and_noises(root, tmp_path):
    """What is not wanted may be absent; English and the pairs stay, and each set has something of each language."""
    shutil.rmtree(root / "datasets/clean/russian_speech")
    config = DnsPreparation(languages=["it", "de"], max_speakers=1, max_utterances=1, max_noises=2)
    prepare(root, tmp_path / "data", config)
    for part in ("train", "valid", "test"):
        target, english, noise = (
            DataDir(tmp_path / f"data/{name}_{part}") for name in ("speech_target", "speech_english", "noise_target")
        )
        assert sorted(target.table("utt2lang").values()) == ["de", "it"]
        assert (len(english.utterances), len(noise.utterances)) == (1, 2)
    assert len(DataDir(tmp_path / "data/dns_no_reverb").utterances) == len(PAIRS)
    with refused("--languages: the corpus has no 'pl'; known are: de, es, fr", tmp_path / "none"):
        prepare(root, tmp_path / "none", DnsPreparation(languages=["pl"]))
    with refused("no recordings of russian_speech; expected", tmp_path / "none"):
        prepare(root, tmp_path / "none", DnsPreparation(languages=["ru"]))


def test_a_choice_that_leaves_a_language_out_of_a_set(root, tmp_path):
    prepare(root, tmp_path / "data")
    speakers = [
        next(s for s in DataDir(tmp_path / f"data/{name}_{part}").speakers if s[:2] in ("it", "en"))
        for name in ("speech_target", "speech_english")
        for part in ("train", "valid", "test")
    ]
    chosen = DnsPreparation(languages=["it"], speakers=speakers)
    assert [len(DataDir(path).speakers) for path in prepare(root, tmp_path / "few", chosen)[:6]] == [1] * 6
    french = next(s for s in DataDir(tmp_path / "data/speech_target_train").speakers if s[:2] == "fr")
    with refused("speech_target: nothing in 'fr' for valid and test; whole speakers", tmp_path / "none"):
        prepare(root, tmp_path / "none", DnsPreparation(languages=["it", "fr"], speakers=[*speakers, french]))


def test_only_what_is_needed_is_fetched():
    whole, some = (
        {file.folder for file in CORPUS.files_of(DnsPreparation(languages=names))} for names in ([], ["it", "zh"])
    )
    assert {file.folder for file in CORPUS.files} == whole
    assert whole - some == {f"datasets.clean.{name}" for name in LANGUAGES if name[:2] not in ("it", "ma")}


def test_pairs(root, tmp_path):
    prepare(root, tmp_path / "data")
    data = DataDir(tmp_path / "data/dns_no_reverb")
    folder = root / "datasets/test_set/synthetic/no_reverb"
    assert data.table("wav.scp") == {f"fileid_{n}": f"{folder}/noisy/{stem}.wav" for stem, n in PAIRS.items()}
    assert data.table("spk1.scp") == {f"fileid_{n}": f"{folder}/clean/clean_fileid_{n}.wav" for n in PAIRS.values()}
    speech, noise = MixtureDir(data.path).parts(0)
    assert np.allclose((speech[0], noise[0]), (0.2, 0.1), atol=1e-4)


def test_what_is_there_does_not_matter(root, tmp_path):
    """A speaker's set is the same when others are gone."""
    prepare(root, tmp_path / "data")
    gone = [path for path in sorted((root / "datasets/noise").iterdir()) if "_10.wav" in path.name]
    for path in gone:
        path.unlink()
    prepare(root, tmp_path / "fewer")
    for part in ("train", "valid", "test"):
        before, after = (DataDir(tmp_path / name / f"noise_target_{part}") for name in ("data", "fewer"))
        assert after.speakers == before.speakers
        assert len(after.utterances) < len(before.utterances)


def test_kinds_of_folders():
    for path, kind in {
        "datasets/clean": "english",
        "datasets/clean/read_speech": "english",
        "datasets/clean/spanish_speech/SLR39_16k": "spanish_speech",
        "datasets/clean/singing_voice": None,
        "datasets/noise": "noise",
        "datasets.noise/datasets": None,
        "datasets/test_set/synthetic/no_reverb/clean": "clean",
        "datasets/test_set/synthetic/no_reverb/noisy": "noisy",
        "datasets/test_set/synthetic/with_reverb/clean": None,
        "datasets/dev_testset/track_1/synthetic/clean": None,
        "datasets/test_set/synthetic/no_reverb/noise": None,
    }.items():
        assert kind_of(tuple(path.split("/"))) == kind


def only(root, folder, keep):
    for path in root.rglob(f"{folder}/**/*.wav"):
        if not re.search(keep, str(path)):
            path.unlink()


FAULTS = {
    "no root": (shutil.rmtree, "no such folder; --db_root is where clean/"),
    "no language": (
        lambda root: shutil.rmtree(root / "datasets/clean/german_speech"),
        "no recordings of german_speech; expected clean/",
    ),
    "no noise": (lambda root: shutil.rmtree(root / "datasets/noise"), "no recordings of noise; expected"),
    "no English": (
        lambda root: [path.unlink() for path in (root / "datasets/clean").glob("book_*")],
        "no recordings of English read speech; expected",
    ),
    "no speaker for a set": (
        lambda root: only(root, "russian_speech", "hajdurova|minaev"),
        r"speech_target: nothing in 'ru' for (valid|test); .* hash of their name, .* only train: ru_hajdurova; "
        r"(valid|test): ru_minaev; add",
    ),
    "no noise for a set": (
        lambda root: only(root, "noise", "9VR"),
        "noise_target: nothing for .* and .*; whole speakers",
    ),
    "no reader": (lambda root: write(root / "datasets/clean/book_1.wav"), "book_1.wav: no reader in this name"),
    "half a pair": (
        lambda root: (root / "datasets/test_set/synthetic/no_reverb/clean/clean_fileid_50.wav").unlink(),
        r"no_reverb: no clean recording with fileid 50 \(1 in all\)",
    ),
    "no fileid": (
        lambda root: write(root / "datasets/test_set/synthetic/no_reverb/noisy/x.wav"),
        r"x.wav: no trailing fileid_<n>",
    ),
    "fileid twice": (
        lambda root: write(root / "datasets/test_set/synthetic/no_reverb/noisy/x_fileid_50.wav"),
        "the same fileid as",
    ),
    "unequal pair": (
        lambda root: write(root / "datasets/test_set/synthetic/no_reverb/clean/clean_fileid_50.wav", 0.2),
        r"clean_fileid_50.wav: 3200 samples at 16000 Hz, .*fileid_50.wav has 4800",
    ),
    "nested copy": (
        lambda root: write(root / "datasets/noise/noise/--9VR_F7CtY.wav"),
        "the same id, '__9VR_F7CtY', as",
    ),
    "broken": (
        lambda root: (root / "datasets/noise/--9VR_F7CtY.wav").write_bytes(b"RIFF"),
        "--9VR_F7CtY.wav: no audio that can be read",
    ),
}


@pytest.mark.parametrize("fault", FAULTS)
def test_faults_are_one_line_and_nothing_is_written(root, tmp_path, fault):
    damage, message = FAULTS[fault]
    damage(root)
    with refused(message, tmp_path / "data"):
        prepare(root, tmp_path / "data")


def archive_of(path, members):
    with tarfile.open(path, "w:bz2") as archive:
        for name, data in members.items():
            info = tarfile.TarInfo(name)
            info.size = len(data)
            archive.addfile(info, io.BytesIO(data))
    return path


POINTER = b"version https://git-lfs.github.com/spec/v1\noid sha256:%s\nsize %d\n"
PLACE = "datasets/test_set/synthetic/no_reverb"


def test_files_that_git_lfs_keeps(tmp_path):
    """A pointer as it stands in the challenge's repository."""
    real = POINTER % (b"777bf587dcf6b2b6a2c2cc38f0048b9eecd4a0d8fa8b8549ca3697dd68f3eea8", 320044)
    members = {
        f"{PLACE}/clean/clean_fileid_0.wav": real,
        f"./{PLACE}/noisy/clnsp1_a b_snr0_tl-20_fileid_0.wav": POINTER % (b"0" * 64, 7),
        f"{PLACE}/clean/._clean_fileid_0.wav": b"\0\5\x16\7",
        "datasets/noise/--9VR_F7CtY.wav": real,
        f"../{PLACE}/clean/clean_fileid_9.wav": real,
    }
    clean, noisy = read_pointers(archive_of(tmp_path / "list.tar.bz2", members))
    assert clean.name == f"{PLACE}/clean/clean_fileid_0.wav"
    assert clean.url == f"{dns.LFS}/{clean.name}"
    assert (clean.sha256[:8], clean.size) == ("777bf587", 320044)
    assert noisy.url.endswith("/noisy/clnsp1_a%20b_snr0_tl-20_fileid_0.wav")


def test_lists_that_are_none(tmp_path):
    with pytest.raises(AudiolabError, match="names no files of test_set"):
        read_pointers(archive_of(tmp_path / "a.tar.bz2", {"x.wav": b""}))
    with pytest.raises(AudiolabError, match=r"clean_fileid_0\.wav is no pointer of Git LFS"):
        read_pointers(archive_of(tmp_path / "b.tar.bz2", {f"{PLACE}/clean/clean_fileid_0.wav": b"RIFF"}))
    (tmp_path / "c.tar.bz2").write_bytes(b"BZh9")
    with pytest.raises(AudiolabError, match=r"c\.tar\.bz2: damaged"):
        read_pointers(tmp_path / "c.tar.bz2")


def test_archives_have_folders_of_their_own():
    folders = [file.folder for file in CORPUS.files]
    assert len(set(folders)) == 8
    assert "datasets.clean.french_data" in folders
    assert {f"datasets.clean.{name}" for name in LANGUAGES} < set(folders)
