"""`./dev stress [part]`: what takes too long for each change, all of it or one part. Exit 1 if any falls short."""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping

from tests.stress import (
    clock,
    coverage,
    cuts,
    disk,
    failover,
    kills,
    locks,
    migration,
    mixed,
    mutation,
    opening,
    races,
    slow,
    speed,
)

FAULTS: Mapping[str, Callable[[list[str]], bool]] = {
    "kills": kills.run,
    "races": races.run,
    "locks": locks.run,
    "disk": disk.run,
    "slow": slow.run,
    "cuts": cuts.run,
    "clock": clock.run,
    "migration": migration.run,
    "mixed": mixed.run,
    "opening": opening.run,
    "failover": failover.run,
}
PARTS: Mapping[str, Callable[[list[str]], bool]] = {
    "coverage": coverage.run,
    "mutation": mutation.run,
    "speed": speed.run,
    **FAULTS,
}
BOTH = {"kills", "races", "locks", "cuts", "migration", "mixed", "opening"}  # on SQLite, and on PostgreSQL with --postgresql


def main(words: list[str]) -> int:
    """Words behind a part's name are its own: `./dev stress mutation credit formula`, `./dev stress kills quick --postgresql`.

    `./dev stress quick` lets every fault and crowd happen for less than a minute, on both databases.
    """
    if words[:1] in (["-h"], ["--help"]):
        print(
            f"`./dev stress` runs everything, `./dev stress PART` one of {', '.join(PARTS)},\n"
            f"`./dev stress quick` each fault for less than a minute. Behind {', '.join(sorted(BOTH))} may stand `quick`, and "
            "`--postgresql`."
        )
        return 0
    if words == ["quick"]:
        runs = [(name, ["quick", *more]) for name in FAULTS for more in ([], ["--postgresql"]) if not more or name in BOTH]
    elif words and words[0] not in PARTS:
        print(f"There is no part `{words[0]}`; there are {', '.join(PARTS)}, and `quick`.", file=sys.stderr)
        return 2
    else:
        runs = [(name, words[1:]) for name in words[:1] or PARTS]
    return int([PARTS[name](more) for name, more in runs] != [True] * len(runs))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
