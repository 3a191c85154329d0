"""CMU ARCTIC (Kominek and Black, 2003): 18 speakers of English read the same 1132 sentences or some of them, 16 kHz.

``cmu_us_<speaker>_arctic/wav/<sentence>.wav`` and ``etc/txt.done.data`` with lines ``( <sentence> "<text>" )``. As all
read the same, the same sentences are kept out of training for all.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from audiolab.corpora.arctic_mini import FOLDER, PROMPTS, ArcticMini, make_mini
from audiolab.corpora.base import Corpus, RemoteFile
from audiolab.corpora.edges import Edges
from audiolab.corpora.held_out import HeldOut
from audiolab.corpora.listed import listed_recordings
from audiolab.corpora.preparation import Rate, Speakers, check_known
from audiolab.corpora.prepared import Recording, clean_id, prepare_sets
from audiolab.corpora.walk import walk
from audiolab.errors import AudiolabError
from audiolab.textfile import read_lines

EXPECTED = "cmu_us_<speaker>_arctic/etc/txt.done.data and cmu_us_<speaker>_arctic/wav/<sentence>.wav"

WOMEN = ("axb", "clb", "eey", "ljm", "lnh", "slp", "slt")

SUMS = {
    "aew": "645cb33c0f0b2ce41384fdd8d3db2c3f5fc15c1e688baeb74d2e08cab18ab406",
    "ahw": "024664adeb892809d646a3efd043625b46b5bfa3e6189b3500b2d0d59dfab06c",
    "aup": "2c55bc3050caa996758869126ad10cf42e1441212111db034b3a45189c18b6fc",
    "awb": "d74a950c9739a65f7bfc4dfa6187f2730fa03de5b8eb3f2da97a51b74df64d3c",
    "axb": "dd65c3d2907d1ee52f86e44f578319159e60f4bf722a9142be01161d84e330ff",
    "bdl": "26b91aaf48b2799b2956792b4632c2f926cd0542f402b5452d5adecb60942904",
    "clb": "3f16dc3f3b97955ea22623efb33b444341013fc660677b2e170efdcc959fa7c6",
    "eey": "8a0ee4e5acbd4b2f61a4fb947c1730ab3adcc9dc50b195981d99391d29928e8a",
    "fem": "3fcff629412b57233589cdb058f730594a62c4f3a75c20de14afe06621ef45e2",
    "gka": "dc82e7967cbd5eddbed33074b0699128dbd4482b41711916d58103707e38c67f",
    "jmk": "3a37c0e1dfc91e734fdbc88b562d9e2ebca621772402cdc693bbc9b09b211d73",
    "ksp": "8029cafce8296f9bed3022c44ef1e7953332b6bf6943c14b929f468122532717",
    "ljm": "b23993765cbf2b9e7bbc3c85b6c56eaf292ac81ee4bb887b638a24d104f921a0",
    "lnh": "4faf34d71aa7112813252fb20c5433e2fdd9a9de55a00701ffcbf05f24a5991a",
    "rms": "c6dc11235629c58441c071a7ba8a2d067903dfefbaabc4056d87da35b72ecda4",
    "rxr": "1fa4271c393e5998d200e56c102ff46fcfea169aaa2148ad9e9469616fbfdd9b",
    "slp": "54345ed55e45c23d419e9a823eef427f1cc93c83a710735ec667d068c916abf1",
    "slt": "7c173297916acf3cc7fcab2713be4c60b27312316765a90934651d367226b4ea",
}
"""Speaker -> SHA-256 of the archive, as torchaudio 2.11 has them."""

_SPEAKER = re.compile(r"cmu_us_([a-z0-9]+)_arctic")
_PROMPT = re.compile(r'\(\s*(\S+)\s+"(.*)"\s*\)')


@dataclass(frozen=True)
class ArcticPreparation(Rate, HeldOut, Edges, Speakers):
    """What is taken of the corpus."""

    corpus = "arctic"


def unneeded(config: ArcticPreparation) -> set[str]:
    """Return the archives, without ending, of the speakers that are not chosen."""
    return {FOLDER.format(speaker) for speaker in SUMS if config.speakers and speaker not in config.speakers}


def prepare(db_root: str | Path, dest: str | Path, config: ArcticPreparation | None = None, nj: int = 1) -> list[Path]:
    """Make ``<dest>/arctic_{train,dev,test}``, each of all speakers that are taken.

    Args:
        db_root: Where the speakers' folders lie, at any depth.
        dest: The recipe's ``data`` folder.
        config: What is taken; None: what is taken by default.
        nj: Processes that read headers.

    Returns:
        The data dirs, validated; with ``text``, ``spk2gender`` and ``utt2lang``, in which all accents are ``en-us``.

    Raises:
        AudiolabError: What is missing or broken, found before anything is written.
    """
    config, root = config or ArcticPreparation(), Path(db_root)
    if not root.is_dir():
        raise AudiolabError(f"{root}: no such folder; --db_root is where {EXPECTED} lies")
    folders = {found[1]: folder for folder, _ in walk(root) if (found := _SPEAKER.fullmatch(folder.name))}
    check_known("speakers", config.speakers, folders)
    chosen = [folder for name, folder in sorted(folders.items()) if not config.speakers or name in config.speakers]
    recordings = [recording for folder in chosen for recording in _recordings(folder)]
    if not recordings:
        raise AudiolabError(f"{root}: no recordings with a text; expected {EXPECTED}")
    sets = config.trimmed(config.divide("arctic", recordings, config.speakers), nj)
    return prepare_sets(dest, sets, nj=nj, preparation=config)


def _recordings(folder: Path) -> Iterator[Recording]:
    speaker, texts = _SPEAKER.fullmatch(folder.name)[1], _prompts(folder / PROMPTS)
    for name, path in listed_recordings(folder / "wav", texts).items():
        gender = "f" if speaker in WOMEN else "m" if speaker in SUMS else None
        yield Recording(path, speaker, f"{speaker}-{clean_id(name)}", "en-us", texts[name], gender)


def _prompts(path: Path) -> dict[str, str]:
    texts: dict[str, str] = {}
    for number, line in enumerate(read_lines(path, "this list of prompts"), 1):
        found = _PROMPT.fullmatch(line.strip())
        if line.strip() and (found is None or not found[2].strip()):
            raise AudiolabError(f'{path}:{number}: not ( <sentence> "<text>" ); correct or remove the line')
        if found and texts.setdefault(found[1], text := " ".join(found[2].replace('\\"', '"').split())) != text:
            raise AudiolabError(f"{path}:{number}: '{found[1]}' comes twice, with different texts; remove one of them")
    return texts


CORPUS = Corpus(
    name="arctic",
    license="CMU ARCTIC's own (any use, with its notice)",
    homepage="http://festvox.org/cmu_arctic/",
    files=tuple(
        RemoteFile(
            f"http://festvox.org/cmu_arctic/packed/{FOLDER.format(speaker)}.tar.bz2",
            f"{FOLDER.format(speaker)}.tar.bz2",
            sha256=digest,
        )
        for speaker, digest in SUMS.items()
    ),
    preparation=ArcticPreparation,
    prepare=prepare,
    mini=ArcticMini,
    make_mini=make_mini,
    unneeded=unneeded,
)
