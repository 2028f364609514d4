"""UserPromptExpansion: a person typed one of stagelock's commands."""

from __future__ import annotations

from stagelock.store import artifacts, home, library, moves, places, records, runs
from stagelock.store.journal import note
from stagelock.store.repository import git

from . import closing, code, human, prompts, words
from .paragraph import paragraph
from .refusal import MARK

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from stagelock.core.model import Person, State
    from stagelock.store.moves import Outcome

    from .seen import Seen

PLUGIN = "stagelock:"


def answer(seen: Seen) -> dict[str, Any] | None:
    """Carry out a typed command of this plugin; every other command is none of our business."""
    payload = seen["payload"]
    name = payload.get("command_name")
    if payload.get("expansion_type") != "slash_command" or not isinstance(name, str):
        return None
    if not name.startswith(PLUGIN):
        return None
    try:
        return _carry_out(seen, name[len(PLUGIN) :])
    except words.Unclear as error:
        return _block(str(error))
    except library.Unreadable as error:
        return _block("this tree's workflows cannot be used:\n" + str(error))
    except records.Conflict as error:
        return _block(str(error))
    finally:
        prompts.prompted(seen)


def _carry_out(seen: Seen, command: str) -> dict[str, Any] | None:
    text = seen["payload"].get("command_args")
    given = text.strip() if isinstance(text, str) else ""
    if command in words.STAGES:
        return _enter(seen, command, given)
    if command in words.ENTERED:
        return _start_at(seen, command, given)
    if command in words.WORKFLOWS:
        return _start(seen, words.WORKFLOWS[command], "", given)
    if command == "start":
        name, _, topic = given.partition(" ")
        workflow, _, stage = name.partition(":")
        return _start(seen, workflow, stage, topic.strip())
    if command == "stage":
        stage, _, topic = given.partition(" ")
        return _enter(seen, stage, topic.strip()) if stage else _where(seen)
    if command in words.DECIDING:
        return _decide(seen, command, given)
    return None  # a skill that only speaks


def _enter(seen: Seen, stage: str, topic: str) -> dict[str, Any] | None:
    state = _standing(seen)
    if state is None:
        return _start(seen, "", stage, topic)
    if state["stage"] == stage and not topic:
        return _context(seen, state, [])
    if stage in state["exit"]["next"]:
        if state["exit"]["gate"] == "human" and not state["exit"]["typed_entry"]:
            return _block(
                "stage `" + state["stage"] + "` ends by /approve, then comes `" + stage + "`"
            )
        return _decide(seen, "enter", stage)
    run = "run `" + state["run"] + "` stands in stage `" + state["stage"] + "`"
    follows = " or ".join("`" + name + "`" for name in state["exit"]["next"])
    if not follows:
        return _block(run + ", its last: /approve ends it well, /abandon REASON breaks it off")
    return _block(run + "; next is " + follows + "; /abandon REASON ends it")


def _start_at(seen: Seen, command: str, given: str) -> dict[str, Any] | None:
    """Start a workflow where the first word says; a word that is no entrance is of the topic."""
    state = _standing(seen)
    if state is not None and state["stage"] == command:
        return _context(seen, state, [])
    workflow = words.WORKFLOWS[command]
    first, _, rest = given.partition(" ")
    shelf = library.library(seen["tree"] or _new_tree(seen))
    if first in shelf["policies"][workflow]["enter"]:
        return _start(seen, workflow, first, rest.strip())
    return _start(seen, workflow, words.ENTERED[command], given)


def _start(seen: Seen, workflow: str, stage: str, topic: str) -> dict[str, Any] | None:
    state = _standing(seen)
    if state is not None:
        run = "run `" + state["run"] + "` is live in stage `" + state["stage"] + "`"
        return _block(run + "; finish it, or /abandon REASON ends it")
    tree = seen["tree"] or _new_tree(seen)
    shelf = library.library(tree)
    if not workflow:
        workflow = library.starting_at(shelf["policies"], stage)
        if not workflow:
            why = "no run is live, and no workflow starts at `" + stage + "`"
            return _block(why + "; start with /work, /scope, /design, /explore or /quick")
    if workflow not in shelf["policies"]:
        known = ", ".join(shelf["policies"])
        return _block("there is no workflow `" + workflow + "`; there are: " + known)
    policy = shelf["policies"][workflow]
    if stage and stage not in policy["enter"]:
        known = ", ".join(policy["enter"])
        return _block("`" + workflow + "` is not entered at `" + stage + "`; enter at: " + known)
    outcome = moves.start(
        seen["home"],
        tree,
        policy,
        stage or policy["enter"][0],
        topic,
        shelf["settings"],
        moves.person("typed", seen["session"], tree),
    )
    seen["tree"] = tree
    return _context(seen, outcome["state"], outcome["told"])


