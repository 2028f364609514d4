"""What a shell command would do: it only looks, it writes known paths, or why nobody can tell.

`syntax` reads the text, `programs` and `git` say what each program may be given; this module holds
the one against the other. What is not understood is opaque, with the part and the reason.
"""

from __future__ import annotations

from .flags import read_words, where
from .programs import BUILTINS, ENVIRONMENT, LOADED, PROGRAMS, SAME, STARTS, WRAPPED
from .syntax import DECLARING, INPUTS, parse
from .words import ARGUMENT, FOUND, KINDS, Unread, is_number, is_setting

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Literal, TypedDict

    from .syntax import Redirection, Simple
    from .words import Word

    class Write(TypedDict):
        """One path a command would change, and the folder it is told from."""

        path: str
        cwd: str
        base: str  # the name under which it lands there, if the path is a folder
        new: bool  # it is written only where nothing is there yet
        folder: bool  # it is a folder that is made

    class Part(TypedDict):
        """One simple command of the text and what it does."""

        text: str
        effect: str
        reason: str

    class Reading(TypedDict):
        """What a command would do."""

        effect: Literal["read", "run", "vcs", "network", "opaque"]  # the gravest of its effects
        effects: list[str]
        reads: list[str]  # files whose content it prints, as written
        writes: list[Write]
        reason: str  # why it is opaque, "" where it is not
        parts: list[Part]
        programs: list[str]  # what it starts by a bare name
        repositories: list[str]  # folders in which it starts git
        verbs: list[str]  # how it changes version control: `git commit`


# from the lightest to the gravest
EFFECTS = ("read", "run", "vcs", "network", "opaque")
INPUT_KINDS = (*KINDS, FOUND, ARGUMENT)
SINKS = ("/dev/null", "/dev/stdout", "/dev/stderr", "/dev/tty")
TELLS = ("--version", "--help", "-v", "-V", "-VV", "-version", "--client")  # its version, its help
SYSTEM = ("/usr/local/bin/", "/usr/bin/", "/bin/", "/usr/sbin/", "/sbin/")


def read_command(text: str, cwd: str = ".", launcher: str = "") -> Reading:
    """Read a command line that starts in `cwd`; `launcher` is where stagelock's own stands."""
    judge = Judge(launcher)
    try:
        judge.text(text, cwd)
    except (Unread, RecursionError) as error:
        reason = error if isinstance(error, Unread) else "nested too deep"
        return judge.opaque(text, str(reason))
    return judge.reading()


def told(reading: Reading, doubt: str, command: str) -> str:
    """Say what of a command is more than looking, quoting the part that is; "" where none is."""
    saying = {
        "run": "runs the project's own code",
        "vcs": "changes version control",
        "network": "asks the network",
    }
    for part in reading["parts"]:
        if doubt and part["effect"] == "opaque":
            return (
                doubt if part["text"] == command.strip() else "in `" + _short(part) + "`: " + doubt
            )
        if not doubt and part["effect"] in saying:
            return "`" + _short(part) + "` " + saying[part["effect"]]
    return doubt


def _short(part: Part) -> str:
    return part["text"] if len(part["text"]) <= 80 else part["text"][:80] + "..."


def is_taken(name: str) -> bool:
    """Say whether a name means a program, a built-in or a wrapper that is read here."""
    from . import verbs  # likewise

    heads = (name + " ", name)
    tables = (PROGRAMS, BUILTINS, verbs.WRITERS, WRAPPED, verbs.NETWORK, SAME, STARTERS)
    if any(name in table for table in tables) or name in ("git", "stagelock", "awk", "sed"):
        return True
    known = (*verbs.VERBS, *verbs.NETWORK, *verbs.VERSIONED, *verbs.VERSIONS, *verbs.RUNS)
    return any(word == name or word.startswith(heads[0]) for word in known)


def _tells_itself(texts: list[str]) -> bool:
    from .others import tells_itself  # loaded where it is used

    return tells_itself(texts, looks=texts[0] in PROGRAMS)


