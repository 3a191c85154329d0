"""The documentation is true: its links, options, configs, commands, and the system that it builds."""

import csv
import importlib
import os
import re
import subprocess
import sys
from dataclasses import MISSING, fields
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
import yaml

import audiolab
from audiolab import dataset, systems
from audiolab.config import from_dict, leaves, load_yaml
from audiolab.corpora.base import CORPORA, get_corpus
from audiolab.data.feature_dir import FeatureDir
from audiolab.data.few_shot import FewShot
from audiolab.data.mixtures import MixtureSettings
from audiolab.datadir.formatting import Form
from audiolab.dataset import SampleKey
from audiolab.features.kinds import read_features
from audiolab.plan.phases import read_phases
from audiolab.tasks.registry import TASKS
from audiolab.tasks.vc.apply import InferenceConfig
from audiolab.training.config import InitConfig, OptimConfig, TrainerConfig, run_config_class
from audiolab.training.trainer import Trainer

ROOT = Path(__file__).parents[1]
RECIPES = sorted(path.parent for path in ROOT.glob("egs/*/*/run.sh"))
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md")), *sorted(ROOT.glob("egs/*/*/*.md"))]
DATA_CONF = {"train_dir": "dump/train", "source": "A", "target": "B"}
DOMAINS = {f"{domain}_{part}": "data/mixed" for domain in ("source", "target") for part in ("train", "valid")}
SE = {"system_conf": {"init": "exp/source_s0"}, "data_conf": DOMAINS}
SONGS = {"data_conf": {"train_dirs": ["dump/train"], "valid_dirs": ["dump/valid"]}}
FROM_THE_RECIPE = {"softgan": {"data_conf": DATA_CONF}, "poconet": SONGS, "activity": SONGS, "ge2e": SONGS}
FROM_THE_RECIPE["ctc"] = {"data_conf": SONGS["data_conf"] | {"units": "dump/units.model"}}
FROM_THE_RECIPE["hifigan"] = {"data_conf": {"train_dir": "dump/train", "audio_dir": "data/train"}}
FROM_THE_RECIPE["autovc"] = {"system_conf": {"speaker_encoder": "exp/ge2e"}, "data_conf": {"train_dir": "dump/train"}}
LABELS = {f"{part}_labels": ["dump/labels"] for part in ("train", "valid")}
FROM_THE_RECIPE["duration"] = {"data_conf": LABELS}
FROM_THE_RECIPE["mlms"] = {"data_conf": LABELS | {f"{part}_feats": ["dump/feats"] for part in ("train", "valid")}}
FROM_THE_RECIPE |= {name: SE for name in systems.names() if name[:3] == "se_"}
"""System -> what its YAMLs leave to the recipe."""


def name_of(recipe):
    return recipe.relative_to(ROOT / "egs").as_posix()


def readme(recipe):
    return (recipe / "README.md").read_text()


for_recipes = pytest.mark.parametrize("recipe", RECIPES, ids=name_of)
for_pages = pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))


def without_code(text):
    return re.sub(r"^```.*?^```$", "", text, flags=re.DOTALL | re.MULTILINE)


