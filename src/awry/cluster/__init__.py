"""Long tasks in workers beside one another: in processes of this machine, or on Ray."""

from awry.cluster.pool import PROCESSES, Pool, done, pool_opened
from awry.cluster.work import Prepared

__all__ = ["PROCESSES", "Pool", "Prepared", "done", "pool_opened"]
