"""The agents of a plan's units: what each is sent, which unit it is bound to, what its end means.

A unit knows its agent by the call that sent it, since the client names the agent only later: a
coder is bound when it reads its brief, anyone else when the client tells who answered the call.
"""

from __future__ import annotations

from stagelock.core.agents import standing
from stagelock.core.agents.roles import is_ours, short
from stagelock.core.agents.verdict import SHAPE, pair
from stagelock.core.plan import brief, failures
from stagelock.core.plan.units import APART, attempts, pending, ready
from stagelock.hook import refusal
from stagelock.store import agents, moves, packets, records, runs
from stagelock.store.files import digest, make_folder, replace, slurp
from stagelock.store.home import run_folder
from stagelock.store.plan import unit_files, unit_tree, units
from stagelock.store.repository.private_git import GitFailed
from stagelock.store.tree import TreeUnknown

from . import unit_trees
from .unit_gate import COMMIT, how_to_commit

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from stagelock.core.model import Decision, State
    from stagelock.core.plan.units import Event, Plan, Unit, UnitEntry, UnitState
    from stagelock.hook.seen import Seen
    from stagelock.store.agents import Work
    from stagelock.store.packets import Packet

JUDGE = "stagelock:adversarial-reviewer"
CODER = "stagelock:implementer"
MARK = "unit:"
LONGEST_SUMMARY = 120


def send(
    seen: Seen, state: State, role: str, given: dict[str, Any]
) -> tuple[Decision | None, Packet | None]:
    """Return a refusal, or what an agent that works at a unit is told; neither for any other."""
    name = _named(given)
    if role not in (JUDGE, CODER) and (is_ours(role) or not name):
        return None, None
    plan, now = units.load(seen["home"], seen["tree"], state)
    if name not in now["units"]:
        why = (
            "`"
            + short(role)
            + "` works at a unit; begin its prompt with `unit: "
            + ((ready(plan, now) or [plan["units"][0]["id"]])[0] + "`")
        )
        return _deny(state, "unit-named", why, role), None
    if given.get("resume"):
        return _deny(state, "unit-agent", "every attempt at a unit takes a new agent", role), None
    call = str(seen["payload"].get("tool_use_id"))
    who = moves.witness(seen["session"], seen["tree"])
    try:
        units.settle(seen["home"], seen["tree"], who)
    except TreeUnknown as error:
        return _deny(state, "unit-tree", str(error), role), None
    lacking = "" if role == JUDGE else unit_files.up_to_date(seen["tree"], state, plan, now)
    if lacking:
        return _deny(state, "unit-context", lacking + "; make it writable", role), None
    at, root, tree = now["units"][name], "", ""
    event: Event
    if role != JUDGE:
        root, why = unit_trees.asked(seen, given)
        why = why or unit_trees.before(seen, state, _unit(plan, name), at, root)
        if why:
            return _deny(state, "unit-apart", why, role), None
        event = {"kind": "start", "unit": name, "agent": call, "briefed": True}
        event["tree"] = APART if root else ""
    else:
        diff, tree = _diff(seen, state, plan, name, at["tree"], at["base"])
        event = {"kind": "reviewing", "unit": name, "agent": call, "diff": diff}
        event["prompt"] = str(given.get("prompt", ""))
    entry = units.tell(seen["home"], seen["tree"], who, [event])[-1]
    if entry["event"] == "unit-refused":
        return _deny(state, entry["rule"].replace("/", "-"), entry["why"], role), None
    if role == JUDGE:
        return None, _to_review(seen, state, plan, name, call, tree)
    if not root:
        unit_trees.carry(seen, state, _unit(plan, name), at, "")
    return None, _to_code(seen, plan, name, call, root)


def _named(given: dict[str, Any]) -> str:
    """Return the unit on the first line of the prompt or the description, "" where none is."""
    for field in ("prompt", "description"):
        first = str(given.get(field) or "").strip().partition("\n")[0]
        if first.lower().startswith(MARK):
            return first[len(MARK) :].strip().strip("`*.").upper()
    return ""


def _to_code(seen: Seen, plan: Plan, name: str, call: str, root: str) -> Packet:
    """Write a coder's brief; reading it binds whoever reads it first."""
    home, tree = seen["home"], seen["tree"]
    state, _ = runs.look(home, tree)
    if state is None:
        raise records.Conflict("the run ended")
    now = units.load(home, tree, state)[1]
    text = brief.coder(plan, now, name, unit_files.read(tree, unit_files.CONTEXT))
    path = packets.FOLDER + "/" + name + "-" + digest(call.encode())[:12] + ".md"
    make_folder(tree + "/" + packets.FOLDER)
    work = _given(tree, call, name, path, text.encode("utf-8", "replace"))
    agents.works(home, tree, call, {**work, "root": root})
    place = tree + "/" + path if root else path  # seen from a worktree, it lies elsewhere
    first = "First of all, Read " + place + ": it is this brief, and it binds you to your unit."
    return {"prompt": text + "\n" + first + "\n", "tree": ""}


