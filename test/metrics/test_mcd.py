import numpy as np
import pysptk
import pytest

from audiolab.errors import AudiolabError
from audiolab.metrics.alignment import align
from audiolab.metrics.mcd import aligned_distortion, frame_distortion, speech_frames


@pytest.fixture
def rng():
    return np.random.default_rng(0)


def walk(rng, frames, order=24):
    """Smooth trajectories in which no two frames are alike."""
    steps = rng.standard_normal((frames, order + 1))
    return np.cumsum(steps, axis=0) / 10


def test_offset_in_one_coefficient_has_the_closed_form(rng):
    cepstra = walk(rng, 50)
    moved = cepstra.copy()
    moved[:, 7] += 0.3
    np.testing.assert_allclose(frame_distortion(cepstra, moved), 10 / np.log(10) * np.sqrt(2) * 0.3, rtol=1e-12)


def test_c0_has_no_part_and_identity_is_zero(rng):
    cepstra = walk(rng, 80)
    louder = cepstra.copy()
    louder[:, 0] += 5
    result = aligned_distortion(cepstra, louder)
    assert result.value == 0.0
    assert result.frames == (80, 80)
    np.testing.assert_array_equal(result.path, np.repeat(np.arange(80)[:, None], 2, axis=1))


def test_equals_nnmnkwii_on_aligned_frames():
    a = np.sin(np.arange(75.0)).reshape(3, 25)
    b = np.cos(np.arange(75.0) ** 1.1).reshape(3, 25)
    # nnmnkwii 0.1.3: nnmnkwii.metrics.melcd(a[:, 1:], b[:, 1:])
    assert frame_distortion(a, b).mean() == pytest.approx(31.34278425735332, rel=1e-12)


def test_one_unit_of_cepstrum_is_the_rms_log_spectrum_in_decibels(rng):
    # Parseval on the warped axis: the MCD of unwarped cepstra is the RMS difference of the log spectra that
    # another library computes from them.
    a, b = rng.standard_normal((2, 25)) / 5
    a[0] = b[0] = 0
    spectra = [pysptk.mgc2sp(c, alpha=0.0, gamma=0.0, fftlen=1024).real for c in (a, b)]
    difference = 20 / np.log(10) * (spectra[0] - spectra[1])
    full = np.concatenate([difference, difference[-2:0:-1]])
    assert frame_distortion(a[None], b[None])[0] == pytest.approx(np.sqrt(np.mean(full**2)), rel=1e-6)


def test_time_warped_copy_is_near_zero(rng):
    cepstra = walk(rng, 200)
    slow = np.repeat(cepstra, rng.integers(1, 4, 200), axis=0)
    assert aligned_distortion(cepstra, slow).value == pytest.approx(0, abs=1e-12)
    dropped = cepstra[np.sort(rng.choice(200, 180, replace=False))]
    assert aligned_distortion(cepstra, dropped).value < 0.2 * frame_distortion(cepstra[:180], dropped).mean()


def test_dtw_is_the_optimum_of_a_plain_recursion(rng):
    a, b = rng.standard_normal((9, 3)), rng.standard_normal((12, 3))
    cost = np.linalg.norm(a[:, None] - b[None], axis=-1)
    total = np.full((10, 13), np.inf)
    total[0, 0] = 0
    for i in range(9):
        for j in range(12):
            total[i + 1, j + 1] = cost[i, j] + min(total[i, j], total[i, j + 1], total[i + 1, j])
    path = align(a, b)
    steps = np.diff(path, axis=0)
    assert path[0].tolist() == [0, 0]
    assert path[-1].tolist() == [8, 11]
    assert set(map(tuple, steps)) <= {(1, 1), (1, 0), (0, 1)}
    assert cost[path[:, 0], path[:, 1]].sum() == pytest.approx(total[-1, -1], rel=1e-12)


def test_alignment_does_not_hear_the_level(rng):
    """c0 moves each frame next to another one's; the path stays on the diagonal."""
    cepstra = walk(rng, 60)
    cepstra[:, 0] *= 50  # of both alike: a path by the level would follow the move
    other = cepstra.copy()
    other[:, 0] = np.roll(cepstra[:, 0], 7)
    result = aligned_distortion(cepstra, other)
    assert result.value == 0.0
    np.testing.assert_array_equal(result.path, np.repeat(np.arange(60)[:, None], 2, axis=1))


def test_path_speaks_of_whole_utterances_and_silence_is_left_out(rng):
    cepstra = walk(rng, 40)
    power = np.ones(40)
    power[:10] = 10**-3.6
    power[10:12] = 10**-3.4
    kept = speech_frames(power, 35.0)
    assert kept.tolist() == list(range(10, 40))
    result = aligned_distortion(cepstra, cepstra[kept], kept)
    assert result.value == 0.0
    assert result.path[0].tolist() == [10, 0]
    assert result.frames == (30, 30)


@pytest.mark.parametrize(
    ("a", "b", "says"),
    [
        (np.zeros((0, 3)), np.zeros((4, 3)), "no frames"),
        (np.zeros((4, 3)), np.zeros((4, 2)), "shapes"),
        (np.full((4, 3), np.nan), np.zeros((4, 3)), "NaN"),
        (np.zeros((9000, 1)), np.zeros((9000, 1)), "more memory"),
    ],
)
def test_what_cannot_be_aligned_is_said(a, b, says):
    with pytest.raises(AudiolabError, match=says):
        align(a, b)


@pytest.mark.parametrize("power", [np.zeros(5), np.zeros(0), np.array([1.0, np.nan])])
def test_silence_has_no_speech_frames(power):
    with pytest.raises(AudiolabError, match="silent"):
        speech_frames(power)
