"""The modules of the road packed into files, since finding twenty costs more than running them.

The import system looks for each module with a dozen system calls; a packed file takes one open and
one read: one for every hook, one for each kind of event that is frequent. They lie beside the
interpreter's own caches and are as disposable: they are used only while size and time of every
source are those they were made from, and made again by the first hook that finds one old.
"""

from __future__ import annotations
import __future__

import marshal
import posix
import sys

from stagelock.store.files import exists, make_folder, replace, slurp

TYPE_CHECKING = False
if TYPE_CHECKING:
    from types import CodeType
    from typing import Any

PACKAGES = (
    "stagelock",
    "stagelock.store",
    "stagelock.hook",
    "stagelock.core",
    "stagelock.core.shell",
)
BASE = (
    "stagelock.store.files",
    "stagelock.store.places",
    "stagelock.store.home",
    "stagelock.store.heartbeat",
    "stagelock.store.wire",
    "stagelock.hook.packed",
    "stagelock.hook.main",
    "stagelock.hook.start",
)
# What is packed together, in an order in which it finds what it imports; a module that an
# earlier group brought is left as it is
GROUPS = {
    "tool": (
        "stagelock.core.globs",
        "stagelock.core.protected",
        "stagelock.core.tools",
        "stagelock.core.decide",
        "stagelock.store.clock",
        "stagelock.store.journal",
        "stagelock.store.artifacts",
        "stagelock.store.runs",
        "stagelock.hook.call",
        "stagelock.hook.pre_tool_use",
    ),
    "shell": (
        "stagelock.core.shell.words",
        "stagelock.core.shell.syntax",
        "stagelock.core.shell.documents",
        "stagelock.core.shell.flags",
        "stagelock.core.shell.programs",
        "stagelock.core.shell.reading",
        "stagelock.store.surroundings",
        "stagelock.hook.command",
    ),
    "git": ("stagelock.core.shell.git",),
    "built-in": ("stagelock.core.shell.built_in",),
    "arithmetic": ("stagelock.core.shell.arithmetic",),
    "compound": ("stagelock.core.shell.arithmetic", "stagelock.core.shell.compound"),
    "following": ("stagelock.core.shell.following",),
    "refused": ("stagelock.hook.refusal",),
    "outputs": ("stagelock.core.shell.outputs",),
    "expansions": ("stagelock.core.shell.expansions",),
    # for a command that starts others
    "starting": (
        "stagelock.core.shell.scripts",
        "stagelock.core.shell.wrappers",
    ),
    "others": ("stagelock.core.shell.verbs", "stagelock.core.shell.others"),
    # for a command that does more than look
    "unread": (
        "stagelock.core.shell.tripwires",
        "stagelock.core.shell.bypasses",
        "stagelock.core.shell.vcs_words",
    ),
    "agent": (
        "stagelock.core.agents.roles",
        "stagelock.core.agents.standing",
        "stagelock.store.agents",
        "stagelock.store.models",
        "stagelock.hook.refusal",
        "stagelock.hook.sending",
    ),
    "end": (
        "stagelock.core.tools",
        "stagelock.core.agents.roles",
        "stagelock.core.agents.standing",
        "stagelock.core.documents.markdown",
        "stagelock.core.agents.status",
        "stagelock.core.entry",
        "stagelock.core.agents.heard",
        "stagelock.store.clock",
        "stagelock.store.journal",
        "stagelock.store.runs",
        "stagelock.store.records",
        "stagelock.store.agents",
        "stagelock.store.repository.git",
        "stagelock.store.people",
        "stagelock.store.reports",
        "stagelock.hook.refusal",
        "stagelock.hook.ending",
        "stagelock.hook.subagent_stop",
    ),
    "prompt": (
        "stagelock.store.clock",
        "stagelock.store.journal",
        "stagelock.store.artifacts",
        "stagelock.store.runs",
        "stagelock.store.repository.git",
        "stagelock.hook.refusal",
        "stagelock.hook.prompts",
        "stagelock.hook.title",
        "stagelock.hook.user_prompt_submit",
        "stagelock.hook.nudge",
    ),
    # where an artifact is owed, and where a change is held against what was asked for
    "artifact": (
        "stagelock.core.documents.markdown",
        "stagelock.core.documents.implementation",
        "stagelock.core.documents.artifact",
    ),
    # the other events, and what they need beside where something is owed
    "post": (
        "stagelock.hook.calls",
        "stagelock.hook.refusal",
        "stagelock.store.journal",
        "stagelock.store.runs",
        "stagelock.hook.post_tool_use",
    ),
    "near": ("stagelock.hook.near",),
    "stop": (
        "stagelock.hook.refusal",
        "stagelock.store.artifacts",
        "stagelock.store.journal",
        "stagelock.store.runs",
        "stagelock.store.records",
        "stagelock.hook.stop",
    ),
    "session": (
        "stagelock.hook.refusal",
        "stagelock.store.artifacts",
        "stagelock.store.clock",
        "stagelock.store.journal",
        "stagelock.store.repository.git",
        "stagelock.store.runs",
        "stagelock.hook.nudge",
        "stagelock.core.globs",
        "stagelock.core.protected",
        "stagelock.core.tools",
        "stagelock.core.decide",
        "stagelock.core.taint",
        "stagelock.hook.brief",
        "stagelock.core.entry",
        "stagelock.core.fix.tripwires",
        "stagelock.store.library",
        "stagelock.hook.paragraph",
        "stagelock.hook.prompts",
        "stagelock.hook.title",
        "stagelock.hook.session_start",
    ),
    "reminder": (
        "stagelock.core.tools",
        "stagelock.core.agents.roles",
        "stagelock.core.agents.standing",
        "stagelock.core.documents.markdown",
        "stagelock.core.agents.status",
        "stagelock.core.evidence",
        "stagelock.store.clock",
        "stagelock.core.entry",
        "stagelock.core.globs",
        "stagelock.core.fix.test_files",
        "stagelock.core.permits",
        "stagelock.core.fix.hypothesis",
        "stagelock.core.protected",
        "stagelock.core.decide",
        "stagelock.core.taint",
        "stagelock.core.step",
        "stagelock.core.documents.intent",
        "stagelock.store.intent",
        "stagelock.store.evidence",
        "stagelock.hook.reminder",
    ),
    "nudge": (
        "stagelock.store.clock",
        "stagelock.store.repository.git",
        "stagelock.hook.nudge",
    ),
    "looks": ("stagelock.core.taint",),
    "evidence": ("stagelock.core.evidence",),
    "roles": ("stagelock.core.agents.roles",),
    # where a plan of units is carried out
    "plan": (
        "stagelock.core.evidence",
        "stagelock.core.plan.commits",
        "stagelock.core.plan.scopes",
        "stagelock.core.plan.unit_guards",
        "stagelock.core.plan.failures",
        "stagelock.core.plan.unit_moves",
        "stagelock.core.plan.units",
        "stagelock.store.agents",
        "stagelock.core.agents.roles",
        "stagelock.core.agents.standing",
        "stagelock.core.entry",
        "stagelock.core.fix.test_files",
        "stagelock.core.permits",
        "stagelock.core.fix.hypothesis",
        "stagelock.core.fix.tripwires",
        "stagelock.core.step",
        "stagelock.core.documents.intent",
        "stagelock.store.intent",
        "stagelock.store.records",
        "stagelock.store.evidence",
        "stagelock.store.repository.git",
        "stagelock.store.people",
        "stagelock.core.plan.context",
        "stagelock.core.plan.reports",
        "stagelock.store.plan.secrets",
        "stagelock.store.plan.unit_files",
        "stagelock.store.repository.private_git",
        "stagelock.store.tree",
        "stagelock.store.plan.as_git",
        "stagelock.store.plan.unit_tree",
        "stagelock.store.plan.units",
        "stagelock.core.steps",
        "stagelock.store.steps",
        "stagelock.store.moves",
        "stagelock.hook.plan.unit_trees",
        "stagelock.core.documents.markdown",
        "stagelock.core.agents.status",
        "stagelock.core.agents.verdict",
        "stagelock.core.documents.implementation",
        "stagelock.core.documents.artifact",
        "stagelock.store.packets",
        "stagelock.hook.plan.unit_gate",
    ),
    # where the run changes
    "records": ("stagelock.store.records",),
    "intent": ("stagelock.core.documents.intent", "stagelock.store.intent"),
}