def _to_review(seen: Seen, state: State, plan: Plan, name: str, call: str, tree_id: str) -> Packet:
    """Write a reviewer's packet: spec, items and diff of its unit, and nothing of before."""
    home, tree = seen["home"], seen["tree"]
    unit, at = _unit(plan, name), units.load(home, tree, state)[1]["units"][name]
    root = at["tree"] or tree
    changes, _ = unit_tree.changed(home, root, state["artifacts_at"], at["base"])
    paths = sorted(unit_tree.within(unit["files"], changes))
    path = packets.FOLDER + "/" + name + "-" + tree_id[:16] + ".diff"
    make_folder(tree + "/" + packets.FOLDER)
    shown = unit_tree.shown(home, root, tree_id, paths, at["base"])
    what = "The diff of the unit is in " + path + " (Read it); it changes " + ", ".join(paths)
    if at["tree"]:
        what += ".\nIts files lie in the worktree " + root + "; read them there"
    text = brief.reviewer(plan, name, what)
    ending = "The form of your instructions holds: " + SHAPE[pair(JUDGE)] + " with `## Evidence`."
    work = _given(tree, call, name, path, shown)
    agents.works(home, tree, call, {**work, "judges": True, "root": at["tree"]})
    return {"prompt": text + "\n" + ending + "\n", "tree": tree_id}


def _given(tree: str, call: str, name: str, path: str, data: bytes) -> Work:
    """Write what an agent of a unit is given to read, and remember what it was."""
    replace(tree + "/" + path, data)
    return {
        "call": call, "unit": name, "judges": False, "agent": "", "brief": path,
        "seal": digest(data), "root": "",
    }  # fmt: skip


def _diff(seen: Seen, state: State, plan: Plan, name: str, root: str, base: str) -> tuple[str, str]:
    """Return the digest of a unit's diff where it is built, and the tree id there."""
    if root == APART:
        return "", ""  # its agent was never seen there
    where = root or seen["tree"]
    changes, now = unit_tree.changed(seen["home"], where, state["artifacts_at"], base)
    return unit_tree.seal(unit_tree.within(_unit(plan, name)["files"], changes)), now


def is_units(seen: Seen, state: State, agent: str, role: str) -> bool:
    """Say whether the end of an agent is a unit's affair, and no role's."""
    if not units.is_live(state):
        return False
    works = agents.read_work(seen["home"], seen["tree"], agent) is not None
    return works or role in (JUDGE, CODER)


def answered(seen: Seen, agent: str) -> None:
    """PostToolUse of Agent: the client tells which agent a call started."""
    home, tree = seen["home"], seen["tree"]
    call = str(seen["payload"].get("tool_use_id"))
    agents.bind(home, tree, agent, agents.work_of_call(home, tree, call))


def ended(seen: Seen, agent: str) -> str:
    """Take what an agent's end means for its unit; returns the line for its parent."""
    home, tree = seen["home"], seen["tree"]
    state, tamper = runs.look(home, tree)
    work, end = agents.read_work(home, tree, agent), agents.read_end(home, tree, agent)
    if state is None or tamper or work is None or end is None or not units.is_live(state):
        return ""
    plan, now = units.load(home, tree, state)
    at = now["units"].get(work["unit"])
    who = moves.witness(seen["session"], tree)
    entries: list[UnitEntry] = []
    if at is not None and at["agent"] == work["call"]:
        if work["judges"] and agents.read_sent(home, tree, agent) is None:
            return ""  # the event that shows what it was told is still to come
        entries = units.tell(home, tree, who, [_event(seen, state, plan, at, work, agent, end)])
        if not work["judges"] and end["own"]:
            unit_files.learned(tree, str(seen["payload"].get("last_assistant_message") or ""))
    try:
        entries += units.settle(home, tree, who)
    except TreeUnknown as error:
        return work["unit"] + " waits: " + str(error)
    return line(seen, work["unit"], entries)


def _event(
    seen: Seen, state: State, plan: Plan, at: UnitState, work: Work, agent: str, end: agents.End
) -> Event:
    name, call = work["unit"], work["call"]
    lost: Event = {"kind": "lost", "unit": name, "agent": call, "why": end["why"]}
    if not end["own"]:
        return lost
    try:
        diff = _diff(seen, state, plan, name, at["tree"], at["base"])[0]
    except TreeUnknown as error:
        return {**lost, "why": "the tree cannot be looked at: " + str(error)}
    if work["judges"]:
        sent = agents.read_sent(seen["home"], seen["tree"], agent)
        spoken = agents.was_spoken_to(seen["home"], seen["tree"], agent)
        if sent is None or not sent["ours"] or spoken:
            return {**lost, "why": "the reviewer was told something else than its packet"}
        if agents.is_forged(seen["tree"], work):
            return {**lost, "why": "the packet " + work["brief"] + " was changed on its way"}
        verdict = "PASS" if end["word"] in standing.OPENS else ""
        verdict = "FAIL" if end["word"] == standing.BLOCKED else verdict
        found: Event = {"kind": "reviewed", "unit": name, "agent": call, "verdict": verdict}
        return {**found, "diff": diff, "why": end["why"]}
    if end["word"] not in standing.OPENS and failures.kind(end["why"]) == failures.EXTERNAL:
        return {**lost, "kind": "external"}
    done: Event = {"kind": "implemented", "unit": name, "agent": call, "status": end["word"]}
    done["what"] = end["why"] or _summary(seen)
    if not diff:
        return {**done, "status": standing.BLOCKED, "why": "nothing in its scope was changed"}
    return {**done, "why": end["word"] + ": " + end["why"]} if end["why"] else done


