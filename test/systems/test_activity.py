"""The activity detector: sizes, levels, shares of energy by closed forms, what `audiolab.load` gives."""

import numpy as np
import pytest
import torch
from song_folder import make_songs, noises

from audiolab import systems
from audiolab.config import from_dict
from audiolab.data.augmentation import AugmentConfig
from audiolab.data.stems import StemCrops, StemCropsConfig
from audiolab.errors import AudiolabError
from audiolab.systems.activity.config import ActivityConfig
from audiolab.systems.activity.detector import Detector
from audiolab.systems.activity.predictor import Predictor

TIME = torch.arange(16000) / 16000


def sine(amplitude, hertz=1000):
    return amplitude * torch.sin(2 * np.pi * hertz * TIME)[None]


def test_weights():
    """Convolutions 3 × 3 from 1 and from 64 to 64 filters with batch normalisation, two GRU layers of 64 units."""
    system = systems.get("activity")(ActivityConfig())
    convolutions = 9 * 64 + 3 * 9 * 64 * 64 + 4 * 2 * 64
    bands = 513 // 5 // 4 // 4 // 2
    recurrent = sum(2 * 3 * (64 * width + 64 * 64 + 2 * 64) for width in (64 * bands, 128))
    assert sum(p.numel() for p in system.parameters()) == convolutions + recurrent + 128 + 1
    assert ActivityConfig().bands == bands == 3


def test_levels_are_db_of_full_scale():
    detector = Detector(ActivityConfig())
    levels = detector.levels(detector.analyse(torch.cat([sine(1.0), sine(0.1), torch.zeros(1, 16000)])))
    peak = levels[:, 64, 30]  # 1 kHz
    assert (20 * peak - 50).tolist() == pytest.approx([0.0, -20.0, -100.0], abs=0.01)


def test_power_is_the_mean_square():
    detector = Detector(ActivityConfig())
    noise = 0.3 * torch.randn(1, 16000, generator=torch.Generator().manual_seed(0))
    waves = torch.cat([sine(1.0), noise, torch.full((1, 16000), 0.2)])
    power = detector.power(detector.analyse(waves))[:, 3:-3].mean(1)
    assert power.tolist() == pytest.approx([0.5, 0.09, 0.04], rel=0.02)


@pytest.mark.parametrize(
    ("voice", "rest", "share"), [(0.4, 0.2, 0.8), (0.2, 0.4, 0.2), (0.5, 0.0, 1.0), (0.0, 0.5, 0.0)]
)
def test_shares_of_energy(voice, rest, share):
    detector = Detector(ActivityConfig())
    found = detector.shares(*(detector.analyse(sine(*each)) for each in ((voice, 500), (rest, 2000))))
    assert found[0, 3:-3].numpy() == pytest.approx(share, abs=1e-3)


def test_songs_of_another_rate_are_refused(tmp_path):
    songs = str(make_songs(tmp_path, noises(2, 1.0, rate=8000), rate=8000))
    augment = AugmentConfig(lowpass_hz=[2000, 3500], eq_hz=[100, 3000])
    train_set = StemCrops(StemCropsConfig([songs], [songs], rate=8000, window_s=0.5, augment=augment), "train")
    with pytest.raises(ValueError, match="rate is 16000 Hz, but songs are read at 8000 Hz"):
        systems.get("activity").complete(ActivityConfig(), train_set)


def test_there_is_no_share_where_both_are_silent():
    detector = Detector(ActivityConfig())
    loud, quiet = sine(0.0014), sine(0.0012)  # −60.1 dB is the power of the first, −61.4 dB of the second
    assert detector.shares(detector.analyse(sine(0.01)), detector.analyse(quiet))[0, 10] > 0.98
    assert detector.shares(detector.analyse(quiet), detector.analyse(sine(0.01)))[0, 10] > 0
    assert (detector.shares(detector.analyse(loud), detector.analyse(quiet)) == 0).all()
    louder = Detector(ActivityConfig(silence_db=-60.2))
    assert (louder.shares(louder.analyse(loud), louder.analyse(quiet))[:, 3:-3] > 0.5).all()


def test_what_load_gives_is_zero_in_silence_and_takes_batches():
    torch.manual_seed(0)
    config = ActivityConfig(filters=4, hidden=4)
    detector = Detector(config)
    predictor = Predictor(config, detector.state_dict(), torch.device("cpu"))
    waves = np.concatenate([sine(0.5).numpy(), sine(0.5, 300).numpy()])
    waves[:, 8000:] = 0
    found = predictor.ratios(waves)
    assert found.dtype == np.float32
    assert found.shape == (2, 16000 // 256 + 1)
    assert (found[:, :30] > 0).all()
    assert (found[:, 34:] == 0).all()
    np.testing.assert_allclose(predictor.ratios(waves[1:])[0], found[1], atol=1e-6)
    with torch.no_grad():
        plain = detector.eval()(detector.analyse(torch.from_numpy(waves))).sigmoid()
    np.testing.assert_allclose(found[:, :30], plain[:, :30].numpy(), atol=1e-6)


@pytest.mark.parametrize(
    ("options", "told"),
    [
        ({"pools": [5, 4, 4, 8]}, "that leave something of 513 bins"),
        ({"pools": []}, "pools are one number or more"),
        ({"silence_db": 0.0}, "silence_db must be below 0"),
        ({"n_fft": 1025}, "n_fft must be even"),
        ({"filters": 0}, "filters must be positive"),
        ({"source": "drums"}, "drums"),
    ],
)
def test_odd_configs_are_refused(options, told):
    with pytest.raises(AudiolabError, match=told):
        from_dict(ActivityConfig, options)
