"""A study of egs/dns/se1 on small mini corpora, from nothing to the page: a row of each kind that studies have."""

from pathlib import Path

import pytest
import torch
import yaml
from recipe_copy import loads_nothing, rows_of, stages_done
from small_se1 import SIZES, STAGES, STEPS, TRAINING, run_whole, state_of

pytestmark = pytest.mark.recipe

EXP = "exp/mini_leak"
ROWS = {
    "dann_b0": ("source", "dann_b0"),
    "dann_3x3": ("classifier_3x3", "adversarial"),
    "dann_leak": ("classifier", "adversarial"),
    "dann_released": ("classifier", "adversarial"),
    "b0_share0": ("dann_b0", "self_trained"),
    "longest": ("source", "longest"),
    "longest_bn": ("longest", "statistics"),
}
BEGUN_WITH = dict.fromkeys(ROWS, "source") | {"b0_share0": "dann_b0", "longest_bn": "longest"}
OPTIONS = {
    **SIZES,
    "study": "leak",
    "methods": "source",
    "further": " ".join(f"{row}:{begun}:{by}" for row, (begun, by) in ROWS.items()),
    "baselines": "source dann_b0",
    "seeds": "0",
    "snrs": "0",
    "pairs": "none",
    "train_jobs": 2,
    "train_cores": 1,
    "train_options": TRAINING,
}


@pytest.fixture(scope="module")
def recipe(tmp_path_factory, small_corpora):
    """Return the recipe after one run of all stages."""
    return run_whole(tmp_path_factory.mktemp("checkout"), small_corpora, OPTIONS)


def test_all_stages_run(recipe):
    assert stages_done(recipe.output) == STAGES
    assert [path.name for path in (recipe / "exp").iterdir()] == ["mini_leak"]


@pytest.mark.parametrize("row", ROWS)
def test_a_row_begins_with_the_model_that_it_names(inside, row):
    config = yaml.safe_load(Path(f"{EXP}/{row}_s0/config.yaml").read_text())
    assert config["system_conf"]["init"] == f"{EXP}/{BEGUN_WITH[row]}_s0"
    assert torch.load(f"{EXP}/{row}_s0/model.pt", weights_only=True)["step"] == STEPS
    after, begun = state_of(row, EXP), state_of(BEGUN_WITH[row], EXP)
    differing = {name for name, value in after.items() if not torch.equal(value, begun[name])}
    if row == "longest_bn":  # how many batches there were may be as many as before
        differing = {name for name in differing if not name.endswith("num_batches_tracked")}
        assert differing == {name for name in after if name.endswith(("running_mean", "running_var"))}
        return
    (optim,) = (config["optim"][name] for name in ("enhancer", "student") if name in config["optim"])
    convolutions = [name for name, value in after.items() if value.dim() == 4]
    moved = {name: float((after[name] - begun[name]).abs().max()) for name in convolutions}
    far = {name for name, distance in moved.items() if distance > 1.5 * STEPS * optim["lr"]}
    if row == "dann_released":  # its decoder begins as the source model's did, with this seed
        far = {name for name in far if name.startswith("encoder.")}
    assert not far
    assert all(distance > 0 for distance in moved.values())


def test_switches_are_those_of_the_rows(inside):
    configs = {row: yaml.safe_load(Path(f"{EXP}/{row}_s0/config.yaml").read_text()) for row in ROWS}
    leaks = {row for row, config in configs.items() if config["data_conf"]["leak_target_noise"]}
    assert leaks == {"dann_leak", "dann_released"}
    anew = {row for row, config in configs.items() if config["system_conf"].get("init_decoder") is False}
    assert anew == {"dann_released"}
    assert configs["dann_b0"]["system_conf"]["beta"] == 0
    assert configs["dann_3x3"]["system_conf"]["init_classifier"] == f"{EXP}/classifier_3x3_s0"
    assert configs["b0_share0"]["data_conf"]["source_share"] == 0


def test_results_and_page(inside):
    assert {row["system"] for row in rows_of(f"{EXP}/scores.csv")} == {"noisy", "source", *ROWS}
    text = Path(f"{EXP}/RESULTS.md").read_text()
    assert "Does DANN gain by a label of the target, its noise," in text.split("## ")[0]
    assert "are not unsupervised." in text.split("## ")[0]
    assert "beside ours" not in text  # the paper has none of it
    headings = [line for line in text.split("## Set ")[1].splitlines() if line.startswith("### Diff")]
    assert headings == ["### Difference to source", "### Difference to dann_b0"]
    page = Path(f"{EXP}/report.html").read_text()
    assert loads_nothing(page)
    assert all(row in page for row in ROWS)
