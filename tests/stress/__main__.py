"""`./dev stress [part]`: what takes too long for each change, all of it or one part. Exit 1 if any falls short."""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping

from tests.stress import clock, coverage, cuts, disk, kills, locks, mutation, races, slow

PARTS: Mapping[str, Callable[[list[str]], bool]] = {
    "coverage": coverage.run,
    "mutation": mutation.run,
    "kills": kills.run,
    "races": races.run,
    "locks": locks.run,
    "disk": disk.run,
    "slow": slow.run,
    "cuts": cuts.run,
    "clock": clock.run,
}


def main(words: list[str]) -> int:
    """Words behind a part's name are its own: `./dev stress mutation credit formula`."""
    if words and words[0] not in PARTS:
        print(f"There is no part `{words[0]}`; there are {', '.join(PARTS)}.", file=sys.stderr)
        return 2
    chosen = words[:1] or list(PARTS)
    return int([PARTS[name](words[1:]) for name in chosen] != [True] * len(chosen))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
