"""The deterministic simulator (sync.md section 14): the production engine in made-up districts.

Clock, network, disks and chance are ours and seeded; everything else is the code that ships. A
seed gives a `plan`, a plan gives an `Outcome`: the same one every time. Reads no clock of the
machine, no global random source and no socket; the only files are those of its sticks, in a folder
of the world's own.
"""

from darasa.sync.verify.plan import Plan, plan_of
from darasa.sync.verify.run import Outcome, run_plan, run_seed

__all__ = ["Outcome", "Plan", "plan_of", "run_plan", "run_seed"]