# Groups that are no part of every answer of their kind: loaded at the first import of a module.
LATER = (
    "near",
    "nudge",
    "reminder",
    "looks",
    "evidence",
    "roles",
    "plan",
    "records",
    "artifact",
    "intent",
    "refused",
    "outputs",
    "git",
    "built-in",
    "arithmetic",
    "compound",
    "following",
    "expansions",
    "starting",
    "others",
    "unread",
)

# what such a group is asked for by, where that is not its last module
ASKED = {
    "plan": ("stagelock.hook.plan.unit_trees", "stagelock.hook.plan.unit_gate"),
    "unread": GROUPS["unread"],
}

# The packed program: runs inside the entry script, whose names (ROOT, PACK, `_base`) it uses.
PROGRAM = """
import marshal

def _take(packed):
    source, stamps, modules = packed
    if source != ROOT:
        return False
    for path, time, size in stamps:
        seen = posix.stat(path)
        if seen.st_mtime_ns != time or seen.st_size != size:
            return False
    modules = [module for module in modules if module[0] not in sys.modules]
    try:
        _make(modules)
    except BaseException:
        for name, _, _, _ in modules:
            sys.modules.pop(name, None)
        raise
    return True

def _make(modules):
    for name, path, is_package, code in modules:
        module = type(sys)(name)
        module.__file__ = path
        parent, _, child = name.rpartition(".")
        module.__package__ = name if is_package else parent
        if is_package:
            module.__path__ = [path[:-12]]
        sys.modules[name] = module
        exec(code, module.__dict__)
        if parent:
            setattr(sys.modules[parent], child, module)

def _unpack(group):
    try:
        fd = posix.open(PACK + group, 0)
        fresh = _take(marshal.loads(posix.read(fd, posix.fstat(fd).st_size)))
        posix.close(fd)
    except Exception:
        fresh = False
    if not fresh:
        sys.packed_road = None

def _scanner(folder, path):
    if folder in sys.path:
        spec = type(sys.implementation)(name="_json", origin=path)
        made = _imp.create_dynamic(spec)
        _imp.exec_dynamic(made)
        sys.modules["_json"] = made

class _Later:
    def find_spec(name, path=None, target=None):
        if name in LATER:
            _unpack(LATER[name])
            if name in sys.modules:
                return sys.modules["_frozen_importlib"].ModuleSpec(name, _Later)

    def create_module(spec):
        return sys.modules[spec.name]

    def exec_module(module):
        pass

if _take(_base[:3]):
    sys.packed_road = _unpack
    LATER = _base[4]
    sys.meta_path.insert(0, _Later)
    if _base[3]:
        import _imp
        _scanner(*_base[3])
"""


