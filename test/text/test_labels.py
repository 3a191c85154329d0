"""HTS labels: they come back as they were; a reader with patterns of its own finds in them what is published there."""

import re

import numpy as np
import pytest
from hypothesis import strategies as st
from utterances import drawn, plain_fields, utterances, word

from audiolab.errors import AudiolabError
from audiolab.text.context import contexts_of
from audiolab.text.labels import Labels, format_labels, parse_labels, read_labels
from audiolab.text.structure import Phrase, Utterance

PUBLISHED = {
    "p6": r"@(\d+)_", "p7": r"_(\d+)/A:", "a1": r"/A:(\d+)_", "a3": r"_(\d+)/B:", "b1": r"/B:(\d+)-", "b3": r"-(\d+)@",
    "b4": r"@(\d+)-", "b5": r"-(\d+)&", "b6": r"&(\d+)-", "b7": r"-(\d+)#", "b8": r"#(\d+)-", "b9": r"-(\d+)\$",
    "b12": r"!(\d+)-", "b13": r"-(\d+);", "c1": r"/C:(\d+)\+", "c3": r"\+(\d+)/D:", "d2": r"_(\d+)/E:",
    "e2": r"\+(\d+)@", "e3": r"@(\d+)\+", "e4": r"\+(\d+)&", "e5": r"&(\d+)\+", "e6": r"\+(\d+)#", "e7": r"#(\d+)\+",
    "e8": r"\+(\d+)/F:", "f2": r"_(\d+)/G:", "g1": r"/G:(\d+)_", "g2": r"_(\d+)/H:", "h1": r"/H:(\d+)=",
    "h2": r"=(\d+)@\d", "h3": r"@(\d+)=\d+\|", "h4": r"=(\d+)\|", "i1": r"/I:(\d+)=", "i2": r"=(\d+)/J:",
    "j1": r"/J:(\d+)\+", "j2": r"\+(\d+)-\d+$", "j3": r"-(\d+)$",
}  # fmt: skip
"""Field -> the pattern of Merlin's questions (``CQS`` of radio_dnn_416) that gets it: what stands around it."""


def labels_of(utterance, times=None):
    return Labels(contexts_of(utterance), times)


def same(one, two):
    assert one.contexts.segments == two.contexts.segments
    assert one.contexts.names == two.contexts.names
    np.testing.assert_array_equal(one.contexts.numbers, two.contexts.numbers)
    assert (one.times is None) == (two.times is None)
    np.testing.assert_array_equal(one.times, two.times)


@drawn(utterances(), st.booleans(), st.randoms())
def test_labels_come_back(utterance, timed, random):
    count = len(utterance.segments)
    bounds = np.cumsum([random.randrange(10**7) for _ in range(count + 1)])
    labels = labels_of(utterance, np.stack((bounds[:-1], bounds[1:]), axis=1) if timed else None)
    text = format_labels(labels)
    assert text.count("\n") == count
    same(parse_labels(text.splitlines(), "a.lab"), labels)


@drawn(utterances())
def test_patterns_of_questions_find_the_fields(utterance):
    lines = format_labels(labels_of(utterance)).splitlines()
    for line, fields in zip(lines, plain_fields(utterance)):
        for name, pattern in PUBLISHED.items():
            found = re.search(pattern, line)
            assert (int(found[1]) if found else None) == fields.get(name), (name, line)


@drawn(utterances())
def test_patterns_of_questions_find_phones(utterance):
    segments = ["xx", "xx", *utterance.segments, "xx", "xx"]
    for place, line in enumerate(format_labels(labels_of(utterance)).splitlines(), 2):
        found = re.match(r"([^^]+)\^([^-]+)-([^+]+)\+([^=]+)=([^@]+)@", line)
        assert list(found.groups()) == segments[place - 2 : place + 3]


