"""TextGrids and label files of what is said when."""

import pytest
from fuzzing import damaged, fuzz, outcome

from audiolab.align.hts_times import read_lab
from audiolab.align.textgrid import read_textgrid
from audiolab.errors import AudiolabError

LONG = '''File type = "ooTextFile"
Object class = "TextGrid"

xmin = 0.0
xmax = 1.5
tiers? <exists>
size = 2
item []:
    item [1]:
        class = "IntervalTier"
        name = "words"
        xmin = 0.0
        xmax = 1.5
        intervals: size = 2
            intervals [1]:
                xmin = 0.0
                xmax = 0.25
                text = "say ""a"""
            intervals [2]:
                xmin = 0.25
                xmax = 1.5
                text = ""
    item [2]:
        class = "TextTier"
        name = "clicks 7"
        xmin = 0.0
        xmax = 1.5
        points: size = 1
            points [1]:
                number = 0.75
                mark = "click"
'''
SHORT = '"ooTextFile"\n"TextGrid"\n0\n1.5\n<exists>\n2\n"IntervalTier"\n"words"\n0\n1.5\n2\n0\n0.25\n"say ""a"""\n.25'
SHORT = SHORT.replace("\n.25", "\n2.5e-1") + '\n1.5\n""\n"TextTier"\n"clicks 7"\n0\n1.5\n1\n0.75\n"click"\n'


@pytest.mark.parametrize("text", [LONG, SHORT])
def test_a_textgrid(tmp_path, text):
    (tmp_path / "a.TextGrid").write_text(text)
    assert read_textgrid(tmp_path / "a.TextGrid") == {"words": [(0.0, 0.25, 'say "a"'), (0.25, 1.5, "")]}


@pytest.mark.parametrize(
    ("old", "new", "problem"),
    [
        ("ooTextFile", "ooBinary", "it does not begin with"),
        ("<exists>", "<absent>", "it has no tiers"),
        ("intervals: size = 2", "intervals: size = 3", "stands where a number is to be"),
        ("points: size = 1", "points: size = 2", "it ends early"),
        ("points: size = 1", "points: size = 0", "it goes on behind its last tier"),
        ("xmin = 0.25", "xmin = 0.3", "nothing stands between 0.25 and 0.3 s"),
        ("xmin = 0.25", "xmin = 0.2", "begins at 0.2 s, before the end"),
        ('class = "TextTier"', 'class = "Spectrum"', "a tier is of class 'Spectrum'"),
        ("size = 2\nitem", "size = 1.5\nitem", "1.5 stands where a count is to be"),
        ('name = "words"', "name = words", "stands where a text in quotes is to be"),
    ],
)
def test_a_textgrid_that_is_none_is_refused(tmp_path, old, new, problem):
    assert LONG.count(old) == 1
    (tmp_path / "a.TextGrid").write_text(LONG.replace(old, new))
    with pytest.raises(AudiolabError, match=rf"a\.TextGrid: .*{problem}"):
        read_textgrid(tmp_path / "a.TextGrid")


def test_two_tiers_of_one_name_are_refused(tmp_path):
    tier = LONG[LONG.index("    item [1]") : LONG.index("    item [2]")]
    (tmp_path / "a.TextGrid").write_text(LONG[: LONG.index("    item [2]")] + tier)
    with pytest.raises(AudiolabError, match="two tiers are called 'words'"):
        read_textgrid(tmp_path / "a.TextGrid")


FULL = "x^x-sil+hh=iy@x_x/A:0_0_0/B:x-x-x@x-x&x-x"
UNILEX = "xx~xx-#+s=E:xx_xx/A/0_0_0/B/xx-xx-xx"


@pytest.mark.parametrize(
    ("lines", "wanted"),
    [
        (["0 1300000 sil", "1300000 2050000 hh"], [(0, 0.13, "sil"), (0.13, 0.205, "hh")]),
        ([f"0 1300000 {FULL}"], [(0, 0.13, "sil")]),
        ([f"0 1300000 {UNILEX}"], [(0, 0.13, "#")]),
        (
            [f"0 50000 {FULL}[2] {FULL}", f"50000 90000 {FULL}[3]", f"90000 95000 {FULL}[2] {FULL}"],
            [(0, 0.009, "sil"), (0.009, 0.0095, "sil")],
        ),
    ],
)
def test_a_label_file(tmp_path, lines, wanted):
    (tmp_path / "a.lab").write_text("\n".join(lines) + "\n\n")
    found = read_lab(tmp_path / "a.lab")
    assert [tuple(each) for each in found] == [(pytest.approx(a), pytest.approx(b), p) for a, b, p in wanted]


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("", ": no label in it"),
        ("0 10", ":1: a line is start, end"),
        ("0.5 10 a", ":1: a line is start, end"),
        ("0 100000 a\n200000 300000 b", ":2: nothing stands between"),
        ("0 100000 a\n50000 300000 b", ":2: 'b' begins at"),
    ],
)
def test_a_label_file_that_is_none_is_refused(tmp_path, text, problem):
    (tmp_path / "a.lab").write_text(text)
    with pytest.raises(AudiolabError, match=rf"a\.lab{problem}"):
        read_lab(tmp_path / "a.lab")


@pytest.mark.parametrize(
    ("read", "text"),
    [
        (read_textgrid, LONG),
        (read_textgrid, SHORT),
        (read_lab, f"0 50000 {FULL}[2] {FULL}\n50000 90000 {FULL}[3]\n90000 95000 {UNILEX}\n"),
    ],
)
def test_damaged_files_are_read_or_refused_in_one_line(tmp_path, fuzz_seconds, read, text):
    def check(data):
        (tmp_path / "x").write_bytes(data)
        outcome(lambda: read(tmp_path / "x"))

    fuzz(damaged([text.encode()]), check, fuzz_seconds)
