"""A day of a watched site on an accelerated clock: faults at random, and what became of its events.

    python benchmarks/watch_soak.py --hours 24 --seed 0

Four made-up cameras, the real ingest, scorer, keeper, store (SQLite on disk) and courier, in one
process. Prints how many events went in and came out, what was lost or came twice, and whether
memory grew. Ends with 1 where anything was lost or came twice.
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
from dataclasses import asdict
from pathlib import Path

from awry.watch.simulation.soak import Soak, soak


def main() -> int:
    options = _options()
    with tempfile.TemporaryDirectory(dir=options.folder) as folder:
        found = soak(
            Path(folder),
            seconds=options.hours * 3600,
            cameras=options.cameras,
            rate=options.rate,
            seed=options.seed,
            often=options.often,
            every_s=options.every,
        )
    print(_text(found))
    if options.json:
        options.json.write_text(json.dumps(asdict(found), indent=2) + "\n")
    return 0 if found.faultless else 1


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--hours", type=float, default=24.0, help="simulated time")
    parser.add_argument("--cameras", type=int, default=4)
    parser.add_argument("--rate", type=float, default=1.0, help="pictures a second")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--often", type=float, default=1.0, help="faults, times the usual number")
    parser.add_argument("--every", type=float, default=600.0, help="seconds between anomalies")
    parser.add_argument("--folder", type=Path, help="where the store goes; a temporary one")
    parser.add_argument("--json", type=Path, help="the figures, to this file")
    return parser.parse_args()


def _text(found: Soak) -> str:
    events, memory = found.events, found.memory
    faults = ", ".join(f"{kind} {count}" for kind, count in found.faults.items())
    return "\n".join(
        [
            f"simulated {found.seconds / 3600:g} h in {found.wall_s:.0f} s",
            f"faults: {faults}",
            f"scores: {events.scores_in} taken, {events.scores_stored} stored, "
            f"{found.lost_scores} given up",
            f"events: {events.seen} in, {events.stored} out; missing {events.missing}, "
            f"twice {events.twice}, of nothing {events.strange}, still open {events.open}",
            f"told: {events.told} events; news lost {events.untold}, repeated {events.repeated}, "
            f"given up {events.dead}",
            f"clips: {events.with_clip} of {events.stored} events",
            f"store: {found.store_bytes / 2**20:.1f} MiB; files missing {found.missing_files}, "
            f"unknown {found.unknown_files}",
            f"memory: {memory.begin:.0f} MiB at first, {memory.end:.0f} at the end, "
            f"{memory.highest:.0f} at most; slope {memory.slope:+.1f} MiB a day",
        ]
    )


if __name__ == "__main__":
    sys.exit(main())
