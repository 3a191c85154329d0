"""The documentation is true: its links, options, configs, commands, and the system that it builds."""

import importlib
import re
import subprocess
import sys
from dataclasses import MISSING, fields
from pathlib import Path

import numpy as np
import pytest
import yaml

import audiolab
from audiolab import systems
from audiolab.bin.convert import InferenceConfig
from audiolab.config import from_dict, leaves, load_yaml, save_yaml
from audiolab.data.mixtures import MixtureSettings
from audiolab.data.speaker_tables import speaker_cmvn
from audiolab.datadir.arkio import write_matrices
from audiolab.datadir.table import write_table
from audiolab.features.envelope_config import EnvelopeConfig
from audiolab.training.config import OptimConfig, TrainerConfig, run_config_class
from audiolab.training.seeding import build
from audiolab.training.trainer import Trainer

ROOT = Path(__file__).parents[1]
RECIPE = ROOT / "egs/vcc2018/vc1"
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md")), *sorted(ROOT.glob("egs/*/*/*.md"))]
README = (RECIPE / "README.md").read_text()
DATA_CONF = {"train_dir": "dump/train", "source": "A", "target": "B"}


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


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
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


def run_sh_options():
    """Return name -> default of the options of the recipe's run.sh, as utils/parse_options.sh finds them."""
    above = (RECIPE / "run.sh").read_text().split(". ../../../utils/parse_options.sh")[0]
    found = dict(re.findall(r"^([a-z][a-z0-9_]*)=([^\s#]*)", above, flags=re.MULTILINE))
    del found["help_message"]
    return found


def test_recipe_documents_its_options_and_no_others():
    rows = re.findall(r"^\| (`--[^|]*?) *\| *([^|]*?) *\|", README, flags=re.MULTILINE)
    documented = {}
    for names, defaults in rows:
        names = re.findall(r"`--(\w+)`", names)
        values = defaults.split(", ") if len(names) > 1 else [defaults]
        documented |= dict(zip(names, (value.strip("` ") for value in values)))
    options = run_sh_options()
    assert documented.keys() == options.keys() | {"config", "help"}
    listed = {"ablation_configs"}  # too long for the table
    assert {n: v for n, v in options.items() if n not in listed} == {n: documented[n] for n in options.keys() - listed}


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_run_sh_is_called_with_options_that_it_has(page):
    called = [re.findall(r" --(\w+)", c.split('"')[0]) for c in commands(page) if re.search(r"(^|/| )run\.sh", c)]
    assert {option for options in called for option in options} <= run_sh_options().keys() | {"help"}


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_commands_and_modules_that_are_named_exist(page):
    text = page.read_text()
    modules = set(re.findall(r"audiolab\.bin\.([a-z_0-9]+)", text))
    assert {name for name in modules if not (ROOT / f"audiolab/bin/{name}.py").is_file()} == set()
    paths = re.findall(r"(?<![\w./])((?:utils|tools|test|local|conf)/[\w/.]+\.(?:py|sh|yaml|tsv))", text)
    made_here = {"conf/mine.yaml", "conf/sharedcode.yaml"}  # by the reader
    places = (ROOT, RECIPE)
    assert {p for p in paths if not any((place / p).exists() for place in places)} <= made_here


def test_options_of_commands_exist():
    """Each option of ``python -m audiolab.bin.X`` in an example is one of that command's or of its config's keys."""
    unknown = []
    for page in PAGES:
        for line in commands(page):
            for name, rest in re.findall(r"python -m audiolab\.bin\.(\w+)(.*)", line):
                source = (ROOT / f"audiolab/bin/{name}.py").read_text()
                known = set(re.findall(r'"--(\w+)"', source)) | {"config", "help"}
                known |= {leaf for leaf, _, _ in leaves(InferenceConfig)} if name == "convert" else set()
                known |= {leaf for leaf, _, _ in leaves(softgan())} if name == "train" else set()
                known |= {leaf for leaf, _, _ in leaves(MixtureSettings)} if name == "make_mixtures" else set()
                unknown += [f"{page.name}: {name} --{o}" for o in re.findall(r" --([\w.]+)", rest) if o not in known]
    assert not unknown


def softgan():
    return run_config_class(systems.get("softgan"))


