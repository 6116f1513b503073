"""Sources to scores on disk: tables that grow as frames are scored, maps and overlay videos."""

from awry.score_run.options import ScoreOptions, check_parts
from awry.score_run.result import ScoreResult, SourceResult
from awry.score_run.run import score_sources

__all__ = [
    "ScoreOptions",
    "ScoreResult",
    "SourceResult",
    "check_parts",
    "score_sources",
]
