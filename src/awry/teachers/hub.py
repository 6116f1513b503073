"""Models of the Hugging Face hub, or of folders in its layout. Nothing of them runs as code."""

from __future__ import annotations

from typing import Any

from awry.errors import MissingError
from awry.foreign import reason_of


def from_hub(kind: str, what: str, name: str, instead: str) -> tuple[Any, Any]:
    """A transformers model in evaluation mode, and its image processor.

    Weights are read from safetensors alone: PyTorch's own format is a pickle, which runs whatever
    its maker put there. Code that a repository brings along is never loaded.

    Args:
        kind: of transformers' classes, e.g. `AutoModelForObjectDetection`.
        what: as the user wrote it, for messages.
        name: of the repository, or a folder that `save_pretrained` wrote.
        instead: what can be used without it, in words.

    Returns:
        The processor, and the model, float32.

    Raises:
        MissingError: transformers is not installed, the model is not there, or has no safetensors.
    """
    try:
        import transformers
    except ImportError as error:
        raise MissingError(
            f"{what} needs transformers: pip install 'awry[hf]', or use {instead}."
        ) from error
    try:
        processor: Any = transformers.AutoImageProcessor.from_pretrained(
            name, trust_remote_code=False
        )
        network: Any = getattr(transformers, kind).from_pretrained(
            name, use_safetensors=True, trust_remote_code=False
        )
    except Exception as error:  # of several libraries, with no class in common
        raise MissingError(
            f"{what} could not be loaded ({reason_of(error)}). Connect once, or give a folder that "
            f"save_pretrained wrote, with weights in safetensors; or use {instead}."
        ) from error
    return processor, network.eval().float()
