"""What a shell command would do: it only looks, it writes known paths, or why nobody can tell.

`syntax` reads the text, `programs` and `git` say what each program may be given; this module holds
the one against the other. What is not understood is opaque, with the part and the reason.
"""

from __future__ import annotations

from .flags import read_words, where
from .programs import (
    BUILTINS,
    CHOOSERS,
    ENVIRONMENT,
    LOADED,
    LONG,
    LONG_VALUE,
    NETWORK,
    OPTIONS,
    PROGRAMS,
    RUN_ATTACHED,
    RUN_FLAGS,
    RUN_VALUES,
    RUNS,
    SAME,
    STARTS,
    VERBS,
    VERSIONED,
    VERSIONS,
    WRAPPED,
    WRITERS,
)
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
UNARY = ("-d", "-e", "-f", "-h", "-L", "-n", "-r", "-s", "-w", "-x", "-z", "-t", "-p", "-S", "-O")
BINARY = ("=", "!=", "==", "-eq", "-ne", "-lt", "-le", "-gt", "-ge", "-nt", "-ot", "-ef", "<", ">")
RUNNERS = frozenset(form.partition(" ")[0] for form in RUNS)
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
    heads = (name + " ", name)
    tables = (PROGRAMS, BUILTINS, WRITERS, WRAPPED, NETWORK, SAME, STARTERS)
    if any(name in table for table in tables) or name in ("git", "stagelock", "awk", "sed"):
        return True
    known = (*VERBS, *NETWORK, *VERSIONED, *VERSIONS, *RUNS)
    return any(word == name or word.startswith(heads[0]) for word in known)


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
        if len(texts) <= 3 and (" ".join(texts) in VERSIONS or _tells_itself(texts)):
            pass
        elif self._is_own(words):
            effect = self._own(words, cwd)
        elif _runs(words, texts):
            effect = "run"
        elif name in WRAPPED:
            from .wrappers import WRAPPERS  # loaded for those that are used

            WRAPPERS[name](self, words, cwd, feed)
        elif name == "git":
            effect = self._git(words, cwd)
        elif name in WRITERS:
            self._writer(name, words[1:], cwd)
        elif name in BUILTINS and (not inner or name in ("echo", "printf", "test", "[", "pwd")):
            _builtin(name, words)
        elif name in PROGRAMS:
            self._program(name, words, cwd)
        else:
            effect = self._by_verb(name, words)
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

    def _own(self, words: list[Word], cwd: str) -> str:
        """Read what stagelock's own command line is asked: to look, or to run in its box."""
        texts = [word["text"] for word in words[1:]]
        if any(not word["known"] or word["loose"] for word in words):
            raise Unread("`stagelock` with a word that the text does not tell")
        if texts[:1] == ["ro"]:
            rest = texts[1:]
            while rest[:1] == ["--write"] and len(rest) > 1:
                self.write(rest[1].rstrip("/") + "/any/any", cwd)
                rest = rest[2:]
            if len(rest) == 2 and rest[0] == "--":
                return "read"
            raise Unread("the box is read only as `stagelock ro -- '...'`")
        if texts[:1] == ["verify"] or texts == ["replay"]:
            return "run"
        if texts and texts[0] in OWN_READS:
            read_words("stagelock " + texts[0], words[2:], OWN_READS[texts[0]])
            return "read"
        raise Unread("`stagelock " + " ".join(texts[:1]) + "` is not read here")

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
        marks = usage.split()
        given = read_words(name, words[1:], usage)
        operands = given["operands"]
        for word in operands if any(mark in marks for mark in ON_OPERANDS) else ():
            _refuse_operand(name, word, marks)
        if "local" in marks and any(":" in value["text"] for value in given["values"].values()):
            raise Unread("`" + name + "` of another machine is not read here")
        flags = {*given["flags"]}
        if name == "tar" and flags & {"-x", "--extract"} and not flags & {"-O", "--to-stdout"}:
            raise Unread("`tar -x` writes what it unpacks")
        if name in PACKERS and flags & {"-d", "--decompress"} and not flags & {"-c", "--stdout"}:
            raise Unread("`" + name + " -d` writes what it unpacks")
        if "prints" in marks and not cwd.startswith("?"):
            for word in operands:
                if word["known"]:
                    self.reads.append(self.below(cwd, word["text"]))

    def _by_verb(self, name: str, words: list[Word]) -> str:
        texts = [name, *[word["text"] for word in words[1:]]]
        for size in (3, 2, 1):
            verb = " ".join(texts[:size])
            told = all(word["known"] and not word["loose"] for word in words[:size])
            if len(texts) >= size and told:
                if VERBS.get(verb) == "long":
                    _long_flags(verb, words[size:])
                    return "read"
                if verb in VERBS:
                    read_words(verb, words[size:], VERBS[verb])
                    return "read"
                if verb in NETWORK:
                    return _network(verb, words[size:])
        raise Unread("`" + name + "` is not known to only look")

    # --- programs that write where they are told -------------------------------------------------

    def _writer(self, name: str, words: list[Word], cwd: str) -> None:
        given = read_words(name, words, WRITERS[name])
        operands = given["operands"]
        if name == "dd":
            self._dd(operands, cwd)
            return
        if not operands and name != "tee":
            raise Unread("`" + name + "` without an operand")
        if name in ("cp", "mv", "ln"):
            folder = given["values"].get("-t") or given["values"].get("--target-directory")
            self._to(name, operands, folder, cwd, given["flags"])
            return
        for word in operands:
            self.write_word(word, cwd, folder=name == "mkdir")

    def _to(
        self, name: str, operands: list[Word], folder: Word | None, cwd: str, given_flags: list[str]
    ) -> None:
        """Note what copying, moving or linking writes: a renaming is two writes."""
        symbolic = "-s" in given_flags or "--symbolic" in given_flags
        sources = operands if folder else operands[:-1]
        target = folder or operands[-1]
        if not sources:
            raise Unread("`" + name + "` in this form is not read here")
        if not target["known"] or target["loose"] or target["several"]:
            raise Unread("what is written at " + where(target) + " is not told by the text")
        into = bool(folder) or len(sources) > 1 or target["text"].endswith("/")
        for word in sources:
            if not word["known"] or word["loose"] or word["several"]:
                raise Unread("what is written at " + where(word) + " is not told by the text")
            base = word["text"].rstrip("/").rpartition("/")[2]
            landed = target["text"].rstrip("/") + "/" + base
            itself = into or any(flag in given_flags for flag in AS_IT_IS)
            self.write(landed if into else target["text"], cwd, "" if itself else base)
            made = landed if into else target["text"]
            self.made.append(made if made.startswith("/") else cwd + "/" + made)
            if name == "mv" or (name == "ln" and not symbolic):
                self.write(word["text"], cwd)
            if name == "ln" and symbolic:
                above = "" if word["text"].startswith("/") else target["text"].rpartition("/")[0]
                self.write((above + "/" if above else "") + word["text"], cwd)

    def _dd(self, operands: list[Word], cwd: str) -> None:
        for word in operands:
            key, mark, value = word["text"].partition("=")
            if not mark or not word["known"]:
                raise Unread("this `dd` is not read here")
            if key == "of":
                self.write_word({**word, "text": value}, cwd)