def anchors(path):
    """Return the anchors that a Markdown page has: its headings as GitHub names them."""
    headings = re.findall(r"^#+ (.*)$", without_code(path.read_text()), flags=re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


def commands(page):
    """Yield the command lines of a page's shell examples, continued lines joined."""
    text = page.read_text().replace("\\\n", " ")
    for line in without_code(text).splitlines():
        if line.startswith("    ") and not line.lstrip().startswith(("#", "error:", "run.py:")):
            yield line.strip().split("  #")[0]


@for_pages
def test_links_lead_somewhere(page):
    found = re.findall(r"\]\(([^)\s]+)\)", without_code(page.read_text()))
    broken = []
    for link in found:
        if re.match(r"[a-z]+:", link):
            continue
        name, _, anchor = link.partition("#")
        target = page.parent / name if name else page
        if not target.exists() or (anchor and anchor not in anchors(target)):
            broken.append(link)
    assert not broken


def test_every_page_is_reached_from_the_readme():
    linked = re.findall(r"\]\(([^)\s#]+)", (ROOT / "README.md").read_text())
    assert {str(page.relative_to(ROOT)) for page in PAGES[1:] if page.name != "RESULTS.md"} <= set(linked)


def test_what_is_to_be_called_can_be_executed_and_nothing_else():
    """A tracked file is executable when, and only when, it says with which program it is run."""
    listed = subprocess.run(["git", "ls-files", "-sz"], cwd=ROOT, capture_output=True, text=True, check=True).stdout
    files = dict(reversed(line.split("\t")) for line in listed.split("\0") if line)
    begins = {name: (ROOT / name).read_bytes()[:2] == b"#!" for name in files if (ROOT / name).is_file()}
    assert sum(begins.values()) > 15
    assert [name for name, shebang in begins.items() if files[name].startswith("100755") != shebang] == []


def run_by(recipe):
    """Return the recipe whose run.sh a recipe runs: its own, or another's."""
    other = re.search(r'^\. "\$\(dirname "\$0"\)/(.*)/run\.sh"$', (recipe / "run.sh").read_text(), flags=re.MULTILINE)
    return (recipe / other[1]).resolve() if other else recipe


def run_sh_options(recipe):
    """Return name -> default of the options of a recipe's run.sh, as utils/parse_options.sh finds them."""
    above = (run_by(recipe) / "run.sh").read_text().split(". ../../../utils/parse_options.sh")[0]
    found = dict(re.findall(r'^([a-z][a-z0-9_]*)=("[^"]*"|[^\s#]*)', above, flags=re.MULTILINE))
    del found["help_message"]
    return found


@for_recipes
def test_recipe_documents_its_options_and_no_others(recipe):
    if run_by(recipe) != recipe:
        assert f"({os.path.relpath(run_by(recipe), recipe)}/README.md)" in readme(recipe)  # they stand there
        return
    rows = re.findall(r"^\| (`--[^|]*?) *\| *([^|]*?) *\|", readme(recipe), flags=re.MULTILINE)
    documented = {}
    for names, defaults in rows:
        names = re.findall(r"`--(\w+)`", names)
        values = defaults.split(", ") if len(names) > 1 else [defaults]
        documented |= dict(zip(names, (value.strip("` ") for value in values)))
    options = run_sh_options(recipe)
    assert documented.keys() == options.keys() | {"config", "help"}
    listed = {"ablation_configs"}  # too long for the table
    assert {n: v for n, v in options.items() if n not in listed} == {n: documented[n] for n in options.keys() - listed}


def recipe_of(page):
    """Return the recipe in whose folder a page is, or None."""
    return next((recipe for recipe in RECIPES if page.is_relative_to(recipe)), None)


@for_pages
def test_run_sh_is_called_with_options_that_it_has(page):
    """The recipe is that of the path, or the last one that a command of the page named, or the page's own."""
    recipe, unknown = recipe_of(page), []
    for command in commands(page):
        named = re.search(r"egs/\w+/\w+", command)
        recipe = ROOT / named[0] if named else recipe
        if re.search(r"(^|/| )run\.sh", command) and "test/run.sh" not in command:
            called = re.findall(r" --(\w+)", command.split('"')[0])
            unknown += [option for option in called if option not in run_sh_options(recipe).keys() | {"help"}]
    assert not unknown


@for_pages
def test_commands_and_modules_that_are_named_exist(page):
    text = page.read_text()
    modules = set(re.findall(r"audiolab\.bin\.([a-z_0-9]+)", text))
    assert {name for name in modules if not (ROOT / f"audiolab/bin/{name}.py").is_file()} == set()
    paths = re.findall(r"(?<![\w./])((?:utils|tools|test|local|conf)/[\w/.]+\.(?:py|sh|yaml|tsv))", text)
    made_here = {"conf/mine.yaml", "conf/sharedcode.yaml", "conf/enhancer.yaml"}  # by the reader
    places = [ROOT, *([recipe_of(page)] if recipe_of(page) else RECIPES)]
    assert {p for p in paths if not any((place / p).exists() for place in places)} <= made_here


def test_options_of_commands_exist():
    """Each option of ``python -m audiolab.bin.X`` in an example is one of that command's or of its config's keys."""
    trained = [run_config_class(systems.get(name)) for name in systems.names()]
    of_tasks = {"convert": "apply", "apply": "apply", "score": "scoring", "report": "page"}
    corpora = [get_corpus(name) for name in CORPORA]
    configs = {"convert": [InferenceConfig], "format_wav": [Form], "make_mixtures": [MixtureSettings]}
    configs |= {"train": trained, "select_speakers": [FewShot], "make_mini": [corpus.mini for corpus in corpora]}
    configs |= {"prepare": [corpus.preparation for corpus in corpora]}
    unknown = []
    for page in PAGES:
        for line in commands(page):
            for name, rest in re.findall(r"python -m audiolab\.bin\.(\w+)(.*)", line):
                files = [f"bin/{name}.py", "datadir/parts.py"]
                files += [f"tasks/{task}/{of_tasks[name]}.py" for task in TASKS if name in of_tasks]
                files += ["tasks/scoring.py"] if name == "score" else []
                files += ["tasks/running.py"] if name in ("convert", "enhance", "apply") else []
                files += ["tasks/vc/many.py"] if name in ("convert", "apply") else []
                files += ["tasks/scoring.py", "metrics/judges/panel.py"] if name == "score" else []
                files += ["report/experiment.py"] if name == "report" else []
                source = "".join((ROOT / "audiolab" / file).read_text() for file in files)
                known = set(re.findall(r'"--(\w+)"', source)) | {"config", "corpus", "help"}
                known |= {leaf for cls in configs.get(name, []) for leaf, _, _ in leaves(cls)}
                unknown += [f"{page.name}: {name} --{o}" for o in re.findall(r" --([\w.]+)", rest) if o not in known]
    assert not unknown


@for_recipes
def test_recipe_documents_its_configs_and_no_others(recipe):
    cells = re.findall(r"^\| ((?:`[\w./]+\.yaml`(?:, )?)+) \| \S", readme(recipe), flags=re.MULTILINE)
    documented = [name for cell in cells for name in re.findall(r"`([^`]+)`", cell)]
    assert sorted(documented) == sorted(
        p.relative_to(recipe / "conf").as_posix() for p in recipe.glob("conf/**/*.yaml")
    )


def slurm_config():
    sys.path.insert(0, str(ROOT / "utils"))
    try:
        return importlib.import_module("slurm").SlurmConfig
    finally:
        sys.path.remove(str(ROOT / "utils"))


@pytest.mark.parametrize(
    "path",
    [path for recipe in RECIPES for path in sorted(recipe.glob("conf/**/*.yaml"))],
    ids=lambda path: str(path.relative_to(ROOT / "egs")),
)
def test_configs_are_valid(path):
    tree, where = load_yaml(path)
    if "kind" in tree:
        read_features(path)
        return
    if "system" in tree:
        cls = run_config_class(systems.get(tree["system"]))
        for section, given in FROM_THE_RECIPE[tree["system"]].items():
            tree[section] = given | tree.get(section, {})
    elif path.stem in ("convert", "convert_f0"):
        cls = InferenceConfig
    elif path.stem == "slurm":
        cls = slurm_config()
    else:  # what others stand on is checked with them
        assert f"base: {path.name}\n" in "".join(other.read_text() for other in path.parent.glob("*.yaml"))
        return
    from_dict(cls, tree, where, str(path))


def read_tsv(path):
    with open(path, encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file, delimiter="\t"))