def test_a_file_by_hand(tmp_path):
    utterance = Utterance((Phrase((word("h ə", "ˈl oʊ"), word("j uː")), "question"),))
    times = np.array([(0, 50000), (50000, 100000), (100000, 150000), (150000, 200000), (200000, 300000),
                      (300000, 350000), (350000, 400000), (400000, 1000000)])  # fmt: skip
    lines = format_labels(labels_of(utterance, times)).splitlines()
    assert lines[3] == (
        "150000 200000 h^ə-l+oʊ=j@1_2/A:0_x_2/B:1-x-2@2-1&2-2#0-0$x-x!0-0;x-x|oʊ/C:0+x+2/D:x_x"
        "/E:content+2@1+2&0+0#0+0/F:function_1/G:x_x/H:3=2@1=1|question/I:x=x/J:3+2-1"
    )
    assert lines[0] == (
        "0 50000 xx^xx-sil+h=ə@x_x/A:x_x_x/B:x-x-x@x-x&x-x#x-x$x-x!x-x;x-x|x/C:0+x+2/D:x_x/E:x+x@x+x&x+x#x+x"
        "/F:content_2/G:x_x/H:x=x@x=x|x/I:3=2/J:3+2-1"
    )
    (tmp_path / "a.lab").write_text("\n".join(lines).replace("xx^xx", "x^x").replace("=xx@", "=x@"))
    np.testing.assert_array_equal(read_labels(tmp_path / "a.lab").times, times)


FESTIVAL = """
0 1300000 x^x-sil+h=iy@x_x/A:0_0_0/B:x-x-x@x-x&x-x#x-x$x-x!x-x;x-x|x/C:1+1+2/D:0_0/E:x+x@x+x&x+x#x+x/F:content_1/G:0_0/H:x=x@1=2|0/I:4=3/J:13+9-2
1300000 2050000 x^sil-h+iy=x@1_2/A:0_0_0/B:1-1-2@1-1&1-4#1-3$1-4!0-1;0-1|iy/C:1+1+4/D:0_0/E:content+1@1+3&1+2#0+1/F:content_1/G:0_0/H:4=3@1=2|L-H%/I:9=6/J:13+9-2
2050000 2700000 sil^h-iy+x=x@2_1/A:0_0_0/B:1-1-2@1-1&1-4#1-3$1-4!0-1;0-1|iy/C:1+1+4/D:0_0/E:content+1@1+3&1+2#0+1/F:content_1/G:0_0/H:4=3@1=2|L-H%/I:9=6/J:13+9-2
"""  # noqa: E501


def test_labels_that_festival_writes_are_read():
    lines = FESTIVAL.split("\n")[1:4]
    lines[0], lines[1] = lines[0].replace("h=iy", "h=iy"), lines[1].replace("+iy=x@", "+iy=xx@")
    lines[2] = lines[2].replace("+x=x@", "+xx=xx@")
    contexts = parse_labels(lines, "a.lab").contexts
    assert contexts.segments == ("sil", "h", "iy")
    assert contexts["a1"].tolist() == [0, 0, 0]
    assert contexts["b10"].tolist() == [-1, 1, 1]
    assert contexts.names["h5"] == ("0", "L-H%", "L-H%")


@pytest.mark.parametrize(
    ("change", "told"),
    [
        (lambda lines: [], "there is no label in it"),
        (lambda lines: [lines[0], lines[1][:-1], *lines[2:]], r"a.lab:2: '.*' is no full-context label of HTS"),
        (lambda lines: [*lines, ""], "a.lab:9: '' is no full-context"),
        (lambda lines: [*lines[:3], lines[3].replace("^ə-l", "^h-l"), *lines[4:]], "a.lab:4: p2 is 'h', .* has 'ə'"),
        (lambda lines: [*lines[:7], lines[7].replace("+xx=", "+j=")], "a.lab:8: p4 is 'j', .* has 'xx'"),
        (lambda lines: [f"0 5 {lines[0]}", *lines[1:]], "a.lab:2: has no times, and other lines have"),
        (lambda lines: [f"{n} {n + 2} {line}" for n, line in enumerate(lines)], "a.lab:2: its times do not follow"),
        (lambda lines: [f"{9 - n} {8 - n} {line}" for n, line in enumerate(lines)], "a.lab:1: its times do not follow"),
    ],
)
def test_what_is_wrong_is_told_with_its_line(change, told):
    utterance = Utterance((Phrase((word("h ə", "ˈl oʊ"), word("j uː")), None),))
    lines = format_labels(labels_of(utterance)).splitlines()
    with pytest.raises(AudiolabError, match=told):
        parse_labels(change(lines), "a.lab")
