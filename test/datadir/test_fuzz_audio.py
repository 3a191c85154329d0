"""Whatever bytes a file has: all samples that it promises, finite, or one line that names it; within bounds."""

import numpy as np
import pytest
from audio_files import FORMATS, LIST, made, put
from fuzzing import damaged, fuzz, outcome

from audiolab.datadir.audio import read_excerpt
from audiolab.datadir.audiofile import audio_info, read_wav
from audiolab.errors import AudiolabError

GROUPS = {
    "RIFF": ["wav", "wav24", "wavex", "wavfloat", "rifx", "rf64", "ulaw", "ima", "ms", "gsm"],
    "W64": ["w64", "w64gsm"],
    "AIFF": ["aiff", "aifc", "aifcfloat", "aiffima"],
    "AU, CAF, SPHERE": ["au", "aule", "g721", "caf", "alac", "sphere"],
    "FLAC": ["flac"],
    "Ogg": ["ogg", "opus"],
    "MP3": ["mp3"],
}


def test_every_format_is_in_a_group():
    assert sorted(name for names in GROUPS.values() for name in names) == sorted(FORMATS)


@pytest.mark.parametrize("group", GROUPS)
def test_any_bytes(tmp_path, group, fuzz_seconds):
    path = tmp_path / "a.audio"
    files = [made(name, samples=700) for name in GROUPS[group]]
    if group == "RIFF":
        files += [files[0] + LIST, put(files[0], 40, bytes(4)), put(files[0], 40, b"\xff" * 4) + LIST]

    def check(data):
        path.write_bytes(data)
        info = outcome(lambda: audio_info(path))
        found = outcome(lambda: read_wav(path))
        if isinstance(found, AudiolabError):
            assert str(path) in str(found)
            return
        samples, rate = found
        assert info == (len(samples), rate, 1 if samples.ndim == 1 else samples.shape[1])
        assert np.isfinite(samples).all()
        for first in (0, len(samples) // 2):
            piece = read_excerpt(path, start=first, channels="all")
            assert len(piece) == len(samples) - first

    fuzz(damaged(files), check, fuzz_seconds, cases=50)
