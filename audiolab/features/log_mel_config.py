"""How speech becomes AutoVC's mel spectrogram. Loads nothing heavy."""

from __future__ import annotations

from dataclasses import dataclass

from audiolab.config import option


@dataclass(frozen=True)
class LogMelConfig:
    """A log mel spectrogram in 0 … 1; the defaults are those of AutoVC's ``make_spect.py``."""

    rate: int = option(16000, "sample rate at which everything is analysed", "Hz")
    n_fft: int = option(1024, "length of FFT and Hann window", "samples")
    hop: int = option(256, "shift from frame to frame", "samples")
    n_mels: int = option(80, "number of mel bands")
    mel_low_hz: float = option(90.0, "lower end of the first band", "Hz")
    mel_high_hz: float = option(7600.0, "upper end of the last band, at most half the rate", "Hz")
    highpass_hz: float = option(30.0, "corner of the Butterworth high-pass, run forward and backward; 0: none", "Hz")
    highpass_order: int = option(5, "its order, each way")
    gain: float = option(0.96, "factor on the signal behind the high-pass")
    dither: float = option(1e-6, "width of the uniform noise, without mean, that is added; 0: none")
    seed: int = option(0, "of the noise; an utterance's follows from it and from the utterance's id")
    floor: float = option(1e-5, "magnitudes below are raised to it")
    reference_db: float = option(16.0, "is taken off the level", "dB")
    range_db: float = option(100.0, "levels from -range_db to 0 dB become 0 to 1; what lies outside is clipped", "dB")

    def __post_init__(self) -> None:
        """Refuse values without meaning."""
        if not 1 <= self.hop <= self.n_fft or self.n_fft % 2:
            raise ValueError(f"n_fft {self.n_fft} must be even and hop {self.hop} between 1 and n_fft")
        if self.n_mels < 1 or not 0 <= self.mel_low_hz < self.mel_high_hz <= self.rate / 2:
            raise ValueError(f"mel bands must lie within 0 … {self.rate / 2:g} Hz: set n_mels, mel_low_hz, mel_high_hz")
        if not 0 <= self.highpass_hz < self.rate / 2 or self.highpass_order < 1:
            raise ValueError(f"highpass_hz must lie below {self.rate / 2:g} Hz, and highpass_order be at least 1")
        if not (0 < self.floor < 1 and 0 < self.gain <= 1000 and 1 <= self.range_db <= 1000):
            raise ValueError("floor must lie between 0 and 1, gain between 0 and 1000, range_db between 1 and 1000")
        if self.dither < 0 or self.seed < 0:
            raise ValueError("dither and seed must not be negative")

    @property
    def shift_ms(self) -> float:
        """The hop in ms."""
        return 1000 * self.hop / self.rate

    @property
    def streams(self) -> dict[str, int]:
        """Name and width of what stands side by side in a frame."""
        return {"mel": self.n_mels}

    def frames(self, samples: int) -> int:
        """Return the number of frames T of a signal."""
        return 1 + samples // self.hop