class Judge:
    """Gathers what the simple commands of one text do, one after another."""

    def __init__(self, launcher: str = "") -> None:
        self.launcher = launcher
        self.effects = ["read"]
        self.reads: list[str] = []
        self.writes: list[Write] = []
        self.made: list[str] = []  # what was copied, moved or linked: it may lead anywhere
        self.parts: list[Part] = []
        self.programs: list[str] = []
        self.repositories: list[str] = []
        self.verbs: list[str] = []
        self.current = ""
        self.place = 0  # where it stands in the text

    def reading(self) -> Reading:
        """Return what was gathered."""
        gravest = max(self.effects, key=EFFECTS.index)
        effect: Literal["read", "run", "vcs", "network", "opaque"] = gravest  # type: ignore[assignment]  # max() of EFFECTS is one of them
        return {
            "effect": effect,
            "effects": self.effects,
            "reads": self.reads,
            "writes": self.writes,
            "reason": "",
            "parts": self.parts,
            "programs": self.programs,
            "repositories": self.repositories,
            "verbs": self.verbs,
        }

    def text(self, text: str, cwd: str) -> None:
        """Judge a text inside the text; raises Unread where it is not understood."""
        for command in parse(text, cwd, is_taken):
            self.command(command)

    def opaque(self, text: str, reason: str) -> Reading:
        """Return what was gathered up to a part that is not understood."""
        part: Part = {"text": self.current or text, "effect": "opaque", "reason": reason}
        found = self.reading()
        found["effect"], found["effects"], found["reason"] = "opaque", ["opaque"], reason
        found["reads"], found["writes"] = [], []
        found["parts"] = [*self.parts, part]
        return found

    def command(self, command: Simple) -> None:
        """Judge one simple command; raises Unread where it is not understood."""
        self.current, self.place = command["raw"], command["at"]
        known = len(self.writes)
        self._environment(command)
        for redirection in command["redirections"]:
            self._redirected(redirection, command["cwd"])
        effect = "read"
        if command["words"]:
            effect = self.simple(command["words"], command["cwd"], command["feed"])
        written = self.writes[known:]
        told = "write " + ", ".join(write["path"] for write in written) if written else effect
        self.parts.append({"text": command["raw"], "effect": told, "reason": ""})
        self.current = ""

    def simple(self, words: list[Word], cwd: str, feed: str = "", *, inner: bool = False) -> str:
        """Judge the words of one command, `inner` where another program starts it."""
        name = self._name(words[0])
        texts = [name, *[word["text"] for word in words[1:]]]
        effect = "read"
        if len(texts) <= 3 and texts[-1] in TELLS and _tells_itself(texts):
            pass
        elif self._is_own(words):
            from .own import read_own  # loaded where it is used

            effect = read_own(self, words, cwd)
        elif name in PROGRAMS:
            self._program(name, words, cwd)
        elif name in BUILTINS and (not inner or name in ("echo", "printf", "test", "[", "pwd")):
            from .built_in import built_in  # likewise

            built_in(name, words)
        elif name in WRAPPED:
            from .wrappers import WRAPPERS  # likewise

            WRAPPERS[name](self, words, cwd, feed)
        elif name == "git":
            effect = self._git(words, cwd)
        else:
            from .others import other  # likewise

            effect = other(self, name, words, cwd)
        if effect not in self.effects:
            self.effects.append(effect)
        return effect

    # --- names -----------------------------------------------------------------------------------

    def _name(self, word: Word) -> str:
        text = word["text"]
        for folder in SYSTEM:
            if text.startswith(folder) and "/" not in text[len(folder) :]:
                return SAME.get(text[len(folder) :], text[len(folder) :])
        if "/" not in text and text not in self.programs:
            self.programs.append(text)
            self.programs += STARTS.get(SAME.get(text, text), ())
        return SAME.get(text, text)

    def _is_own(self, words: list[Word]) -> bool:
        text = words[0]["text"]
        return text == "stagelock" or (bool(self.launcher) and text == self.launcher)

    # --- the world around a command --------------------------------------------------------------

    def _environment(self, command: Simple) -> None:
        words = command["words"]
        name = words[0]["text"] if words else ""
        exports = name == "export" or (
            name in DECLARING and any("x" in w["text"] for w in words[1:] if w["text"][:1] == "-")
        )
        for word in words[1:] if exports else ():
            named, _, given = word["text"].partition("=")
            if not named.startswith("-"):
                self.refuse_loaded(named, given)
        for variable, value in command["assigns"]:
            if exports or (words and name not in DECLARING and name not in BUILTINS):
                self.refuse_unlisted(variable, value["text"])
            elif words and name not in DECLARING and not (variable == "IFS" and name == "read"):
                self.refuse_loaded(variable, value["text"])

    def _redirected(self, redirection: Redirection, cwd: str) -> None:
        op, target = redirection["op"], redirection["target"]
        if op == "<":
            _refuse_network(target)
        if op in INPUTS and op not in ("<>", "<&"):
            return
        if op in (">&", "<&") and (is_number(target) or target["text"] == "-"):
            return
        if target["text"] in SINKS and target["known"]:
            return
        if op == "<&" or (op == ">&" and target["text"][:1] in tuple("0123456789-")):
            raise Unread("`" + op + "` at " + where(target) + " is not read here")
        self.write_word(target, cwd)

    def write_word(self, word: Word, cwd: str, *, folder: bool = False) -> None:
        """Note the path a word names as written; raises Unread where the text does not tell it."""
        if not word["known"] or word["loose"] or word["several"]:
            raise Unread("what is written at " + where(word) + " is not told by the text")
        self.write(word["text"], cwd, folder=folder)

    def write(
        self, path: str, cwd: str, base: str = "", *, new: bool = False, folder: bool = False
    ) -> None:
        """Note one path that is written; raises Unread where it is no file or not known."""
        if path in SINKS:
            return
        if path.startswith(("/dev/", "/proc/", "/sys/")) or not path:
            raise Unread("`" + path + "` is no file to write")
        if cwd.startswith("?") and not path.startswith("/"):
            raise Unread("`" + path + "` is written where the folder is not known")
        full = path if path.startswith("/") else cwd + "/" + path
        if any((full + "/").startswith(made + "/") and full != made for made in self.made):
            raise Unread("`" + path + "` lies below what the same text puts there")
        self.writes.append({"path": path, "cwd": cwd, "base": base, "new": new, "folder": folder})

    @classmethod
    def refuse_unlisted(cls, name: str, value: str) -> None:
        """Refuse a variable that some program may read: only those that are known are let by."""
        cls.refuse_loaded(name, value)
        listed = name in ENVIRONMENT or name.startswith("LC_")
        if not listed and (name.upper() == name or "proxy" in name or "npm" in name):
            raise Unread("`" + name + "=` is not known to change nothing")

    def spelled(self, word: Word, text: str) -> bool:
        """Say whether a word of the current command is spelled just so."""
        start = word["at"] - self.place
        rest = self.current[start:]
        return start >= 0 and rest.startswith(text) and rest[len(text) : len(text) + 1] in " \t"

    @staticmethod
    def refuse_loaded(name: str, value: str) -> None:
        """Refuse a variable that a program may load, run or look somewhere for."""
        if name in ENVIRONMENT or name.startswith("LC_"):
            if name in ("COLUMNS", "LINES") and not value.isdigit():
                raise Unread("`" + name + "=` of what zsh would evaluate")
            if name.endswith("PAGER") and value not in ("", "cat", "less", "more"):
                raise Unread("`" + name + "` names a program")
            return
        if is_setting(name) or any(part in name.upper() for part in LOADED) or name == "_":
            raise Unread("`" + name + "=` changes what programs do")

    @staticmethod
    def below(cwd: str, path: str) -> str:
        """Return a path as it is from where the text starts."""
        return path if path.startswith(("/", "~")) or cwd == "." else cwd + "/" + path

    # --- kinds of programs -----------------------------------------------------------------------

    def _git(self, words: list[Word], cwd: str) -> str:
        from .git import read_git  # likewise

        effect, verb, folder = read_git(words, cwd)
        if verb == "lfs":
            self.programs.append("git-lfs")
        if folder not in self.repositories:
            self.repositories.append(folder)
        if effect == "vcs":
            self.verbs.append("git " + verb)
        return effect

    def _program(self, name: str, words: list[Word], cwd: str) -> None:
        usage = PROGRAMS[name]
        given = read_words(name, words[1:], usage)
        operands = given["operands"]
        if name in UNPACKERS:
            _refuse_unpacking(name, {*given["flags"]})
        if " prints " in " " + usage + " " and not cwd.startswith("?"):
            for word in operands:
                if word["known"]:
                    self.reads.append(self.below(cwd, word["text"]))


# Names that no function may take, beside those in the tables.
STARTERS = ("claude", "sudo", "nohup", "setsid", "stagelock", "git")


def _refuse_network(target: Word) -> None:
    """Refuse what bash would take for an address: it opens `/dev/tcp/HOST/PORT` by itself."""
    text = target["text"]
    unknown = not target["known"] and text.startswith("?") and target["kind"] not in INPUT_KINDS
    if unknown or text.startswith(("/dev/tcp", "/dev/udp", "/dev/?")):
        raise Unread("what is read at " + where(target) + " may be an address")


UNPACKERS = ("tar", "gzip", "bzip2", "xz", "zstd")


def _refuse_unpacking(name: str, flags: set[str]) -> None:
    if name == "tar":
        if flags & {"-x", "--extract"} and not flags & {"-O", "--to-stdout"}:
            raise Unread("`tar -x` writes what it unpacks")
    elif flags & {"-d", "--decompress"} and not flags & {"-c", "--stdout"}:
        raise Unread("`" + name + " -d` writes what it unpacks")  # of several orders the last holds
