"""audiolab: recipes for speech and music research, from a corpus on disk to a trained model and its scores."""

__version__ = "0.1.0"
