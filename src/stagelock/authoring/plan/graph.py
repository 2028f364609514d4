"""Which unit waits for which, which wait in a circle, and which may run side by side."""

from __future__ import annotations

from itertools import combinations
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from .model import Plan, Unit


def above(plan: Plan) -> dict[str, set[str]]:
    """Return for each unit all units it waits for, at any distance; copes with circles."""
    needs = {unit.id: unit.needed() for unit in plan.units}
    found: dict[str, set[str]] = {}
    for name, direct in needs.items():
        seen: set[str] = set()
        to_see = list(direct)
        while to_see:
            need = to_see.pop()
            if need not in seen:
                seen.add(need)
                to_see += needs.get(need, [])
        found[name] = seen
    return found


def cycles(plan: Plan) -> list[list[str]]:
    """Return each circle of dependencies once, beginning with its first unit."""
    needs = {unit.id: unit.needed() for unit in plan.units}
    found: list[list[str]] = []
    told: set[str] = set()
    for name, direct in needs.items():
        if name in told or name in direct:  # waiting for itself is told where it stands
            continue
        way = _way_back(name, needs)
        if way and not told & set(way):
            found.append(way)
            told |= set(way)
    return found


def _way_back(start: str, needs: dict[str, list[str]]) -> list[str]:
    """Return the shortest way from a unit back to itself, empty where there is none."""
    ways = [[start]]
    seen: set[str] = set()
    for way in ways:
        for need in needs.get(way[-1], []):
            if need == start:
                return way
            if need not in seen:
                seen.add(need)
                ways.append([*way, need])
    return []


def side_by_side(plan: Plan, waits: dict[str, set[str]]) -> list[tuple[Unit, Unit]]:
    """Return each pair of units of which neither waits for the other."""
    return [
        (one, other)
        for one, other in combinations(plan.units, 2)
        if one.id not in waits[other.id] and other.id not in waits[one.id]
    ]
