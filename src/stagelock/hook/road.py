"""The modules of the road packed into one file, since finding twenty costs more than running them.

The import system looks for each module with a dozen system calls; one packed file takes one open
and one read. The file lies beside the interpreter's own caches and is as disposable: it is used
only while size and time of every source are those it was made from, and made again by the first
hook that finds it missing or old.
"""

from __future__ import annotations
import __future__

import marshal
import posix
import sys

from stagelock.store.files import make_folder, replace, slurp

TYPE_CHECKING = False
if TYPE_CHECKING:
    from types import CodeType

PACKAGES = ("stagelock", "stagelock.store", "stagelock.hook", "stagelock.core")
BASE = (
    "stagelock.store.files",
    "stagelock.store.places",
    "stagelock.store.home",
    "stagelock.store.wire",
    "stagelock.hook.packed",
    "stagelock.hook.refusal",
    "stagelock.hook.main",
)
# in an order in which each finds what it imports
TOOL_CALL = (
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
)
SHELL_CALL = (
    "stagelock.core.programs",
    "stagelock.core.scripts",
    "stagelock.core.syntax",
    "stagelock.core.shell",
)

# The packed program: `STAMPS` and `MODULES` come before it, `ROOT` from the entry script.
PROGRAM = """
def _make(name):
    source, is_package, code = MODULES[name]
    module = type(sys)(name)
    module.__file__ = source
    module.__package__ = name if is_package else name.rpartition(".")[0]
    if is_package:
        module.__path__ = [source[:-12]]
    sys.modules[name] = module
    exec(marshal.loads(code), module.__dict__)
    parent, _, child = name.rpartition(".")
    if parent:
        setattr(sys.modules[parent], child, module)

def _fresh():
    for source, time, size in STAMPS:
        seen = posix.stat(source)
        if seen.st_mtime_ns != time or seen.st_size != size:
            return False
    return True

if SOURCE == ROOT and _fresh():
    def _unpack(group):
        for name in GROUPS[group]:
            if name not in sys.modules:
                _make(name)

    sys.packed_road = _unpack
    _unpack("base")
"""


def pack() -> None:
    """Write the packed file; a place that cannot be written costs only time."""
    package = __file__[: -len("hook/road.py")]
    root = package[: -len("src/stagelock/")]
    stamps = []
    modules = {}
    for name in (*PACKAGES, *BASE, *TOOL_CALL, *SHELL_CALL):
        is_package = name in PACKAGES
        path = package + "/".join([*name.split(".")[1:], "__init__" if is_package else ""])
        path = path.rstrip("/") + ".py"
        seen = posix.stat(path)
        stamps.append((path, seen.st_mtime_ns, seen.st_size))
        modules[name] = (path, is_package, marshal.dumps(_code(path)))
    head = {
        "SOURCE": root,
        "STAMPS": stamps,
        "MODULES": modules,
        "GROUPS": {
            "base": (*PACKAGES, *BASE),
            "tool call": TOOL_CALL,
            "shell call": SHELL_CALL,
        },
    }
    program = compile(PROGRAM, "road", "exec", optimize=2)
    packed = marshal.dumps((marshal.dumps(program), head))
    make_folder(root + "hooks/__pycache__")
    replace(root + "hooks/__pycache__/road-" + str(sys.implementation.cache_tag), packed)


def _code(path: str) -> CodeType:
    """Compile a source without its docstrings, and without importing `__future__` at run time."""
    text = slurp(path).decode().replace("from __future__ import annotations", "", 1)
    flags = __future__.annotations.compiler_flag
    # the line is gone, its meaning is in the flag
    code: CodeType = compile(text, path, "exec", flags=flags, dont_inherit=True, optimize=2)
    return code