def test_se1_documents_its_phases():
    recipe = ROOT / "egs/dns/se1"
    text = readme(recipe).split("## Methods and phases")[1].split("\n## ")[0]
    rows = re.findall(r"^\| `(\w+)` \| (\d) \| ([^|]*) \|", text, flags=re.MULTILINE)
    phases = read_phases(recipe / "local/phases.yaml").phases
    trained = {name: phase for name, phase in phases.items() if phase.stage_name == "train"}
    of_rows = {name for name, phase in trained.items() if "row:begun:by" in phase.over}  # which studies name
    assert sorted(name for name, _, _ in rows) == sorted(trained.keys() - of_rows)
    text_of_rows = readme(recipe).split("## Studies")[1].split("| phase | trains |")[1].split("\n## ")[0]
    assert set(re.findall(r"^\| `(\w+)` \|", text_of_rows, flags=re.MULTILINE)) == of_rows
    waves = {name: int(wave) for name, wave, _ in rows}
    for name, wave, stands_on in rows:
        before = set(re.findall(r"`(\w+)`", stands_on))
        named = {*re.findall(r"\{(\w+)\}", phases[name].arguments), *phases[name].needs}
        assert before == named & phases.keys()
        assert int(wave) == 1 + max((waves[other] for other in before), default=0)


