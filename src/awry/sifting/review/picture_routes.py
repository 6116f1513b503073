"""Where browsers get the pictures of a review."""

from __future__ import annotations

from fastapi import APIRouter, Response

from awry.errors import AwryError
from awry.sifting.review.reviewing import Reviewing


def pictures_of(review: Reviewing) -> APIRouter:
    """The routes of a review's pictures, at addresses of its own."""
    router = APIRouter()
    pictures, clips = review.pictures, review.session.run.clips
    makers = {"frame": pictures.frame, "heat": pictures.heat, "clip": pictures.clip}

    @router.get(review.addresses.root + "/{kind}/{version}/{clip}/{place}")
    def picture(kind: str, version: int, clip: int, place: int) -> Response:
        """A frame, its heat map, or the seconds around it."""
        there = 0 <= clip < len(clips) and 0 <= place < len(clips[clip].indices)
        if kind not in makers or not there:
            return Response(status_code=404)
        try:
            encoded = makers[kind](clip, place)
        except (AwryError, OSError) as error:
            return Response(str(error), 503, media_type="text/plain")
        if encoded is None:
            return Response(status_code=404)
        media = "image/webp" if kind == "clip" else "image/jpeg"
        kept = {"cache-control": "private, max-age=3600"}
        return Response(encoded, headers=kept, media_type=media)

    return router
