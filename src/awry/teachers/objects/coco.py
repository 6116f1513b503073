"""COCO's 80 object classes, and how other numberings map to them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from awry.errors import ConfigError

COCO_80: tuple[str, ...] = tuple(
    """person;bicycle;car;motorcycle;airplane;bus;train;truck;boat;traffic light;fire hydrant;
    stop sign;parking meter;bench;bird;cat;dog;horse;sheep;cow;elephant;bear;zebra;giraffe;
    backpack;umbrella;handbag;tie;suitcase;frisbee;skis;snowboard;sports ball;kite;baseball bat;
    baseball glove;skateboard;surfboard;tennis racket;bottle;wine glass;cup;fork;knife;spoon;bowl;
    banana;apple;sandwich;orange;broccoli;carrot;hot dog;pizza;donut;cake;chair;couch;
    potted plant;bed;dining table;toilet;tv;laptop;mouse;remote;keyboard;cell phone;microwave;oven;
    toaster;sink;refrigerator;book;clock;vase;scissors;teddy bear;hair drier;toothbrush""".replace(
        "\n    ", ""
    ).split(";")
)
_OTHER_NAMES = {
    "motorbike": "motorcycle",
    "aeroplane": "airplane",
    "sofa": "couch",
    "pottedplant": "potted plant",
    "diningtable": "dining table",
    "tvmonitor": "tv",
    "hair dryer": "hair drier",
}


def coco_name(name: str) -> str:
    """A class's name as COCO has it, of its other spellings."""
    return _OTHER_NAMES.get(name, name)


def class_name(number: int) -> str:
    """The class of that number in COCO's order; empty for -1, which stands for unknown.

    >>> class_name(0), class_name(-1)
    ('person', '')
    """
    return COCO_80[number] if number >= 0 else ""


def columns_of(labels: Sequence[str] | Mapping[int, str], model: str) -> NDArray[np.int64]:
    """For each of COCO's 80 classes the place of a model's label of that name.

    Args:
        labels: the model's class names, by place.
        model: how the model is called, for the message.

    Returns:
        int64 (80,).

    Raises:
        ConfigError: a class is missing: the model was not trained on COCO.
    """
    pairs = labels.items() if isinstance(labels, Mapping) else enumerate(labels)
    places = {coco_name(name): place for place, name in pairs}
    missing = [name for name in COCO_80 if name not in places]
    if missing:
        raise ConfigError(
            f"{model} does not know {len(missing)} of COCO's 80 classes ({missing[0]}, ...): "
            "use a detector that was trained on COCO."
        )
    return np.array([places[name] for name in COCO_80])
