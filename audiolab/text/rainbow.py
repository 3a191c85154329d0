"""The rainbow passage (Fairbanks), in the sentences in which VCTK has it."""

from __future__ import annotations

FIRST = 6
"""VCTK's number of the first sentence; before it stands another paragraph."""

RAINBOW = (
    "When the sunlight strikes raindrops in the air, they act as a prism and form a rainbow.",
    "The rainbow is a division of white light into many beautiful colors.",
    "These take the shape of a long round arch, with its path high above, and its two ends apparently beyond the "
    "horizon.",
    "There is, according to legend, a boiling pot of gold at one end.",
    "People look, but no one ever finds it.",
    "When a man looks for something beyond his reach, his friends say he is looking for the pot of gold at the end of "
    "the rainbow.",
    "Throughout the centuries people have explained the rainbow in various ways.",
    "Some have accepted it as a miracle without physical explanation.",
    "To the Hebrews it was a token that there would be no more universal floods.",
    "The Greeks used to imagine that it was a sign from the gods to foretell war or heavy rain.",
    "The Norsemen considered the rainbow as a bridge over which the gods passed from earth to their home in the sky.",
    "Others have tried to explain the phenomenon physically.",
    "Aristotle thought that the rainbow was caused by reflection of the sun's rays by the rain.",
    "Since then physicists have found that it is not reflection, but refraction by the raindrops which causes the "
    "rainbows.",
    "Many complicated ideas about the rainbow have been formed.",
    "The difference in the rainbow depends considerably upon the size of the drops, and the width of the colored band "
    "increases as the size of the drops increases.",
    "The actual primary rainbow observed is said to be the effect of super-imposition of a number of bows.",
    "If the red of the second bow falls upon the green of the first, the result is to give a bow with an abnormally "
    "wide yellow band, since red and green light when mixed form yellow.",
    "This is a very common type of bow, one showing mainly red and yellow, with little or no green or blue.",
)


def shortest_sentences(count: int) -> dict[int, str]:
    """Return VCTK's number -> sentence of the ``count`` shortest ones, in the passage's order; at most 19."""
    places = sorted(range(len(RAINBOW)), key=lambda place: len(RAINBOW[place]))[:count]
    return {FIRST + place: RAINBOW[place] for place in sorted(places)}
