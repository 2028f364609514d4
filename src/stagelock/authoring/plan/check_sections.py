"""Does each section beside the units say what it must?"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from stagelock.authoring.source import suggestion
from stagelock.core.plan.scopes import covered

from . import document, words
from .model import credentials

if TYPE_CHECKING:
    from .judge import Judge
    from .model import Endpoint, Text

_ENDPOINT_FORMS = {
    "request body": "write `{ title: string }` or `none`",
    "success": "write `201 Created` -> `{ id, title }`",
    "errors": "write `400` `{ error }` (when), and so for each code",
    "client to server": "list each message and its fields",
    "server to client": "list each message and its fields",
    "protocol": "say heartbeat, reconnection and acknowledgement",
}
_FLOW_FORMS = {
    "trigger": "say what the person does",
    "steps": "say what happens, in order",
    "outcome": "say what the person sees in the end",
    "states": "say what empty, loading and error look like",
}
_SERVICE_FORMS = {
    "credentials": "name the environment variables, or `none`",
    "obtain": "say where a person gets them",
    "without them": "say what happens where they are missing",
}


def sections_hold(judge: Judge, text: str) -> None:
    """Note what is wrong with the sections."""
    for endpoint in judge.plan.endpoints:
        _endpoint(judge, endpoint)
    _endpoints_elsewhere(judge)
    _security(judge)
    _flows(judge, text)
    _services(judge)
    _pauses(judge)
    _answers(judge)


def _endpoint(judge: Judge, endpoint: Endpoint) -> None:
    needed = words.SOCKET_FIELDS if endpoint.method == "WS" else words.ENDPOINT_FIELDS
    for name in needed:
        said = endpoint.fields.get(name)
        if said is None or words.is_empty(said.text):
            line = said.line if said else endpoint.line
            shown = " ".join(word.capitalize() for word in name.split())
            judge.wrong(line, endpoint.name, f"no `{shown}`; {_ENDPOINT_FORMS[name]}")
            continue
        why = _lacks(name, said.text)
        if why:
            judge.wrong(said.line, endpoint.name, f"{why}; {_ENDPOINT_FORMS[name]}")


def _lacks(field_name: str, text: str) -> str:
    """Say what an endpoint's field lacks, "" where nothing."""
    if field_name == "request body":
        has_schema = "{" in text or "[" in text or "`" in text
        return "" if has_schema or words.is_none(text) else "`Request Body` has no schema"
    codes = [int(code) for code in re.findall(r"\b([1-5]\d\d)\b", text)]
    if field_name == "success":
        if not any(200 <= code < 400 for code in codes):
            return "`Success` has no code"
        is_bare = any(code in (204, 304) for code in codes)
        has_body = "->" in text or "{" in text or "no body" in text.lower()
        return "" if has_body or is_bare else "`Success` does not say what comes back"
    if field_name == "errors":
        if words.is_none(text):
            return "`Errors` has no code"
        if not any(code >= 400 for code in codes):
            return "`Errors` has no code"
        return "" if "{" in text or "no body" in text.lower() else "`Errors` has no shape"
    if field_name == "protocol":
        missing = [w for w in ("heartbeat", "reconnect", "ack") if w not in text.lower()]
        return f"`Protocol` does not speak of {', '.join(missing)}" if missing else ""
    return ""


def _endpoints_elsewhere(judge: Judge) -> None:
    known = {endpoint.name for endpoint in judge.plan.endpoints}
    # a unit that talks to an external service may name that service's endpoints
    for unit in [unit for unit in judge.plan.units if not unit.services]:
        for text in ([unit.spec] if unit.spec else []) + unit.done + unit.provides:
            for method, path in words.ENDPOINT.findall(text.text):
                name = f"{method} {path.rstrip('.')}"
                if name not in known:
                    told = f"`{name}` has no entry in `{words.API}`{suggestion(name, known)}"
                    judge.wrong(text.line, unit.id, told)
                    known.add(name)


def _security(judge: Judge) -> None:
    line = judge.plan.sections.get(words.SECURITY)
    is_moot = not judge.plan.endpoints and not judge.plan.services
    if line is None or (is_moot and judge.says_none(words.SECURITY)):
        return
    for name in words.SECURITY_FIELDS:
        said = judge.plan.security.get(name)
        if said is None or words.is_empty(said.text):
            told = f"no `{name.capitalize()}`; say it, or `none` and why"
            judge.wrong(said.line if said else line, words.SECURITY, told)
    said = judge.plan.security.get("input validation")
    for endpoint in judge.plan.endpoints:
        body = endpoint.fields.get("request body")
        takes = endpoint.method == "WS" or (body and not words.is_none(body.text))
        if said and takes and endpoint.name not in said.text.replace("`", ""):
            told = f"`Input validation` does not name `{endpoint.name}`; give schema and size"
            judge.wrong(said.line, words.SECURITY, told)


