"""Whose a recording of the DNS challenge is: names as they are in the corpora that it is made of."""

import pytest

from audiolab.corpora.dns_speakers import reader_of, speaker_of


@pytest.mark.parametrize(
    ("path", "speaker"),
    [
        ("M-AILABS_Speech_Dataset/fr_FR_190hrs_16k/female/ezwa/l_epouvante/wavs/l_epouvante_01_f000182.wav", "ezwa"),
        ("M-AILABS_Speech_Dataset/ru_RU_47hrs_16k/male/minaev/oblomov/wavs/oblomov_s1_01_f0001.wav", "minaev"),
        ("M-AILABS_Speech_Dataset/it_IT_128hrs_16k/mix/novelle_02/wavs/novelle_02_f0039.wav", "mix_novelle_02"),
        ("slr33_aishell/S0913/BAC009S0913W0122.wav", "S0913"),
        ("slr33_aishell/elsewhere/BAC009S0002W0122.wav", "S0002"),
        ("SLR18_THCHS00/A11_0.wav", "A11"),
        ("SLR18_THCHS00/D8_999.wav", "D8"),
        (
            "CC_BY_SA_4.0_249hrs_339spk_German_Wikipedia_16k/data/German_Wikipedia_Martin_Luther_audio2_16k_seg_7.wav",
            "Martin_Luther",
        ),
        ("SLR39_16k/SLR39_100_11_16k.wav", "SLR39_100"),
        ("SLR39_5_337_16k_seg_0.wav", "SLR39_5"),
        ("SLR39_native-f-Mexico-190-45-62-NA-mgh8170_s120_16k.wav", "mgh8170"),
        ("SLR61_es_ar_female_arf_03397_01665251952.wav", "arf_03397"),
        ("SLR71_es_cl_female_clf_00610_00103371024_16k_seg_0.wav", "clf_00610"),
        ("Forschergeist_2hours_2spk_German_16k/data/x_1.wav", "Forschergeist_2hours_2spk_German_16k"),
        ("x_1.wav", "unknown"),
    ],
)  # fmt: skip
def test_speakers(path, speaker):
    assert speaker_of(path.split("/")) == speaker


def test_readers_of_english():
    assert reader_of("book_00000_chp_0009_reader_06709_11") == "06709"
    assert reader_of("book_11346_chp_0012_reader_08537_7_seg_1") == "08537"
    assert reader_of("clean_fileid_7") is None
