"""Fitted models of one method, before any threshold is known."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from awry.errors import ConfigError, nearest
from awry.methods.base import Method, Scorer, Setting
from awry.scoring.calibration import POOLED
from awry.video.ignore import IgnoreRegions


@dataclass(frozen=True, slots=True)
class FittedModels:
    """What scores frames; a `Detector` has thresholds too.

    Attributes:
        models: scene -> fitted method; `*` is the one for all, or for unknown scenes.
        ignore: regions whose pixels never count.
        frame_size: (H, W) of the footage's frames.
    """

    models: Mapping[str, Method]
    ignore: IgnoreRegions
    frame_size: tuple[int, int]

    def model_of(self, scene: str) -> Method:
        """The model that scores a scene.

        Raises:
            ConfigError: one model a scene and none for this one.
        """
        for name in (scene, POOLED):
            if name in self.models:
                return self.models[name]
        if len(self.models) == 1:
            return next(iter(self.models.values()))
        raise ConfigError(
            f"This bundle has one model a scene and none for '{scene}': say which scene the "
            f"source shows, one of {', '.join(self.models)}."
        )

    def scorer(
        self,
        scene: str = POOLED,
        *,
        clip: str = "",
        fps: float | None = None,
        map_levels: Sequence[float] = (),
        maps: bool = True,
        parts: Sequence[str] = (),
    ) -> Scorer:
        """A fresh scorer for one stream.

        Args:
            scene, clip, maps, parts: as of `Detector.scorer`.
            fps: frames per second of what is scored, thinned like the footage; or None.
            map_levels: ascending levels at which maps are cut into regions.

        Raises:
            ConfigError: one model a scene and none for this one, or an unknown part.
        """
        model = self.model_of(scene)
        setting = Setting(
            scene=scene,
            clip=clip,
            ignore=self.ignore,
            map_levels=tuple(map_levels),
            maps=maps,
            parts=_known_parts(model, parts),
            fps=fps,
            frame_size=self.frame_size,
        )
        return model.scorer(setting)


def check_map_part(models: Iterable[Method], part: str | None) -> None:
    """Refuse a part of the score that has no map of its own; None is the score itself.

    Raises:
        ConfigError: with the nearest part that has one suggested.
    """
    every = tuple(models)
    known = {name for model in every for name in model.map_parts}
    if part is not None and part not in known:
        hint = nearest(part, known) if known else "none of its parts has a map of its own"
        raise ConfigError(f"{every[0].name} has no map of the part '{part}': {hint}.")


def _known_parts(model: Method, parts: Sequence[str]) -> tuple[str, ...]:
    if "all" in parts:
        return model.extra_parts
    for part in parts:
        if part not in model.extra_parts:
            known = nearest(part, ["all", *model.extra_parts])
            raise ConfigError(f"{model.name} has no extra part '{part}': {known}.")
    return tuple(parts)
