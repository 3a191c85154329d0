"""The recipe that docs/adding-a-recipe.md builds: its files as they stand there, in a copy of the checkout."""

import re
from pathlib import Path

import pytest
from recipe_copy import Recipe, fatal_faults, rows_of, stages_done

PAGE = Path(__file__).parents[2] / "docs" / "adding-a-recipe.md"


@pytest.fixture(scope="module")
def recipe(tmp_path_factory):
    """Return the recipe, written by the page's words, and run from nothing to its tables."""
    made = Recipe(tmp_path_factory.mktemp("checkout"), "hums/se", {"nj": 2, "max_steps": 2})
    text = PAGE.read_text()
    for name, code in re.findall(r"^`(\S+/\S+)`[^\n]*:\n\n```\w+\n(.*?)^```", text, re.DOTALL | re.MULTILINE):
        (made.root / name).parent.mkdir(parents=True, exist_ok=True)
        (made.root / name).write_text(code)
    for name in ("path.sh", "cmd.sh"):
        (made / name).write_text((made.root / "egs/dns/se1" / name).read_text())
    (made / "run.sh").chmod(0o755)
    registry = made.root / "audiolab/corpora/base.py"
    line = re.search(r'`("hums": "[\w.]+",)`', text)[1]
    registry.write_text(registry.read_text().replace("CORPORA = {\n", f"CORPORA = {{\n    {line}\n"))
    made.told = made.run()
    return made


def test_from_nothing_to_the_tables(inside, recipe):
    stages = ("-1 download", "0 data", "1 mixtures", "2 train", "3 infer", "4 score")
    assert stages_done(recipe.told) == list(stages)
    for name in ("speech_train", "noise_valid"):
        assert fatal_faults(f"data/mini/{name}", text=False) == []
    scores = rows_of(recipe / "exp/mini/scores.csv")
    assert {(row["system"], row["set"]) for row in scores} == {("noisy", "valid"), ("enhancer", "valid")}
    assert len(scores) == 2 * 20
    assert "## Difference to noisy" in (recipe / "exp/mini/RESULTS.md").read_text()


def test_what_was_made_otherwise_is_refused_and_what_was_made_so_is_passed_over(recipe):
    assert "mixtures" in recipe.fail(stage="train", seed=1)[0]
    before = recipe.hashes("exp/mini/enhancer_s0/model.pt")
    recipe.run(stage="train", stop_stage="train")
    assert recipe.hashes("exp/mini/enhancer_s0/model.pt") == before
