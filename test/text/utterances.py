"""Utterances for tests, drawn and by hand, and the fields of labels by plain loops."""

from hypothesis import given, settings
from hypothesis import strategies as st

from audiolab.text.structure import CONTINUATION, Phrase, Syllable, Utterance, Word

CONSONANTS, VOWELS = ["t", "x", "ʃ", "ŋ", "tʃ", "kː"], ["a", "ə̆", "ɔ̃", "aɪ", "ɔːɹ"]


def drawn(*strategies, cases=40):
    """Return a decorator that calls a test with what is drawn: always the same, however long it takes."""

    def decorated(test):
        return settings(max_examples=cases, deadline=None, derandomize=True, database=None)(given(*strategies)(test))

    return decorated


def syllables():
    return st.builds(
        lambda before, vowel, behind, stress: Syllable((*before, vowel, *behind), stress),
        st.lists(st.sampled_from(CONSONANTS), max_size=2),
        st.sampled_from(VOWELS),
        st.lists(st.sampled_from(CONSONANTS), max_size=2),
        st.sampled_from([0, 0, 1, 2]),
    )


def words():
    of_vowels = st.lists(syllables(), min_size=1, max_size=3).map(tuple)
    without = st.sampled_from(CONSONANTS).map(lambda symbol: (Syllable((symbol,)),))
    return st.builds(Word, st.one_of(of_vowels, of_vowels, without), st.booleans())


def utterances():
    """Return a strategy: utterances with pauses anywhere between words, and phrases with and without pauses."""
    endings = st.sampled_from([None, "question", "exclamation", "statement", CONTINUATION])
    phrase = st.builds(Phrase, st.lists(words(), min_size=1, max_size=4).map(tuple), endings)
    return st.lists(phrase, min_size=1, max_size=3).map(lambda phrases: ended(Utterance(tuple(phrases))))


def ended(utterance):
    """Return an utterance without a pause behind its last word."""
    *phrases, last = utterance.phrases
    *others, word = last.words
    return Utterance((*phrases, Phrase((*others, Word(word.syllables)), last.ending)))


def word(*written, pause=False):
    """Return a word of syllables as ``ˈt a``: phones apart by spaces, the stress's mark first."""
    marks = {"ˈ": 1, "ˌ": 2}
    parts = [(text.lstrip("ˈˌ").split(), marks.get(text[0], 0)) for text in written]
    return Word(tuple(Syllable(tuple(symbols), stress) for symbols, stress in parts), pause)


def distance(marked, place):
    """Return how many marked ones are before and after a place, and how far the nearest are, 0 for none."""
    before = [n for n in range(place) if marked[n]]
    after = [n for n in range(place + 1, len(marked)) if marked[n]]
    return len(before), len(after), place - before[-1] if before else 0, after[0] - place if after else 0


def own(utterance):
    """Yield of each segment its symbol and its own fields, {} of a pause, and (syllable, word, phrase) numbers."""
    number_s = number_w = 0
    yield "sil", {}, None
    for number_p, phrase in enumerate(utterance.phrases):
        all_syllables = [s for w in phrase.words for s in w.syllables]
        in_phrase = 0
        for place_w, each in enumerate(phrase.words):
            for place_s, syllable in enumerate(each.syllables):
                fields = {
                    "b1": syllable.stress, "b3": len(syllable.symbols), "b4": place_s + 1,
                    "b5": len(each.syllables) - place_s, "b6": in_phrase + 1, "b7": len(all_syllables) - in_phrase,
                    "e2": len(each.syllables), "e3": place_w + 1, "e4": len(phrase.words) - place_w,
                    "h1": len(all_syllables), "h2": len(phrase.words), "h3": number_p + 1,
                    "h4": len(utterance.phrases) - number_p,
                }  # fmt: skip
                stressed = [s.stress == 1 for s in all_syllables]
                fields |= dict(zip(("b8", "b9", "b12", "b13"), distance(stressed, in_phrase)))
                content = [any(s.stress == 1 for s in w.syllables) for w in phrase.words]
                fields |= dict(zip(("e5", "e6", "e7", "e8"), distance(content, place_w)))
                for place, symbol in enumerate(syllable.symbols):
                    here = {"p6": place + 1, "p7": len(syllable.symbols) - place}
                    yield symbol, fields | here, (number_s, number_w, number_p)
                number_s, in_phrase = number_s + 1, in_phrase + 1
            number_w += 1
            if each.pause:
                yield "pau", {}, None
    yield "sil", {}, None


def plain_fields(utterance):
    """Return of each segment {field: number}, without those that do not exist."""
    rows = list(own(utterance))
    syllables = [s for phrase in utterance.phrases for w in phrase.words for s in w.syllables]
    words = [w for phrase in utterance.phrases for w in phrase.words]
    phrases = [(sum(len(w.syllables) for w in p.words), len(p.words)) for p in utterance.phrases]
    totals = {"j1": len(syllables), "j2": len(words), "j3": len(phrases)}
    found = []
    for place, (_, fields, where) in enumerate(rows):
        last = next((w for _, _, w in reversed(rows[:place]) if w), (-1, -1, -1))
        following = next((w for _, _, w in rows[place + 1 :] if w), (len(syllables), len(words), len(phrases)))
        if where:
            before, behind = [n - 1 for n in where], [n + 1 for n in where]
        else:
            before, behind = list(last), list(following)
            if last[2] == following[2]:  # within a phrase
                before[2], behind[2] = last[2] - 1, following[2] + 1
        row = dict(fields) | totals
        if before[0] >= 0:
            row |= {"a1": syllables[before[0]].stress, "a3": len(syllables[before[0]].symbols)}
            row["d2"] = len(words[before[1]].syllables) if before[1] >= 0 else None
        if behind[0] < len(syllables):
            row |= {"c1": syllables[behind[0]].stress, "c3": len(syllables[behind[0]].symbols)}
        row["f2"] = len(words[behind[1]].syllables) if behind[1] < len(words) else None
        row["g1"], row["g2"] = phrases[before[2]] if before[2] >= 0 else (None, None)
        row["i1"], row["i2"] = phrases[behind[2]] if behind[2] < len(phrases) else (None, None)
        found.append({name: value for name, value in row.items() if value is not None})
    return found