@pytest.mark.parametrize("path", sorted((RECIPE / "conf").glob("*.yaml")), ids=lambda path: path.stem)
def test_configs_are_documented_and_valid(path):
    assert re.search(rf"^\| `{re.escape(path.name)}` \| \S", README, flags=re.MULTILINE)
    if path.stem == "slurm":
        sys.path.insert(0, str(ROOT / "utils"))
        try:
            cls = importlib.import_module("slurm").SlurmConfig
        finally:
            sys.path.remove(str(ROOT / "utils"))
    else:
        cls = {"features": EnvelopeConfig, "convert": InferenceConfig}.get(path.stem) or softgan()
    tree, where = load_yaml(path)
    if cls is not InferenceConfig and "system" in tree:
        tree["data_conf"] = DATA_CONF | tree.get("data_conf", {})
    from_dict(cls, tree, where, str(path))


@pytest.mark.parametrize(("section", "cls"), [("trainer", TrainerConfig), ("optim.<update>", OptimConfig)])
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
    blocks = re.findall(
        r"^`audiolab/systems/(sharedcode/\w+\.py)`:\n\n```python\n(.*?)^```", text, re.DOTALL | re.MULTILINE
    )
    assert len(blocks) == 3
    (tmp_path / "systems/sharedcode").mkdir(parents=True)
    for name, code in blocks:
        (tmp_path / "systems" / name).write_text(code)
    monkeypatch.setattr(systems, "__path__", [*systems.__path__, str(tmp_path / "systems")])
    key, value = re.search(r'"(sharedcode)": "([\w.:]+)"', text).groups()
    monkeypatch.setitem(systems._SYSTEMS, key, value)
    yield systems.get(key)
    for module in [name for name in sys.modules if name.startswith("audiolab.systems.sharedcode")]:
        del sys.modules[module]


def test_the_example_system_trains_resumes_and_converts(sharedcode, tmp_path):
    generator = np.random.default_rng(0)
    feats = {f"{s}_{n}": generator.standard_normal((150, 32)) + 9 * (s == "B") - 40 for s in "AB" for n in range(4)}
    owners = {name: name[0] for name in feats}
    write_matrices(tmp_path / "feats.ark", tmp_path / "feats.scp", feats.items())
    write_matrices(tmp_path / "cmvn.ark", tmp_path / "cmvn.scp", speaker_cmvn(feats, owners), dtype=np.float64)
    write_table(tmp_path / "utt2spk", owners)
    write_table(tmp_path / "spk2f0", {"A": "70 200 110", "B": "120 300 200"})
    save_yaml(EnvelopeConfig(), tmp_path / "features.yaml")
    text = (ROOT / "docs/adding-a-system.md").read_text()
    tree = yaml.safe_load(
        re.search(r"conf/sharedcode\.yaml`:\n\n```yaml\n(.*?)^```", text, re.DOTALL | re.MULTILINE)[1]
    )
    tree["data_conf"] |= DATA_CONF | {"train_dir": str(tmp_path)}
    for steps in (2, 4):  # the second time it goes on
        tree["trainer"] |= {"max_steps": steps, "batch_size": 2}
        config = from_dict(run_config_class(sharedcode), tree)
        sets = sharedcode.datasets(config.data_conf)
        Trainer(build(sharedcode, config), *sets, config, tmp_path / "run").fit()
    model = audiolab.load(tmp_path / "run")
    assert (model.source, model.target) == ("A", "B")
    wave = 0.1 * generator.standard_normal((9000, 2))
    converted = model.convert(wave, 22050)
    assert converted.shape == wave.shape
    levels = [20 * np.log10(np.std(model.convert(wave, 22050, reverse=back)) / np.std(wave)) for back in (False, True)]
    assert levels[0] - levels[1] > 6  # B is 9 dB louder than A in every band


def test_readme_states_the_licence_of_every_direct_dependency():
    named = re.findall(r'^    "([A-Za-z0-9_-]+)[<>=]', (ROOT / "setup.py").read_text(), flags=re.MULTILINE)
    named += re.findall(r'MINI = \["([a-z-]+)', (ROOT / "setup.py").read_text())
    assert len(named) > 20
    licences = (ROOT / "README.md").read_text().split("## Licence")[1]
    assert [name for name in named if not re.search(rf"\b{name.removesuffix('-py')}\b", licences)] == []
