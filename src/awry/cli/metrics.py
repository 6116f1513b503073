"""`awry metrics`: the metrics alone, from anybody's files."""

from __future__ import annotations

import typer

from awry.cli.metrics_event import metrics_event
from awry.cli.metrics_frame import metrics_frame
from awry.cli.metrics_region import metrics_region

metrics_app = typer.Typer(no_args_is_help=True)
metrics_app.command("frame")(metrics_frame)
metrics_app.command("region")(metrics_region)
metrics_app.command("event")(metrics_event)
