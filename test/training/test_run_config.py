"""A run's config: what is refused before anything is trained."""

import pytest
from toys import make_config

from audiolab.errors import AudiolabError


@pytest.mark.parametrize(
    ("tree", "message"),
    [
        ({"seed": -1}, "test: seed must not be negative, not -1"),
        ({"optim": {"generator": {"lr": float("nan")}}}, r"'optim\.generator\.lr' must be float, not nan"),
        ({"trainer": {"batch_size": 1}}, "trainer: one of max_steps and max_epochs must be given"),
        ({"trainer": {"max_steps": 1, "average_best": 2}}, "average_best is 2, more than the 0 of keep_best"),
        ({"trainer": {"max_steps": 1, "keep_best": 1}}, "keep_best needs best"),
        (
            {"trainer": {"max_steps": 1, "keep_best": 1, "best": "cycle", "save_every": 3, "valid_every": 2}},
            "save_every is 3, no multiple of valid_every, 2",
        ),
    ],
)
def test_nonsense_is_told_in_one_line(tree, message):
    with pytest.raises(AudiolabError, match=message):
        make_config("gan", tree)
