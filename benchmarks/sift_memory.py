"""Peak memory of sifting an hour of video at 25 frames a second: 90 000 frames.

Reading is a stream, so some thousand frames of it are read with the real backbone; everything
that grows with the archive (features, reduction, generic detectors, labels, scores) then runs on
90 000 frames, whose features and activations are drawn at random.

    python benchmarks/sift_memory.py [--frames 90000] [--read 1024]
"""

from __future__ import annotations

import argparse
import resource
import time
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np

from awry.methods.sdor import SDOR
from awry.methods.sdor.initial import detect_initially
from awry.methods.sdor.normality import choose_labels
from awry.methods.sdor.reading import CHUNK, Stretch, read_archive
from awry.methods.sdor.samples import Archive, ArchivedClip
from awry.progress import Silent
from awry.video import ArraySource

SIZE = (240, 360)


def peak() -> float:
    """Of this process so far, in MiB."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def random_chunks(folder: Path, frames: int, like: Archive) -> list[Path]:
    """As many frames on disk as an hour has, of the real ones' shape."""
    generator = np.random.default_rng(0)
    shape = tuple(like.activations([0]).shape[1:])
    chunks = []
    for number, first in enumerate(range(0, frames, CHUNK)):
        count = min(CHUNK, frames - first)
        chunk = folder / f"{number:05d}"
        chunk.mkdir(parents=True)
        # Sparse: nobody reads but a few of them.
        np.lib.format.open_memmap(chunk / "kept.npy", "w+", np.float16, (count, *shape)).flush()
        features = generator.normal(size=(count, like.features.shape[1])).astype(np.float32)
        np.save(chunk / "features.npy", features)
        chunks.append(chunk)
    return chunks


def main() -> None:
    """Run it and print."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--frames", type=int, default=90_000)
    parser.add_argument("--read", type=int, default=1024)
    options = parser.parse_args()
    method = SDOR(SDOR.configure("cpu"))
    model = method.prepare(SIZE, 0)
    print(f"libraries and model: {peak():.0f} MiB")
    images = np.random.default_rng(0).integers(0, 255, (64, *SIZE, 3), dtype=np.uint8)
    images = np.broadcast_to(images[:1], (options.read, *SIZE, 3))
    with TemporaryDirectory() as folder:
        started = time.monotonic()
        stretch = Stretch("video", "scene", "video", lambda: ArraySource(images, 25))
        read = read_archive([stretch], model, method.config, Path(folder) / "r", Silent())
        print(
            f"reading {options.read} frames: {peak():.0f} MiB, {time.monotonic() - started:.0f} s"
        )
        chunks = random_chunks(Path(folder) / "hour", options.frames, read)
        count = options.frames
        times = np.arange(count) / 25
        clip = ArchivedClip("hour", "scene", 25.0, SIZE, np.arange(count), times, 0, ())
        archive = Archive([clip], chunks, model, ())
        started = time.monotonic()
        initial = detect_initially(archive.features, method.config, 0)
        labels = choose_labels(initial.scores, method.config)
        places, _ = labels.draw(method.config.batch, 0.5, np.random.default_rng(0))
        next(model.learners)(archive.activations(places)).sum().backward()
        print(f"ranking {count} frames: {peak():.0f} MiB, {time.monotonic() - started:.0f} s")


if __name__ == "__main__":
    main()