def rows_of_tables(recipe):
    return [row for row in read_tsv(recipe / "local/tables.tsv") if row["pesq"]]


def test_se1_shows_the_papers_figures():
    """The README's Tables 1 and 2 are those of local/tables.tsv; ours, beside them, have SI-SDR with two decimals."""
    recipe = ROOT / "egs/dns/se1"
    found = re.findall(r"^\| [^|]+ \| `(\w+)`[^|]* \| ([^|]+ / .*?) \|$", readme(recipe), flags=re.MULTILINE)
    cells = [(name, figures.strip()) for name, row in found for figures in row.replace("−", "-").split("|")]
    shown = {(name, figures) for name, figures in cells if re.search(r"/ (-?\d+\.\d{3}|–)$", figures)}
    assert len(cells) == 2 * len(rows_of_tables(recipe))
    rows = rows_of_tables(recipe)
    figures = [" / ".join(row[key] or "–" for key in ("pesq", "stoi", "si_sdr")) for row in rows]
    assert len(figures) == 24 + 8
    assert shown == {(row["system"], values) for row, values in zip(rows, figures)}


def test_training_page_lists_every_system():
    text = (ROOT / "docs/training.md").read_text()
    rows = re.findall(r"^\| `(\w+)` \| [^|]+ \| (?:`(egs/\w+/\w+)`|–) \|$", text, flags=re.MULTILINE)
    assert sorted(name for name, _ in rows) == systems.names()
    assert {ROOT / recipe for _, recipe in rows if recipe} <= set(RECIPES)  # – stands where none has it yet


@pytest.mark.parametrize(
    ("section", "cls"), [("trainer", TrainerConfig), ("init", InitConfig), ("optim.<update>", OptimConfig)]
)
def test_training_page_lists_every_key_with_its_default(section, cls):
    text = (ROOT / "docs/training.md").read_text().split(f"### `{section}`")[1].split("\n### ")[0].split("\n## ")[0]
    listed = {}
    for names, values in re.findall(r"^\| (`[^|]*?) *\| *([^|]*?) *\|", text, flags=re.MULTILINE):
        names = re.findall(r"`(\w+)`", names)
        values = values.split(", ") if len(names) > 1 and ", " in values else [values] * len(names)
        listed |= dict(zip(names, (value.strip("` ") for value in values)))
    expected = {}
    for field in fields(cls):
        default = field.default_factory() if field.default is MISSING else field.default
        expected[field.name] = default
    assert listed.keys() == expected.keys()
    for name, default in expected.items():
        shown = None if listed[name] == "–" else yaml.safe_load(listed[name].replace("1e-8", "1.0e-8"))
        assert shown == (None if default == "" else default), name


@pytest.fixture
def sharedcode(tmp_path, monkeypatch):
    """Return the system that docs/adding-a-system.md builds, registered."""
    text = (ROOT / "docs/adding-a-system.md").read_text()
    code = re.search(r"^`audiolab/systems/(sharedcode\.py)`:\n\n```python\n(.*?)^```", text, re.DOTALL | re.MULTILINE)
    (tmp_path / "systems").mkdir()
    (tmp_path / "systems" / code[1]).write_text(code[2])
    monkeypatch.setattr(systems, "__path__", [*systems.__path__, str(tmp_path / "systems")])
    key, value = re.search(r'"(sharedcode)": "([\w.:]+)"', text).groups()
    monkeypatch.setitem(systems._SYSTEMS, key, value)
    yield systems.get(key)
    del sys.modules["audiolab.systems.sharedcode"]


