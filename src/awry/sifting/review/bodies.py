"""What the review's API takes and gives, as JSON."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict, Field

from awry.sifting.review.log import Label


class Given(BaseModel):
    """A body that a program sends: what it does not know is refused."""

    model_config = ConfigDict(extra="forbid")


class Marking(Given):
    """What a person says of a moment."""

    clip: int = Field(ge=0, description="Number of its clip, from 0.")
    first: int = Field(ge=0, description="First place in the clip's arrays.")
    last: int = Field(ge=0, description="Last place, inclusive.")
    place: int = Field(ge=0, description="Place of the frame that was shown.")
    label: Label = Field(description="`abnormal` or `normal`.")


class Nothing(Given):
    """No more to say; yet a body of JSON, `{}`, which pages of other sites cannot send."""


class Said(BaseModel):
    """What became of a mark."""

    said: str = Field(description="A sentence for people; empty where there is nothing to say.")
    version: int = Field(description="Grows with every change of the review.")
    clip: int | None = Field(default=None, description="Of the mark that was taken back.")
    place: int | None = Field(default=None, description="Of the mark that was taken back.")


class MomentBody(BaseModel):
    """A moment of the ranking."""

    key: str = Field(description="Names the moment: clip, first and last place.")
    state: str = Field(description="Changes with all that is known of the moment.")
    clip: int = Field(description="Number of its clip, from 0.")
    source: str = Field(description="The clip's name.")
    first: int = Field(description="First place in the clip's arrays.")
    last: int = Field(description="Last place, inclusive.")
    place: int = Field(description="Place of the frame that is shown.")
    frame: int = Field(description="Number of the frame that is shown, as filmed.")
    score: float = Field(description="The highest of its scores.")
    rank: int | None = Field(description="From 1; null where a person has settled it.")
    before: int | None = Field(description="Its rank before the last retraining.")
    label: Label | None = Field(description="What was said of it.")
    picture: str = Field(description="Address of the frame, a JPEG.")
    heat: str = Field(description="Address of the frame with its heat map, a JPEG.")
    moving: str = Field(description="Address of the seconds around it, an animated WebP.")


class Moments(BaseModel):
    """The moments of a view."""

    version: int = Field(description="Of the review, see `Said`.")
    count: int = Field(description="How many there are without the limit.")
    moments: list[MomentBody] = Field(description="In the order in which they are shown.")


class RunBody(BaseModel):
    """What is reviewed, and what is marked."""

    run: str = Field(description="Name of the run's folder.")
    clips: int = Field(description="How many clips it has.")
    frames: int = Field(description="How many frames were ranked.")
    share: float = Field(description="Share of them that moments are made of, 0 to 1.")
    threshold: float = Field(description="The score that these frames lie above.")
    read_only: bool = Field(description="Another session reviews the run.")
    moments: int = Field(description="How many there are.")
    unmarked: int = Field(description="Of which so many are not marked.")
    abnormal: int = Field(description="Moments of the run that are marked abnormal.")
    normal: int = Field(description="Moments of the run that are marked normal.")
    to_learn: int = Field(description="Marks that the next retraining learns from.")


class Progress(BaseModel):
    """How far learning has come, and what has changed meanwhile."""

    version: int = Field(description="Of the review, see `Said`.")
    running: bool = Field(description="Whether it learns just now.")
    title: str = Field(description="What is being done.")
    detail: str = Field(description="More of it; may be empty.")
    done: int = Field(description="Steps that are done.")
    total: int = Field(description="Of so many; 0 is unknown.")
    ended: int = Field(description="How many retrainings have ended.")
    outcome: str = Field(description="How the last one ended, a sentence; empty before one.")
    failed: bool = Field(description="Whether it failed.")