def _summary(seen: Seen) -> str:
    """Return the first line of what an agent says it did, "" where this event does not tell."""
    text = seen["payload"].get("last_assistant_message")
    came = seen["payload"].get("tool_response")
    if (
        not isinstance(text, str)
        and isinstance(came, dict)
        and isinstance(came.get("content"), list)
    ):
        text = "\n".join(str(b.get("text", "")) for b in came["content"] if isinstance(b, dict))
    for line in str(text or "").split("\n"):
        plain = line.strip().lstrip("#-* ").strip()
        if plain and not plain.startswith(("STATUS", "<")):
            return plain[:LONGEST_SUMMARY]
    return ""


def broke(seen: Seen) -> str:
    """PostToolUseFailure of Agent: whoever was sent for a unit is lost."""
    home, tree = seen["home"], seen["tree"]
    work = agents.work_of_call(home, tree, str(seen["payload"].get("tool_use_id")))
    if work is None:
        return ""
    why = "the agent broke off: " + str(seen["payload"].get("error", ""))[:200]
    event: Event = {"kind": "lost", "unit": work["unit"], "agent": work["call"], "why": why}
    who = moves.witness(seen["session"], tree)
    return line(seen, work["unit"], units.tell(home, tree, who, [event]))


def ran(seen: Seen, error: str | None) -> str:
    """PostToolUse of Bash: a commit may be made, a check may have shown what a unit waits for."""
    home, tree = seen["home"], seen["tree"]
    who = moves.witness(seen["session"], tree)
    given = seen["payload"].get("tool_input")
    words = str(given.get("command", "")).split() if isinstance(given, dict) else []
    is_commit = words[:2] == COMMIT.split() and not seen["payload"].get("agent_id")
    entries: list[UnitEntry] = []
    try:
        if is_commit:
            response = seen["payload"].get("tool_response")
            goes_on = isinstance(response, dict) and response.get("backgroundTaskId")
            why = "" if goes_on else (error or "git made no commit")[:400]
            entries = units.committing(home, tree, who, why)
        entries += units.settle(home, tree, who)
    except (GitFailed, TreeUnknown) as fault:
        return "units wait: " + str(fault)
    return line(seen, "", entries)


def line(seen: Seen, name: str, entries: list[UnitEntry]) -> str:
    """Say what came of it, where the unit stands and what comes next; "" where nothing happened."""
    home, tree = seen["home"], seen["tree"]
    state, _ = runs.look(home, tree)
    if state is None or not units.is_live(state) or not (entries or name):
        return ""
    plan, now = units.load(home, tree, state)
    told = [entry["says"] for entry in entries if entry.get("says")]
    told += [entry["why"] for entry in entries if entry["event"] == "unit-refused"]
    if name and not told:
        at = now["units"][name]
        told = [name + " is in " + at["phase"] + attempts(at)]
    for what in pending(plan, now):
        report = unit_files.checkpoint(tree, plan, now, what)
        told.append("checkpoint " + what + " waits for your human's /approve (" + report + ")")
    coming = ready(plan, now)
    told += ["ready for a coder: " + ", ".join(coming)] if coming else []
    waiting = [n for n, at in now["units"].items() if at["phase"] == "validate"]
    told += ["every check is run now, for " + ", ".join(waiting)] if waiting else []
    commit = how_to_commit(plan, now)
    return "; ".join([*told, commit] if commit else told)


def for_the_person(seen: Seen) -> str:
    """Return what of the plan waits for the person, once for each news; "" where nothing does."""
    home, tree = seen["home"], seen["tree"]
    state, tamper = runs.look(home, tree)
    if state is None or tamper or not units.is_live(state):
        return ""
    told = units.news(home, tree, state)
    memory = run_folder(home, tree) + "/units/told"
    text = "\n".join(told)
    try:
        before = slurp(memory).decode()
    except OSError:
        before = ""
    if text == before:
        return ""
    replace(memory, text.encode("utf-8", "replace"), lasting=False)
    return "\n".join(refusal.MARK + line for line in told if line not in before.split("\n"))


def _unit(plan: Plan, name: str) -> Unit:
    return next(unit for unit in plan["units"] if unit["id"] == name)


def _deny(state: State, rule: str, because: str, role: str) -> Decision:
    return {
        "allow": False,
        "rule": state["stage"] + "/" + rule,
        "because": because,
        "kind": "dispatch",
        "target": role,
    }