# Names that no function may take, beside those in the tables.
STARTERS = ("claude", "sudo", "nohup", "setsid", "stagelock", "git")
# flags by which a target that is a folder, or leads to one, is replaced itself
AS_IT_IS = ("-T", "-n", "--no-target-directory", "--no-dereference")
# what stagelock's own command line only shows, in the marks of `flags`
OWN_READS = {
    "status": "--json",
    "log": "-n: --json --event: --stage: --since: --rule: --agent:",
    "why": "--json",
    "explain": "--json",
    "doctor": "most=0",
    "graph": "--svg",
    "test": "",
    "--help": "most=0",
    "--version": "most=0",
}


def _refuse_network(target: Word) -> None:
    """Refuse what bash would take for an address: it opens `/dev/tcp/HOST/PORT` by itself."""
    text = target["text"]
    unknown = not target["known"] and text.startswith("?") and target["kind"] not in INPUT_KINDS
    if unknown or text.startswith(("/dev/tcp", "/dev/udp", "/dev/?")):
        raise Unread("what is read at " + where(target) + " may be an address")


def _tells_itself(texts: list[str]) -> bool:
    name = texts[0]
    known = name in VERSIONED or name in PROGRAMS
    return len(texts) == 2 and texts[1] in ("--version", "--help") and known


def _runs(words: list[Word], texts: list[str]) -> bool:
    """Say whether a command runs the project's own checks, as they are, and nothing else.

    Only plain flags that choose and show are let through: others name files, plugins or code.
    """
    if texts[0] not in RUNNERS:
        return False
    text = " ".join(texts) + " "
    form = max((form for form in RUNS if text.startswith(form + " ")), key=len, default="")
    if not form or any(not word["known"] or word["loose"] for word in words):
        return False
    takes_value = False
    for word in texts[len(form.split()) :]:
        if takes_value:
            takes_value = False
        elif word in RUN_VALUES:
            takes_value = True
        elif word.startswith("-"):
            if word not in RUN_FLAGS and not word.startswith(RUN_ATTACHED):
                return False
        elif form not in CHOOSERS:
            return False
    return not takes_value


ON_OPERANDS = ("plus", "noplus", "noslash", "noequals", "noat", "options")
PACKERS = ("gzip", "bzip2", "xz", "zstd")  # of several orders the last one holds


