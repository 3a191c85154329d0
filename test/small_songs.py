"""Sizes of the small mini corpora of songs that tests share by the fixture ``mini_corpus``."""

from audiolab.corpora.ccmixter_mini import CcmixterMini
from audiolab.corpora.damp_mini import DampMini
from audiolab.corpora.mir1k_mini import Mir1kMini
from audiolab.corpora.musdb18_mini import Musdb18Mini

MUSDB18 = Musdb18Mini(train=2, valid=1, test=2, seconds=[4.0, 4.5])
MIR1K = Mir1kMini(singers=2, songs=1, clips=2, seconds=2.0)
CCMIXTER = CcmixterMini(songs=2, seconds=[4.0, 5.0])
DAMP = DampMini(performances=4, singers=4, seconds=[4.0, 5.0])
