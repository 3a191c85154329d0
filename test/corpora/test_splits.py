"""Which set a name belongs to: by its hash alone, in the shares wanted, and so that M-AILABS fills every set."""

import hashlib

from audiolab.corpora.splits import SETS, SHARES, place, set_of


def test_the_hash_alone_decides():
    """Recomputed here from SHA-256 as decimal fractions."""
    for name in ("fr_ezwa", "en_reader_06709", "door_Freesound_validated_399512", "ñandú"):
        number = int(hashlib.sha256(f"x/{name}".encode()).hexdigest()[:16], 16) / 16**16
        expected = "test" if number < 0.1 else "valid" if number < 0.2 else "train"
        assert place(name, "x") == expected
        assert set_of(name) == set_of(name)


def test_shares():
    found = [set_of(f"speaker{number}") for number in range(4000)]
    assert set(found) == set(SETS)
    for name, share in SHARES.items():
        assert abs(found.count(name) / 4000 - share) < 0.02


def test_languages_with_few_readers_are_in_every_set():
    """M-AILABS's readers of French and Russian; those with most books in training."""
    french = ("ezwa", "bernard", "gilles_g_le_blanc", "nadine_eckert_boulet", "zeckou")
    assert {set_of(f"fr_{name}") for name in french} == set(SETS)
    assert {set_of(f"ru_{name}") for name in ("hajdurova", "minaev", "nikolaev")} == set(SETS)
    largest = ("fr_ezwa", "fr_bernard", "ru_hajdurova", "it_riccardo_fasol", "it_lisa_caputo")
    assert {set_of(name) for name in largest} == {"train"}