def _decide(seen: Seen, command: str, given: str) -> dict[str, Any] | None:
    """Do what only a person may: first the person, then the words, then the move."""
    if not seen["tree"]:
        if command == "off" and given.split(" ", maxsplit=1)[0] in ("prompt", "session"):
            return _say("no run is live here, so nothing was held; the disciplines rest", "")
        return _block(
            "no run is live here; start one with /work, /scope, /design, /explore or /quick"
        )
    source = seen["payload"].get("command_source")
    stranger = human.why_not(seen, source if isinstance(source, str) else "")
    who = moves.person("typed", seen["session"], seen["tree"])
    if stranger:
        return _stranger(seen, who, command, stranger)
    state, tamper = runs.look(seen["home"], seen["tree"])
    if tamper:
        state = _mended(seen, who) if command == "off" else None
        if state is None:
            return _tampered(seen, command, who, given)
    if state is None:
        return _block("the run has ended")
    if command in ("approve", "enter") and "typed" not in state["approval"]["doors"]:
        return _block("this project takes approvals at other doors: see .stagelock/config.yaml")
    if command in ("approve", "enter") and state["approval"]["code"]:
        held = code.ask(seen, state, who, given if command == "approve" else "")
        if held:
            return {"decision": "block", "reason": MARK + held}
        given = "" if command == "approve" else given
    if command == "off":
        from . import pause

        scope, reason = pause.asked(given)
        if scope:
            return _moved(seen, pause.begin(seen, state, who, scope, reason))
    return _moved(seen, words.perform(command, given, seen["home"], seen["tree"], state, who))


def _stranger(seen: Seen, who: Person, command: str, why: str) -> dict[str, Any] | None:
    note(
        seen["tree"],
        {
            "event": "refused",
            "run": "",
            "at": who["at"],
            "session": who["session"],
            "tool": "/" + command,
            "rule": "never/human-door",
            "why": why,
        },
    )
    return _block("/" + command + " needs a person: " + why + " (rule never/human-door)")


def _mended(seen: Seen, who: Person) -> State | None:
    """Put tampered records right, as far as they can be."""
    try:
        moves.repair(seen["home"], seen["tree"], who)
    except LookupError:
        return None
    return runs.look(seen["home"], seen["tree"])[0]


def _tampered(seen: Seen, command: str, who: Person, given: str) -> dict[str, Any] | None:
    """What a person may still do when the records cannot be believed: pause, or end the run."""
    if command == "abandon" and given:
        moves.forget(seen["home"], seen["tree"], who, given)
        return _say("the run's records were not to be trusted; it is ended, the journal stays", "")
    way = "/off REASON, or `stagelock doctor --repair` in a terminal, puts them right"
    if command in ("off", "abandon"):
        way = "/abandon REASON ends the run"
    return _block("the run's records were changed from outside; " + way)


def _moved(seen: Seen, outcome: Outcome) -> dict[str, Any] | None:
    if not outcome["moved"]:
        told = ["the gate stays shut:", *outcome["told"]]
        if any(why.startswith("check `") for why in outcome["told"]):
            told.append("next: `stagelock verify`, or /waive CHECK REASON lets it pass once")
        return _block("\n  ".join(told))
    state = outcome["state"]
    if not state["stage"]:
        return _say("; ".join(outcome["told"]), closing.ask(seen, state))
    return _context(seen, state, outcome["told"])


def _where(seen: Seen) -> dict[str, Any] | None:
    if not seen["tree"]:
        return _block("no run is live here; start one with /work, /fix or /quick")
    state = _standing(seen)
    return _block("the run has ended") if state is None else _context(seen, state, [])


def _standing(seen: Seen) -> State | None:
    """Return where the live run of this tree stands, by its copy where the stage file is bad."""
    if not seen["tree"]:
        return None
    state, tamper = runs.look(seen["home"], seen["tree"])
    if tamper:
        raise words.Unclear(
            "the run's records were changed from outside; /off REASON, or `stagelock doctor "
            "--repair` in a terminal, puts them right"
        )
    return state


def _new_tree(seen: Seen) -> str:
    tree = git.top(seen["cwd"])
    if tree in ("", home.state_home()) or tree == places.roots(tree, seen["home"])["home"]:
        raise words.Unclear("a run needs a project folder; this is `" + (tree or "/") + "`")
    return tree


def _context(seen: Seen, state: State, told: list[str]) -> dict[str, Any]:
    policy = runs.policy_of(seen["home"], seen["tree"], state)
    text = paragraph(state, policy, artifacts.stale(seen["tree"], state))
    return _say("; ".join(told), text)


def _say(told: str, context: str) -> dict[str, Any]:
    reply: dict[str, Any] = {}
    if told:
        reply["systemMessage"] = MARK + told
    body = (MARK + told + ". " if told else "") + context
    reply["hookSpecificOutput"] = {
        "hookEventName": "UserPromptExpansion",
        "additionalContext": body,
    }
    return reply


def _block(why: str) -> dict[str, Any]:
    return {"decision": "block", "reason": MARK + why}