def _refuse_operand(name: str, word: Word, marks: list[str]) -> None:
    text = word["text"]
    if "plus" in marks and not (text.startswith("+") and word["known"]):
        raise Unread("`" + name + "` with such an operand may set the clock")
    if "noplus" in marks and (text.startswith("+") or word["loose"]):
        raise Unread("`" + name + " " + text + "` may run a command")
    if "noslash" in marks and ("/" in text or not word["known"]):
        raise Unread("`" + name + " " + text + "` is not read here")
    if "noat" in marks and text[:1] in ("@", "?"):
        raise Unread("`" + name + " " + text + "` may be a file of flags")
    if "options" in marks and text not in OPTIONS:
        raise Unread("`" + name + " " + text + "` is not read here")
    if "noequals" in marks and ("=" in text or not word["known"]):
        raise Unread("`" + name + " " + text + "` may set something")


def _long_flags(verb: str, words: list[Word]) -> None:
    value = False
    for word in words:
        text = word["text"].lstrip("-")
        if ":" in text:
            raise Unread("`" + verb + "` of another machine is not read here")
        if value:
            value = False
        elif word["loose"]:
            raise Unread("`" + verb + "` with a word that may become a flag: " + where(word))
        elif word["text"].startswith("-"):
            value = text in LONG_VALUE
            if not value and text not in LONG:
                raise Unread("`" + verb + " -" + text + "`: the flag is not known to only look")


def _network(verb: str, words: list[Word]) -> str:
    given = read_words(verb, words, NETWORK[verb])
    kept = given["values"].get("-O") or given["values"].get("--output-document")
    if verb == "wget" and kept is not None and kept["text"] not in ("-", "/dev/null"):
        raise Unread("`wget -O` writes what it fetches")
    return "network"


# --- built-ins ------------------------------------------------------------------------------------


def _builtin(name: str, words: list[Word]) -> None:
    operands = read_words(name, words[1:], BUILTINS[name])["operands"]
    if "digits" in BUILTINS[name].split() and not all(is_number(word) for word in operands):
        raise Unread("`" + name + "` of what zsh would evaluate")
    for word in operands:
        _refuse_operand(name, word, BUILTINS[name].split())
    if name in ("test", "["):
        _test(name, words)
    elif name == "printf":
        _printf(operands)
    elif name == "wait" and any(word["text"].startswith("-") for word in operands):
        raise Unread("`wait` with flags is not read here")


def _test(name: str, words: list[Word]) -> None:
    """Refuse words that may turn into a test of their own: `-v` evaluates what it names."""
    for n, word in enumerate(words[1:], 1):
        if word["text"] in ("-v", "-R"):
            raise Unread("`" + word["text"] + "` in `" + name + "` is not read here")
        beside = [w["text"] for w in words[max(1, n - 1) : n + 2] if w is not word]
        settled = any(text in BINARY for text in beside) or words[n - 1]["text"] in UNARY
        number = is_number(word)
        if word["text"].startswith("-") and not word["known"]:
            raise Unread("a word that may become a test of its own: " + where(word))
        if words[n - 1]["text"] == "-t" and not number:
            raise Unread("`-t` of what zsh would evaluate")
        if len(words) == (3 if name == "[" else 2):
            settled = True  # one word alone is asked only whether it is empty
        if not number and (word["several"] or (word["loose"] and not settled)):
            raise Unread("a word that may become a test of its own: " + where(word))


def _printf(operands: list[Word]) -> None:
    """Refuse what sets a variable (`-v`, `%n`), and numbers that zsh would evaluate."""
    if not operands:
        return
    form = operands[0]
    marked = form["text"] == "--" and len(operands) > 1
    if marked:
        operands = operands[1:]
        form = operands[0]
    dashed = form["text"].startswith("-") and not marked
    if dashed or not form["known"] or form["loose"]:
        raise Unread("`printf` of a format that the text does not tell")
    kinds = _conversions(form["text"])
    if any(kind not in "sbqcdiuxXofeEgG(" or not kind for kind in kinds):
        raise Unread("`printf` of what may be evaluated as a number")
    for n, word in enumerate(operands[1:]):
        digits = word["text"].lstrip("-").replace(".", "").isdigit() and word["known"]
        if kinds and kinds[n % len(kinds)] not in "sbqc" and not (digits or is_number(word)):
            raise Unread("`printf` of what may be evaluated as a number")
        if word["several"] and any(kind not in "sbqc" for kind in kinds):
            raise Unread("`printf` of what may be evaluated as a number")


def _conversions(form: str) -> list[str]:
    form = form.replace("%%", "")
    if form.count("%(") == 1 and ")T" in form:  # a time, as `date` would write it
        before, _, rest = form.partition("%(")
        form = before + "%d" + rest.partition(")T")[2]
    return [part.lstrip("-+ 0123456789.'#")[:1] for part in form.split("%")[1:]]