@pytest.fixture
def make_features(monkeypatch):
    monkeypatch.syspath_prepend(str(ROOT / "test/data"))
    return importlib.import_module("feature_folder").make_features


def test_the_example_system_trains_resumes_and_converts(sharedcode, make_features, tmp_path):
    generator = np.random.default_rng(0)
    brighter = {"A": np.zeros(32), "B": np.repeat([0.0, 9.0], 16)}
    names = [f"{s}_{n}" for s in "AB" for n in range(4)]
    make_features(tmp_path, {name: generator.standard_normal((150, 32)) + brighter[name[0]] - 40 for name in names})
    text = (ROOT / "docs/adding-a-system.md").read_text()
    tree = yaml.safe_load(
        re.search(r"conf/sharedcode\.yaml`:\n\n```yaml\n(.*?)^```", text, re.DOTALL | re.MULTILINE)[1]
    )
    tree["data_conf"] |= DATA_CONF | {"train_dir": str(tmp_path)}
    for steps in (2, 4):  # the second time it goes on
        tree["trainer"] |= {"max_steps": steps, "batch_size": 2}
        config = from_dict(run_config_class(sharedcode), tree)
        Trainer.of(sharedcode, config, tmp_path / "run").fit()
    model = audiolab.load(tmp_path / "run")
    assert (model.source, model.target) == ("A", "B")
    wave = 0.1 * generator.standard_normal((9000, 2))
    converted = model.convert(wave, 22050)
    assert converted.shape == wave.shape
    tilts = [tilt_db(model.convert(wave, 22050, reverse=back)) - tilt_db(wave) for back in (False, True)]
    assert tilts[0] - tilts[1] > 6  # B's upper bands are 9 dB above A's


def test_the_example_dataset_crops_at_random_what_is_long_enough(make_features, tmp_path):
    make_features(tmp_path, {f"A_{n}": n * 100.0 + np.arange(10 + n)[:, None] for n in range(3)})
    code = re.search(
        r"```python\n(class Crops.*?)^```", (ROOT / "docs/training.md").read_text(), re.DOTALL | re.MULTILINE
    )
    names = {"np": np, "torch": torch, "Any": Any, "FeatureDir": FeatureDir}
    names |= {name: getattr(dataset, name) for name in ("Batch", "SampleKey", "SystemDataset")}
    exec(code[1], names)
    crops = names["Crops"](str(tmp_path), 11)
    assert len(crops) == 2
    items = [crops[SampleKey(1, (seed,))] for seed in range(20)]
    assert {item["utt"] for item in items} == {"A_2"}
    starts = [float(item["x"][0, 0]) - 200 for item in items]
    assert set(starts) == {0, 1}
    batch = crops.collate(items)
    torch.testing.assert_close(batch["x"][..., 0] - 200, torch.tensor(starts)[:, None] + torch.arange(11))
    assert crops.fingerprint() != names["Crops"](str(tmp_path), 12).fingerprint()


def tilt_db(wave):
    """Return by how much there is more from 4 to 6 kHz than from 0.3 to 1 kHz, of [N, channels] at 22,050 Hz."""
    power = np.square(np.abs(np.fft.rfft(wave[:, 0])))
    hertz = np.fft.rfftfreq(len(wave), 1 / 22050)
    high, low = (power[(hertz > a) & (hertz < b)].mean() for a, b in ((4000, 6000), (300, 1000)))
    return 10 * np.log10(high / low)


def test_readme_states_the_licence_of_every_direct_dependency():
    named = re.findall(r'^    "([A-Za-z0-9_-]+)[<>=]', (ROOT / "setup.py").read_text(), flags=re.MULTILINE)
    named += re.findall(r'MINI = \["([a-z-]+)', (ROOT / "setup.py").read_text())
    assert len(named) > 20
    licences = (ROOT / "README.md").read_text().split("## Licence")[1]
    assert [name for name in named if not re.search(rf"\b{name.removesuffix('-py')}\b", licences)] == []