def pack() -> None:
    """Write the packed files; a place that cannot be written costs only time."""
    package = __file__[: -len("hook/road.py")]
    root = package[: -len("src/stagelock/")]
    folder = root + "hooks/__pycache__"
    if not posix.access(root + "hooks", posix.W_OK):
        return  # compiling on every call, for nothing, would cost more than it saves
    make_folder(folder)
    tag = folder + "/" + str(sys.implementation.cache_tag) + "."
    program = compile(PROGRAM, "road", "exec", optimize=2)
    found = _packed(root, package, (*PACKAGES, *BASE))
    base = (program, (*found, _scanner(), _later()))
    for group, names in GROUPS.items():
        replace(tag + group, marshal.dumps(_packed(root, package, names)))
    replace(tag + "base", marshal.dumps(base))


def _later() -> dict[str, str]:
    """Which group comes with the first import of a module: what is asked of it, mostly its last."""
    asked = [(name, g) for g in LATER for name in ASKED.get(g, GROUPS[g][-1:])]
    found = {name.rpartition(".")[0]: group for name, group in asked}  # its package comes first
    return {**{name: g for name, g in found.items() if name not in PACKAGES}, **dict(asked)}


def _scanner() -> tuple[str, ...]:
    """Where this interpreter keeps `_json`; to look for it costs twice what it takes to load it."""
    try:
        import _json
    except ImportError:
        return ()
    path = str(getattr(_json, "__file__", ""))  # where it is built in, there is none
    return (path.rpartition("/")[0], path) if path else ()


def _packed(
    root: str, package: str, names: tuple[str, ...]
) -> tuple[str, list[tuple[str, int, int]], list[tuple[str, str, bool, CodeType]]]:
    stamps = []
    modules = []
    for name in _with_parents(names):
        path = package + "/".join(name.split(".")[1:])
        is_package = exists(path + "/__init__.py")
        path = path.rstrip("/") + ("/__init__.py" if is_package else ".py")
        seen = posix.stat(path)
        stamps.append((path, seen.st_mtime_ns, seen.st_size))
        modules.append((name, path, is_package, _code(path)))
    return root, stamps, modules


def _with_parents(names: tuple[str, ...]) -> list[str]:
    """Put the package of each module before it, where it is not one that every hook loads."""
    found: list[str] = []
    for name in names:
        parent = name.rpartition(".")[0]
        found += [parent] if parent not in (*found, *PACKAGES, "") else []
        found.append(name)
    return found


def _code(path: str) -> CodeType:
    """Compile a source without what only people and the type checker read."""
    import ast  # dear, and only when a source changed

    tree = ast.parse(slurp(path).decode())
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef):
            node.returns = None
            for argument in node.args.args + node.args.kwonlyargs:
                argument.annotation = None
    tree.body = [node for node in tree.body if getattr(node, "module", "") != "__future__"]
    flags = __future__.annotations.compiler_flag
    return _bare(compile(tree, path, "exec", flags=flags, dont_inherit=True, optimize=2))


def _bare(code: CodeType) -> CodeType:
    """Drop the line tables, a third of the size: no traceback of a hook is ever shown."""
    lines = "co_linetable" if hasattr(code, "co_linetable") else "co_lnotab"
    inner = tuple(_bare(c) if hasattr(c, "co_code") else c for c in code.co_consts)
    changed: dict[str, Any] = {"co_consts": inner, lines: b""}
    if hasattr(code, "co_qualname"):
        changed["co_qualname"] = code.co_name
    return code.replace(**changed)
