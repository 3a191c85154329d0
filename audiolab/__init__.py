"""audiolab: recipes for speech and music research, from a corpus on disk to a trained model and its scores."""

__version__ = "0.1.0"


def load(model, device="cpu"):  # noqa: ANN001, ANN201 - typed where it is implemented; importing that takes seconds
    """Return a trained model, ready to use: see `audiolab.inference.load`."""
    from audiolab.inference import load as load_model

    return load_model(model, device)