def _flows(judge: Judge, text: str) -> None:
    line = judge.plan.sections.get(words.FLOWS)
    if judge.ui and line is None:
        told = f"{judge.ui[0].id} is seen by people; add `## {words.FLOWS}`"
        judge.wrong(1, words.FLOWS, f"the section is missing and {told}")
    if line is None:
        return
    if judge.ui and not judge.plan.flows:
        told = "there is no flow; write one as `### what a person does`"
        judge.wrong(line, words.FLOWS, told)
    for flow in judge.plan.flows:
        for name in words.FLOW_FIELDS:
            said = flow.fields.get(name)
            if said is None or words.is_empty(said.text):
                told = f"no `{name.capitalize()}`; {_FLOW_FORMS[name]}"
                judge.wrong(said.line if said else flow.line, flow.name, told)
        states = flow.fields.get("states")
        missing = [s for s in words.STATES if states and s not in states.text.lower()]
        if states and missing:
            told = f"`States` does not say {', '.join(missing)}; {_FLOW_FORMS['states']}"
            judge.wrong(states.line, flow.name, told)
    if judge.plan.flows and not _has_wireframe(text):
        told = "there is no wireframe; draw each screen in indented or fenced text"
        judge.wrong(line, words.FLOWS, told)


def _has_wireframe(text: str) -> bool:
    for part in document.read(text).every():
        if part.title.lower() in (words.FLOWS.lower(), *words.SECTIONS[words.FLOWS]):
            lines = [line.text for line in part.words()]
            return any(line.startswith(("    ", "```", "~~~")) for line in lines if line.strip())
    return False


def _services(judge: Judge) -> None:
    for service in judge.plan.services:
        for name in words.SERVICE_FIELDS:
            said = service.fields.get(name)
            if said is None or words.is_empty(said.text):
                told = f"no `{name.capitalize()}`; {_SERVICE_FORMS[name]}"
                judge.wrong(said.line if said else service.line, service.name, told)
        said = service.fields.get("credentials")
        names = credentials(service)
        if said and not names and not words.is_none(said.text):
            told = "`Credentials` names no environment variable"
            judge.wrong(said.line, service.name, f"{told}; {_SERVICE_FORMS['credentials']}")
        _env_example(judge, service.name, said, names)


def _env_example(judge: Judge, service: str, said: Text | None, names: list[str]) -> None:
    makes_one = any(covered(unit.globs(), ".env.example") for unit in judge.plan.units)
    if judge.around.env_example is None or makes_one or not said:
        return
    for name in names:
        if not re.search(rf"^\s*#?\s*{name}\s*=", judge.around.env_example, re.MULTILINE):
            told = f"`.env.example` lacks `{name}`; add it, or let a unit write that file"
            judge.wrong(said.line, service, told)


def _pauses(judge: Judge) -> None:
    named = {(pause.moment, pause.unit) for pause in judge.plan.pauses}
    for pause in judge.plan.pauses:
        unit = judge.by_id.get(pause.unit)
        if unit is None:
            near = suggestion(pause.unit, judge.by_id)
            judge.wrong(pause.line, words.PAUSES, f"`{pause.unit}` is no unit{near}")
        elif pause.moment not in (unit.checkpoints or []):
            told = f"{unit.id} has no checkpoint {pause.moment} it; say so in its `Checkpoint`"
            judge.wrong(pause.line, words.PAUSES, told)
        if not pause.look:
            told = "does not say what is looked at; say what the person decides on"
            judge.wrong(pause.line, words.PAUSES, told)
    for unit in judge.plan.units:
        for moment in unit.checkpoints or []:
            if (moment, unit.id) not in named:
                told = f"`{words.PAUSES}` does not say what is looked at"
                end = f"add `- **{moment.capitalize()} {unit.id}**: ...`"
                judge.wrong(unit.where("checkpoint"), unit.id, f"{told}; {end}")


def _answers(judge: Judge) -> None:
    line = judge.plan.sections.get(words.PREFLIGHT)
    if line is None:
        return
    given = {answer.question for answer in judge.plan.answers}
    for name, (when, question) in words.QUESTIONS.items():
        if name not in given and (when != "ui" or judge.ui):
            told = f"`{name}` is not answered: {question}"
            end = f"write `- **{name}**: yes, because ...`"
            judge.wrong(line, words.PREFLIGHT, f"{told} {end}")
    for answer in judge.plan.answers:
        told = ""
        if answer.answer not in words.ANSWERS:
            told = "must begin with yes, no or n/a"
        elif answer.answer == "no":
            told = "is answered no; mend the plan, or answer n/a and say why it does not apply"
        elif len(answer.reason.split()) < 2 or words.is_empty(answer.reason):
            told = "has no reason; say what shows it"
        if told:
            judge.wrong(answer.line, words.PREFLIGHT, f"`{answer.question}` {told}")
