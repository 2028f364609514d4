"""Shell text to simple commands, for what bash and zsh both mean by it.

One pass, allow-list: a form that is not read here raises Unread with its place. The result is flat,
in the order of the text: every simple command anywhere in it, those inside substitutions and
functions included, each with the state of the working directory it starts in.
"""

from __future__ import annotations

from .words import (
    ARGUMENT,
    DIGITS,
    NUMBER,
    Unread,
    Words,
    at,
    is_number,
    number_value,
    plain_word,
)

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Callable, TypedDict

    from .words import Word

    class Redirection(TypedDict):
        op: str
        target: Word

    class Simple(TypedDict):
        """One simple command."""

        words: list[Word]
        assigns: list[tuple[str, Word]]
        redirections: list[Redirection]
        cwd: str  # relative to where the text starts; "?" where it cannot be told
        feed: str  # what each line on its input is: one of KINDS or ""
        raw: str
        at: int


LIMIT = 10_000  # the client asks about longer commands too
DEPTH = 20
MOST = 150  # simple commands; nobody writes more in one line, and each costs
RETRIES = 12  # how many loops may be read again with less known of their variables

# Words that would make what follows mean something that is not read here.
REFUSED_WORDS = (
    "select", "coproc", "repeat", "foreach", "end", "nocorrect", "noglob", "always", "-", "eval",
    "source", ".", "unalias", "enable", "zmodload", "builtin", "integer", "float",
    "emulate", "autoload", "bind", "bindkey", "compctl", "complete", "zle", "sched", "fc",
    "suspend", "logout", "disown", "caller",
)  # fmt: skip
KEYWORDS = ("{", "if", "while", "until", "for", "case", "[[", "function", "time")
# Names no function may take, beside those of programs: shells call them on their own, or read them
# as something else.
NO_FUNCTION = (
    "command_not_found_handle", "command_not_found_handler", "precmd", "preexec", "chpwd",
    "periodic", "zshexit", "zshaddhistory", "then", "do", "done", "fi", "else", "elif", "esac",
    "in", *KEYWORDS, *REFUSED_WORDS,
)  # fmt: skip
DECLARING = ("local", "declare", "typeset", "export", "readonly")
# what changes something of the shell itself; "" where a command only assigns
FOLLOWED = (
    "", "cd", "pushd", "popd", "trap", "alias", "let", "read", "mapfile", "readarray", "getopts",
    "unset", *DECLARING,
)  # fmt: skip
# without one of them nobody asks what a command prints
ASKED = ("read", "xargs", "mapfile", "$(", "`", "<(")
JOINTS = ("&&", "||", ";;", "|", "&", ";", "\n")
OPENS = ("/dev/null", "/dev/stdout", "/dev/stderr", "-")
INPUTS = ("<", "<<", "<<-", "<<<", "<(", "<>", "<&")
OPERATORS = ("&>>", "&>", "<<<", "<<-", "<<", "<>", "<&", "<", ">>", ">|", ">&", ">")


def parse(text: str, cwd: str = ".", taken: Callable[[str], bool] | None = None) -> list[Simple]:
    """Return all simple commands of a text that starts in `cwd`, in order; raises Unread.

    `taken` says of a name whether a program or built-in has it, so that no function may.
    """
    if len(text) > LIMIT:
        raise Unread("longer than " + str(LIMIT) + " characters")
    if not text.strip():
        raise Unread("no command")
    if not text.replace("\n", "").replace("\t", "").isprintable():
        _refuse_controls(text)
    reader = Reader(text, 0)
    reader.cwd = cwd
    reader.taken = taken or reader.taken
    reader.list_until(())
    all_read(reader)
    if reader.i < len(text):
        raise Unread(at(text[reader.i], reader.i) + " is not read here")
    return reader.commands


def _refuse_controls(text: str) -> None:
    for n, letter in enumerate(text):
        if not letter.isprintable() and letter not in "\t\n":
            raise Unread(at("U+" + f"{ord(letter):04X}", n) + " is not read here")


def all_read(reader: Reader) -> None:
    if reader.pending:  # its body stands where the text around would be read as commands
        raise Unread("the here-document `" + reader.pending[0][0] + "` is not closed")
    if reader.background:
        raise Unread(at("&", reader.background) + ": runs in the background")


