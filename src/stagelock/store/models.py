"""Which model and effort each role works with: the team's choice, then the person's own.

Kept as JSON in the state home, so that a hook can read it; it acts from the next dispatch on. The
team's choice stands in `.stagelock/config.yaml` and is pinned by the run.
"""

from __future__ import annotations

from .files import make_folder, replace, slurp
from .home import key
from .wire import dumps, loads

TYPE_CHECKING = False
if TYPE_CHECKING:
    Choice = dict[str, str]  # model, effort
    Choices = dict[str, Choice]  # by role

EVERYWHERE = "*"
FIELDS = ("model", "effort")


def chosen(home: str, tree: str, team: Choices, role: str) -> Choice:
    """Return what a dispatch of `role` carries; nothing leaves it to the client."""
    kept = _read(home)
    choice: Choice = {}
    for choices in (team, kept.get(EVERYWHERE, {}), kept.get(key(tree), {})):
        choice.update(choices.get(role, {}))
    return {field: choice[field] for field in FIELDS if choice.get(field)}


def own(home: str, tree: str) -> Choices:
    """Return what the person chose for `tree`, "" for everywhere."""
    return _read(home).get(key(tree) if tree else EVERYWHERE, {})


def choose(home: str, tree: str, role: str, choice: Choice) -> None:
    """Keep the person's choice for `role` in `tree`, "" for everywhere; an empty one forgets it."""
    kept = _read(home)
    choices = kept.setdefault(key(tree) if tree else EVERYWHERE, {})
    choices.pop(role, None)
    if choice:
        choices[role] = choice
    make_folder(home)
    replace(home + "/models.json", dumps(kept).encode())


def _read(home: str) -> dict[str, Choices]:
    try:
        kept = loads(slurp(home + "/models.json").decode())
    except (OSError, ValueError):
        return {}  # a damaged choice costs a preference, never a dispatch
    return kept if isinstance(kept, dict) else {}
