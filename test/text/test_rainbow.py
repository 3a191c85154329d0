"""The rainbow passage under VCTK's numbers."""

from audiolab.text.rainbow import RAINBOW, shortest_sentences


def test_numbers_are_those_of_vctk():
    """006 to 024; some as recordings of the corpus have them."""
    sentences = shortest_sentences(19)
    assert list(sentences) == list(range(6, 25))
    assert tuple(sentences.values()) == RAINBOW
    assert sentences[8].startswith("These take the shape of a long round arch")
    assert sentences[11].startswith("When a man looks for something beyond his reach")
    assert sentences[24].startswith("This is a very common type of bow")


def test_the_shortest_in_the_order_of_the_passage():
    few = shortest_sentences(3)
    assert list(few) == sorted(few)
    longest = max(len(sentence) for sentence in few.values())
    assert sum(len(sentence) <= longest for sentence in RAINBOW) == 3