class Reader(Words):
    """Reads lists of commands."""

    def __init__(self, text: str, depth: int) -> None:
        super().__init__(text, 0)
        self.depth = depth
        self.commands: list[Simple] = []
        self.cwd = "."
        self.opens = False  # whether a function reads a file that it is given the name of
        self.pushed: list[str] = []
        self.feed = ""  # what stands on the input of the command that is read now
        self.last: Simple | None = None  # the command that alone was read last, if one was
        self.looped = 0  # how many loops stand around: what is done there may not be
        self.background = 0  # where something was started that no `wait` has met yet
        self.exits = False  # whether a failure may end it all
        self.retries = [RETRIES]
        self.asked = any(mark in text for mark in ASKED)
        self.pending: list[tuple[str, bool, bool]] = []  # here-documents still to come
        # name: the variables it assigns, the folder it was read for, whether it opens an argument
        self.functions: dict[str, tuple[dict[str, bool], str, bool]] = {}
        self.aliases: list[str] = []
        self.taken: Callable[[str], bool] = lambda _: False
        if depth > DEPTH:
            raise Unread("nested deeper than " + str(DEPTH))

    # --- lists ---------------------------------------------------------------------------------

    def list_until(self, ends: tuple[str, ...]) -> str:
        """Read commands until one of `ends` (or the end of the text); return which."""
        self.depth += 1
        if self.depth > DEPTH:
            raise Unread("nested deeper than " + str(DEPTH))
        end = self._list_until(ends)
        self.depth -= 1
        return end

    def _list_until(self, ends: tuple[str, ...]) -> str:
        owed = False
        parts = 0
        chain = self.cwd  # where the and-or list began
        before = dict(self.values), dict(self.functions)
        while True:
            self.blanks(lines=True)
            if self.i >= len(self.text):
                if owed:
                    raise Unread("the list ends in the middle")
                if ends:
                    raise Unread("`" + ends[0] + "` is missing at the end")
                return ""
            end = self._at_end(ends)
            if end:
                if owed or not parts:
                    raise Unread(at(end, self.i) + ": a command is missing before it")
                self.i += len(end)
                return end
            self.unsure += owed
            self.pipeline()
            self.unsure -= owed
            parts += 1
            if parts > 1:
                self.last = None
            self.blanks()
            joint = self._joint(ends)
            if joint != "&&" and joint and self.cwd != chain:
                self.cwd = "?"  # a `cd` that failed would leave what follows where it was
            owed = joint in ("&&", "||")
            if joint == "&":  # it ran in a shell of its own
                self.cwd, (self.values, self.functions) = chain, before
            if not owed:
                chain = self.cwd
                before = dict(self.values), dict(self.functions)

    def _at_end(self, ends: tuple[str, ...]) -> str:
        for end in ends:
            if self.text.startswith(end, self.i):
                after = self.text[self.i + len(end) : self.i + len(end) + 1]
                if end in (")", "`", ";;") or after in ("", *" \t\n;|&)<>"):
                    return end
        return ""

    def _joint(self, ends: tuple[str, ...]) -> str:
        for joint in JOINTS if self.text[self.i : self.i + 1] in ("&", "|", ";", "\n") else ():
            if self.text.startswith(joint, self.i):
                if joint == ";;":
                    if ";;" in ends and self.text[self.i + 2 : self.i + 3] not in ("&", ";"):
                        return ""
                    raise Unread(at(";;", self.i) + " is not read here")
                if joint == "&":
                    self.background = self.i or 1
                self.i += len(joint)
                if joint == "\n":
                    self.documents()
                return joint
        return ""

    def printed(self) -> str:
        """Return what is known of each line that what was just read prints, errors aside."""
        if not self.asked:
            return ""
        for redirection in self.last["redirections"] if self.last else ():
            if redirection["op"] not in INPUTS and redirection["target"]["text"] != "/dev/null":
                return ""
        if self.last is None:
            return ""
        from .outputs import kind_of_output  # loaded where it is asked

        return kind_of_output(self.last["words"], self.last["feed"])

    def pipeline(self) -> None:
        """Read one pipeline; each part of a longer one runs in a shell of its own."""
        negated = False
        while self.text.startswith("! ", self.i):
            self.i += 2
            self.blanks()
            negated = True
        background = self.background
        start, values, functions = self.cwd, dict(self.values), dict(self.functions)
        feed = self.feed
        parts = 0
        while True:
            self.last = None
            first = len(self.commands)
            self.command()
            parts += 1
            alone = len(self.commands) == first + 1
            self.last = self.commands[first] if alone else None
            self.blanks()
            if self.text[self.i : self.i + 1] != "|" or self.text.startswith("||", self.i):
                break
            self.i += 2 if self.text.startswith("|&", self.i) else 1
            self.blanks(lines=True)
            self.cwd = start
            self.feed = self.printed()
            if self.i >= len(self.text):
                raise Unread("the list ends in the middle")
        self.feed = feed
        if negated and self.cwd != start:
            self.cwd = "?"  # what follows runs where it failed
        if parts > 1:
            # the last part runs in a shell of its own (bash) or in this one (zsh)
            self.cwd, self.functions = (start if self.cwd == start else "?"), functions
            self.background = self.background or background
            self.values = {n: v for n, v in values.items() if self.values.get(n) == v}

    # --- commands ------------------------------------------------------------------------------

    def command(self) -> None:
        """Read one command, simple or compound."""
        letter = self.text[self.i : self.i + 1]
        if letter == "(":
            from .compound import parenthesis  # loaded where one is met

            parenthesis(self)
            return
        for word in KEYWORDS if letter in "{iwufc[t" else ():
            if self.text.startswith(word, self.i) and self.bounded(len(word)):
                begin = self.i
                self.i += len(word)
                from .compound import compound  # likewise

                compound(self, word, begin)
                return
        self.simple()

    # --- simple commands -------------------------------------------------------------------------

    def simple(self) -> None:
        """Read one simple command."""
        begin = self.i
        words: list[Word] = []
        assigns: list[tuple[str, Word]] = []
        redirections: list[Redirection] = []
        slot = len(self.commands)
        while True:
            self.blanks()
            place = self.i
            bare = self.bare()
            if bare:
                if not words:
                    self.starts(bare, place)
                words.append(plain_word(bare, place))
                continue
            letter = self.text[self.i : self.i + 1]
            if letter in ("", *"\n;|)") or (
                letter == "&" and self.text[self.i + 1 : self.i + 2] != ">"
            ):
                break
            found = self.redirection()
            if found is not None:
                redirections.append(found)
                continue
            if letter == "(":
                if len(words) == 1 and not assigns and not redirections:
                    from .compound import function  # likewise

                    function(self, words[0]["text"], begin)
                    return
                raise Unread(at("(", self.i) + " is not read here")
            declares = bool(words) and words[0]["text"] in DECLARING
            assign = self._assignment() if not words or declares else None
            if assign is not None:
                assigns.append(assign)
                continue
            words.append(self.word(first=not words))
        if not words and not assigns and not redirections:
            shown = self.text[self.i : self.i + 1] or "the end"
            raise Unread(at(shown, self.i) + ": no command before it")
        feed = self.feed
        if any(redirection["op"] in INPUTS for redirection in redirections):
            self.feed = ""
        self.add(words, assigns, redirections, begin, slot)
        fails, cwd = any(may_fail(each) for each in redirections), self.cwd
        self.unsure += fails
        self._meant(words, assigns, begin)
        self.unsure -= fails
        if fails and self.cwd != cwd:
            self.cwd = "?"
        self.feed = feed

    def _meant(self, words: list[Word], assigns: list[tuple[str, Word]], begin: int) -> None:
        """Follow what a command does to the shell itself: its place, its variables, its names."""
        name = words[0]["text"] if words else ""
        if name in REFUSED_WORDS:
            raise Unread("`" + name + "` is not a simple command")
        if name in self.aliases:
            raise Unread("`" + name + "` is an alias here")
        if name in FOLLOWED or name in self.functions:
            from .following import follow  # loaded where one is met

            follow(self, name, words, assigns, begin)
        elif name == "set":
            self.exits = True
        elif name in ("exit", "return", "break", "continue") and self.background:
            all_read(self)  # whatever waits below may never be reached
        elif name == "wait" and len(words) == 1 and not (self.unsure or self.looped or self.exits):
            self.background = 0

    def add(
        self,
        words: list[Word],
        assigns: list[tuple[str, Word]],
        redirections: list[Redirection],
        begin: int,
        slot: int | None = None,
    ) -> None:
        command: Simple = {
            "words": words,
            "assigns": assigns,
            "redirections": redirections,
            "cwd": self.cwd,
            "feed": self.feed,
            "raw": self.text[begin : self.i].strip(),
            "at": begin,
        }
        if len(self.commands) >= MOST:
            raise Unread("more than " + str(MOST) + " commands")
        self.commands.insert(len(self.commands) if slot is None else slot, command)

    def _assignment(self) -> tuple[str, Word] | None:
        start = self.i
        name = self.name()
        more = self.text.startswith("+=", self.i)
        if not name or not (more or self.text[self.i : self.i + 1] == "="):
            self.i = start
            return None
        self.i += 2 if more else 1
        if self.text[self.i : self.i + 1] == "(":
            from .documents import array  # likewise

            value = array(self, name, more=more)
        else:
            value = self.word(assigned=True)
        if more:  # a number behind a number is digits still; behind a string, anything
            number = is_number(value) and number_value(self.values.get(name, ""))
            value = plain_word("?", start)
            value["known"], value["loose"] = False, True
            value["kind"] = NUMBER if number else ""
        return name, value

    # --- substitutions ---------------------------------------------------------------------------

    def substitution(self, text: str | None) -> str:
        """Read the commands of `$(…)` from here, or those of `text`; say what they print."""
        inner = Reader(self.text if text is None else text, self.depth + 1)
        inner.i = self.i if text is None else 0
        inner.asked = True  # by what stands around it
        self.lend(inner)
        inner.list_until((")",) if text is None else ())
        all_read(inner)
        if text is None:
            self.i = inner.i
        elif inner.i < len(text) or not inner.commands:
            raise Unread("the text in backquotes is not read here")
        self.commands += inner.commands
        return inner.printed()

    def lend(self, inner: Reader) -> None:
        inner.cwd, inner.values, inner.unsure = self.cwd, dict(self.values), self.unsure
        inner.looped, inner.fixed = self.looped, list(self.fixed)
        inner.functions, inner.aliases, inner.taken = dict(self.functions), self.aliases, self.taken
        inner.retries, inner.feed = self.retries, self.feed

    # --- redirections and here-documents ---------------------------------------------------------

    def redirection(self) -> Redirection | None:
        j = self.i
        while self.text[j : j + 1] and self.text[j] in DIGITS:
            j += 1
        for op in OPERATORS if self.text[j : j + 1] in ("<", ">", "&") else ():
            if not self.text.startswith(op, j):
                continue
            if op.startswith("&") and j > self.i:
                return None
            if op in ("<", ">") and self.text[j + 1 : j + 2] == "(":
                if self.text[j - 1 : j] not in ("", *" \t\n;|&("):
                    raise Unread(at(op + "(", j) + " inside a word is not read here")
                from .documents import process  # likewise

                return process(self, j)
            if op == ">>" and self.text[j + 2 : j + 3] in "|!&" and self.text[j + 2 : j + 3]:
                raise Unread(at(">>", j) + " of this form is not read here")
            if op in (">", ">&", "&>", "&>>") and self.text[j + len(op) : j + len(op) + 1] == "!":
                raise Unread(at(op + "!", j) + " is not read here")
            self.i = j + len(op)
            if op in ("<<", "<<-"):
                from .documents import heredoc  # likewise

                return heredoc(self, op)
            self.blanks()
            if op == "<" and self.text.startswith("<(", self.i):
                from .documents import process  # likewise

                return process(self, self.i)
            target = self.word()
            self.opens = self.opens or (op == "<" and target["kind"] == ARGUMENT)
            return {"op": op, "target": target}
        return None

    def documents(self) -> None:
        """Read the bodies of here-documents that a line has named, if it has."""
        if self.pending:
            from .documents import documents  # loaded where one is met

            documents(self)

    def blanks(self, *, lines: bool = False) -> None:
        text = self.text
        while True:
            letter = text[self.i : self.i + 1]
            if letter in (" ", "\t"):
                self.i += 1
            elif letter == "\\" and text.startswith("\\\n", self.i):
                self.i += 2
            elif letter == "#":
                end = text.find("\n", self.i)
                self.i = len(text) if end < 0 else end
            elif lines and letter == "\n":
                self.i += 1
                self.documents()
            else:
                return


def may_fail(redirection: Redirection) -> bool:
    """Say whether a redirection may not open, so that its command does not run."""
    if redirection["op"] in ("<<", "<<-", "<<<", "<("):
        return False
    target = redirection["target"]
    return not (target["known"] and (target["text"] in OPENS or is_number(target)))
