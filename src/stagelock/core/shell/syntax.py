"""Shell text to simple commands, for what bash and zsh both mean by it.

One pass, allow-list: a form that is not read here raises Unread with its place. The result is flat,
in the order of the text: every simple command anywhere in it, those inside substitutions and
functions included, each with the state of the working directory it starts in.
"""

from __future__ import annotations

from .outputs import kind_of_output
from .words import (
    ARGUMENT,
    ATOM,
    COUNTED,
    DIGITS,
    FOUND,
    KINDS,
    LINE,
    NUMBER,
    TOP,
    Unread,
    Words,
    at,
    either_of,
    is_number,
    is_setting,
    may_be_flag,
    number_value,
    plain_word,
    worth,
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
    _all_read(reader)
    if reader.i < len(text):
        raise Unread(at(text[reader.i], reader.i) + " is not read here")
    return reader.commands


def _refuse_controls(text: str) -> None:
    for n, letter in enumerate(text):
        if not letter.isprintable() and letter not in "\t\n":
            raise Unread(at("U+" + f"{ord(letter):04X}", n) + " is not read here")


def _all_read(reader: Reader) -> None:
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
            self._blanks(lines=True)
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
            self._blanks()
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
                    self._documents()
                return joint
        return ""

    def printed(self) -> str:
        """Return what is known of each line that what was just read prints, errors aside."""
        for redirection in self.last["redirections"] if self.last else ():
            if redirection["op"] not in INPUTS and redirection["target"]["text"] != "/dev/null":
                return ""
        return kind_of_output(self.last["words"], self.last["feed"]) if self.last else ""

    def pipeline(self) -> None:
        """Read one pipeline; each part of a longer one runs in a shell of its own."""
        negated = False
        while self.text.startswith("! ", self.i):
            self.i += 2
            self._blanks()
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
            self._blanks()
            if self.text[self.i : self.i + 1] != "|" or self.text.startswith("||", self.i):
                break
            self.i += 2 if self.text.startswith("|&", self.i) else 1
            self._blanks(lines=True)
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
        before = dict(self.values)
        if self.text.startswith("((", self.i):
            self.i += 2
            self.arithmetic("))")
            self._redirections_after(before=before)
            return
        if letter == "(":
            self.i += 1
            self._apart(lambda: self.list_until((")",)))
            self._redirections_after()
            return
        for word in KEYWORDS if letter in "{iwufc[t" else ():
            if self.text.startswith(word, self.i) and self.bounded(len(word)):
                begin = self.i
                self.i += len(word)
                self._compound(word, begin)
                return
        self.simple()

    def _apart(self, read: Callable[[], object]) -> None:
        """Read what runs in a shell of its own: nothing it sets outlives it."""
        kept = self.cwd, dict(self.values), dict(self.functions), list(self.pushed)
        background, self.background = self.background, 0
        read()
        _all_read(self)
        self.cwd, self.values, self.functions, self.pushed = kept
        self.background = background

    def _compound(self, word: str, begin: int) -> None:
        before = dict(self.values)
        if word == "[[":
            self._test(begin)
        elif word == "function":
            self._blanks()
            self._function(self.name(), begin)
            return
        elif word == "time":
            self._time(begin)
            return
        elif word == "{":
            self.list_until(("}",))
        elif word == "if":
            self._if()
        elif word == "case":
            self._case()
        elif word == "for":
            self._for(begin)
        else:
            self._while()
            return
        self._redirections_after(before=before)

    def _while(self) -> None:
        """Read a `while` loop; what it is fed stands behind it, and tells what its `read` reads."""
        place, count, pending = self.i, len(self.commands), list(self.pending)
        values, touched, functions = dict(self.values), dict(self.touched), dict(self.functions)
        around, fed_here = (self.depth, self.unsure, self.looped), self.feed
        self.retries[0] -= 1
        for hoped in (COUNTED, "") if not fed_here and self.retries[0] > 0 else (fed_here,):
            self.i, self.pending, self.feed = place, list(pending), hoped
            self.values, self.touched, self.functions = dict(values), dict(touched), dict(functions)
            self.depth, self.unsure, self.looped = around
            del self.commands[count:]
            try:
                self._loop(lambda: (self.list_until(("do",)), self.list_until(("done",))))
                fed = self._redirections_after(behind=hoped != fed_here, before=values)
            except Unread:
                if hoped == fed_here:
                    raise
            else:
                if hoped in (fed_here, fed):
                    break
        self.feed = fed_here

    def _time(self, begin: int) -> None:
        """Read the keyword: only as what it is in both shells, with a command after it."""
        self._blanks()
        if self.text.startswith("-p ", self.i):
            self.i += 3
            self._blanks()
        if self.text[self.i : self.i + 1] in ("", "-", "!", *"\n;|&)"):
            raise Unread(at("time", begin) + " in this form is not read here")
        self.pipeline()

    def _if(self) -> None:
        start = self.cwd
        self.unsure += 1
        self.list_until(("then",))
        end = self.list_until(("elif", "else", "fi"))
        while end == "elif":
            self.list_until(("then",))
            end = self.list_until(("elif", "else", "fi"))
        if end == "else":
            self.list_until(("fi",))
        self.unsure -= 1
        if self.cwd != start:
            self.cwd = "?"

    def _case(self) -> None:
        start = self.cwd
        self._blanks()
        self.word()
        self._blanks(lines=True)
        if not (self.text.startswith("in", self.i) and self.bounded(2)):
            raise Unread(at("case", self.i) + ": `in` is missing")
        self.i += 2
        self.unsure += 1
        while True:
            self._blanks(lines=True)
            if self.text.startswith("esac", self.i) and self.bounded(4):
                self.i += 4
                break
            self._patterns()
            self._blanks(lines=True)
            if self.text.startswith(";;", self.i):
                self.i += 2
            elif self.list_until((";;", "esac")) == "esac":
                break
        self.unsure -= 1
        if self.cwd != start:
            self.cwd = "?"

    def _patterns(self) -> None:
        if self.text[self.i : self.i + 1] == "(":
            self.i += 1
        while True:
            self._blanks_only()
            self.word(pattern=True)
            self._blanks_only()
            letter = self.text[self.i : self.i + 1]
            self.i += 1
            if letter == ")":
                return
            if letter != "|":
                raise Unread(at(letter or "the end", self.i - 1) + " in a pattern of `case`")

    def _for(self, begin: int) -> None:
        self._blanks()
        if self.text.startswith("((", self.i):
            self.i += 2
            self.arithmetic(";")
            self._loop(self._for_arithmetic)
            return
        name = self.name()
        if not name or is_setting(name):
            raise Unread(at("for", begin) + " over this variable is not read here")
        self._blanks(lines=True)
        known: list[Word] = []
        if self.text.startswith("in", self.i) and self.bounded(2):
            self.i += 2
            while True:
                self._blanks()
                if self.text[self.i : self.i + 1] in (";", "\n", ""):
                    break
                known.append(self.word())
        value = _worth_of_each(known)
        self._loop(lambda: self._for_body(name, value))

    def _for_arithmetic(self) -> None:
        self.arithmetic(";")
        self.arithmetic("))")
        self._do()

    def _for_body(self, name: str, value: str) -> None:
        self.touched[name] = value == NUMBER
        if value == "?":
            self.values.pop(name, None)
        else:
            self.values[name] = value
        self._do()

    def _do(self) -> None:
        self._blanks()
        if self.text[self.i : self.i + 1] == ";":
            self.i += 1
        self._blanks(lines=True)
        if not (self.text.startswith("do", self.i) and self.bounded(2)):
            raise Unread("`do` is missing after `for`")
        self.i += 2
        self.list_until(("done",))

    def _loop(self, read: Callable[[], object]) -> None:
        """Read a loop so that what it says holds in every round.

        A later round sees what an earlier one assigned: the body is read with what was known, and
        once more with less where it assigned something else than that.
        """
        place, count, pending = self.i, len(self.commands), list(self.pending)
        cwd, before, touched = self.cwd, self.values, self.touched
        known = dict(before)
        while True:
            self.values, self.touched = dict(known), {}
            self.looped += 1
            read()
            self.looped -= 1
            holds = {n for n, number in self.touched.items() if number and n in known}
            holds = {n for n in holds if number_value(before.get(n, ""))}
            wrong = [
                n for n in self.touched if known.get(n, "?") != (NUMBER if n in holds else "?")
            ]
            if not wrong:
                break
            self.retries[0] -= 1
            if self.retries[0] < 0:
                raise Unread("too many loops that assign variables")
            for name in wrong:
                known[name] = NUMBER
                if name not in holds:
                    del known[name]
            self.i, self.cwd, self.pending = place, cwd, list(pending)
            del self.commands[count:]
        for name, number in self.touched.items():
            touched[name] = touched.get(name, True) and number
            self.values.pop(name, None)
            if name in holds:
                self.values[name] = NUMBER
        self.touched = touched
        if self.cwd != cwd:
            raise Unread("`cd` in a loop is not read here")

    def _test(self, begin: int) -> None:
        """Read `[[ … ]]`: strings and files compared; numbers only where they are numbers."""
        last = plain_word("", begin)
        wants_number = False
        while True:
            self._blanks_only()
            if self.text.startswith("]]", self.i) and self.bounded(2):
                self.i += 2
                return
            if self.i >= len(self.text):
                raise Unread(at("[[", begin) + " is not closed")
            letter = self.text[self.i]
            if letter in "()<>&|!" and not self.text.startswith("!=", self.i):
                if letter in "<>" and self.text[self.i + 1 : self.i + 2] == "(":
                    raise Unread(at(letter + "(", self.i) + " in `[[` is not read here")
                self.i += 1
                continue
            if self.text.startswith("==", self.i) or self.text.startswith("!=", self.i):
                self.i += 2
                continue
            if self.text.startswith("=~", self.i):
                self.i += 2
                self._regex()
                continue
            start = self.i
            word = self.word(pattern=True, assigned=True)
            if self.i == start:
                raise Unread(at(letter, start) + " in `[[` is not read here")
            if self.text[self.i : self.i + 1] == "(":
                raise Unread(at("(", self.i) + " in a pattern is not read here")
            if word["text"] in ("-v", "-R"):
                raise Unread("`" + word["text"] + "` in `[[` is not read here")
            compares = word["text"] in ("-eq", "-ne", "-lt", "-le", "-gt", "-ge")
            wants_number = wants_number or last["text"] == "-t"
            if (compares and not is_number(last)) or (wants_number and not is_number(word)):
                # both shells evaluate there, and a variable's text may hold a command
                raise Unread("a number in `[[` is evaluated, and is not known to be one")
            wants_number = compares
            last = word

    def _blanks_only(self) -> None:
        """Skip blanks and lines where a `#` may begin a pattern instead of a comment."""
        while self.text[self.i : self.i + 1] in (" ", "\t", "\n") and self.i < len(self.text):
            self.i += 1
        if self.text[self.i : self.i + 1] == "#":
            raise Unread(at("#", self.i) + " is not read here")

    def _regex(self) -> None:
        """Read what stands right of `=~`, up to the blank that ends it."""
        self._blanks_only()
        depth = 0
        while self.i < len(self.text):
            letter = self.text[self.i]
            if letter in " \t\n" and not depth:
                return
            depth += (letter == "(") - (letter == ")")
            if letter == "\\":
                self.i += 2
            elif letter == "[":
                end = self.text.find("]", self.i + 2)
                if end < 0 or any(c in "$`'\"\\" for c in self.text[self.i : end]):
                    raise Unread(at("[", self.i) + " in a regular expression is not read here")
                self.i = end + 1
            elif letter in "'\"$" and not self._ends_regex():
                self.word(pattern=True, assigned=True)
            elif letter in "`;&<>":
                raise Unread(at(letter, self.i) + " in a regular expression is not read here")
            else:
                self.i += 1

    def _ends_regex(self) -> bool:
        return self.text[self.i] == "$" and self.text[self.i + 1 : self.i + 2] in ("", *" )|\n")

    def _redirections_after(
        self, *, behind: bool = False, before: dict[str, str] | None = None
    ) -> str:
        """Read what stands behind a compound command; return what it feeds, if it is `behind`.

        A file that cannot be opened leaves the variables as they were `before`.
        """
        self._blanks()
        fed = ""
        redirections: list[Redirection] = []
        while True:
            found = self._redirection()
            if found is None:
                break
            redirections.append(found)
            fed = found["target"]["kind"] if found["op"] == "<(" else ""
            self._blanks()
        inputs = [redirection for redirection in redirections if redirection["op"] in INPUTS]
        if self.feed and (len(inputs) > 1 if behind else inputs):
            raise Unread("a second input for the commands before column " + str(self.i + 1))
        if before is not None and any(_may_fail(each) for each in redirections):
            self.values = either_of(before, self.values)
        if redirections:
            empty = plain_word("true", self.i)
            self._add([empty], [], redirections, self.i)
        return fed

    # --- functions -------------------------------------------------------------------------------

    def _function(self, name: str, begin: int) -> None:
        """Read `name() { … }`: its body as if it ran here, with nothing known of any variable."""
        self._blanks()
        if self.text[self.i : self.i + 1] == "(":
            self.i += 1
            self._blanks()
            if self.text[self.i : self.i + 1] != ")":
                raise Unread(at("(", self.i) + " is not read here")
            self.i += 1
        self._blanks(lines=True)
        if not name or self.taken(name) or name in NO_FUNCTION or name.startswith("TRAP"):
            raise Unread("a function `" + name + "` is not read here")
        if self.unsure or self.looped or name in self.functions:
            raise Unread("a function that may not be defined is not read here")
        opening = self.text[self.i : self.i + 1]
        if opening not in ("{", "("):
            raise Unread(at("function", begin) + " of this form is not read here")
        kept = self.values, self.touched, self.cwd, self.feed, self.background
        self.values, self.touched, self.feed, self.background = {}, {}, "", 0
        around = self.in_function, self.opens
        self.in_function, self.opens = True, False
        self.command()
        _all_read(self)
        body, moved, opens = self.touched, self.cwd, self.opens
        self.in_function, self.opens = around
        self.values, self.touched, self.cwd, self.feed, self.background = kept
        if moved != self.cwd:
            raise Unread("`cd` in a function is not read here")
        self.functions[name] = body, moved, opens

    def _called(self, name: str, words: list[Word]) -> None:
        body, cwd, opens = self.functions[name]
        for word in words[1:] if opens else ():
            named = word["text"][:5] != "/dev/" and not word["text"].startswith("?")
            if not named and word["kind"] not in (*KINDS, FOUND):
                raise Unread("`" + name + "` may be given an address: it reads what it is given")
        if self.cwd != cwd:
            raise Unread("`" + name + "` is called in another folder than it was read for")
        for variable in body:
            self.assign(variable, "?")

    # --- simple commands -------------------------------------------------------------------------

    def simple(self) -> None:
        """Read one simple command."""
        begin = self.i
        words: list[Word] = []
        assigns: list[tuple[str, Word]] = []
        redirections: list[Redirection] = []
        slot = len(self.commands)
        while True:
            self._blanks()
            letter = self.text[self.i : self.i + 1]
            if letter in ("", *"\n;|)") or (
                letter == "&" and self.text[self.i + 1 : self.i + 2] != ">"
            ):
                break
            found = self._redirection()
            if found is not None:
                redirections.append(found)
                continue
            if letter == "(":
                if len(words) == 1 and not assigns and not redirections:
                    self._function(words[0]["text"], begin)
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
        self._add(words, assigns, redirections, begin, slot)
        fails, cwd = any(_may_fail(each) for each in redirections), self.cwd
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
        if name in self.functions:
            if assigns:
                raise Unread("variables for a function are not read here")
            self._called(name, words)
            words[0] = plain_word("true", begin)  # its body was read where it was defined
        elif name in ("cd", "pushd", "popd"):
            self._cd(words)
        elif name == "set":
            self.exits = True
        elif name in ("exit", "return", "break", "continue") and self.background:
            _all_read(self)  # whatever waits below may never be reached
        elif name == "wait" and len(words) == 1 and not (self.unsure or self.looped or self.exits):
            self.background = 0
        elif name in ("trap", "alias", "let"):
            {"trap": self._trap, "alias": self._alias, "let": self._let}[name](words)
        elif name in ("read", "mapfile", "readarray", "getopts", "unset"):
            self._named(name, words, bare=not assigns)
        elif not name or name in DECLARING:
            self._assigned(name, words, assigns)

    def _assigned(self, name: str, words: list[Word], assigns: list[tuple[str, Word]]) -> None:
        if name == "local" and not self.in_function:
            raise Unread("`local` outside a function is not read here")
        shows = [word["text"] for word in words[1:2]] in (["-p"], ["-F"], ["-f"])
        listed = any(w["text"][:1] == "-" and "a" in w["text"].lower() for w in words[1:])
        for word in words[1:]:
            text = word["text"]
            if text.startswith("-") and word["known"]:
                plain = shows or text in ("-r", "-x", "-g", "-a", "-A", "--")
            else:
                variable = text.partition("=")[0]
                plain = word["known"] and _is_name(variable)
                plain = plain and (("=" not in text) if shows else not is_setting(variable))
                if plain:
                    self.assign(variable, "?")
            if not plain:
                raise Unread("`" + name + " " + text + "` is not read here")
        for variable, value in assigns:
            if is_setting(variable):
                raise Unread("`" + variable + "=` changes what programs do")
            self.assign(variable, "?" if listed else worth(value))
        if name == "readonly" or any(w["text"][:1] == "-" and "r" in w["text"] for w in words[1:]):
            self.fixed += [variable for variable, _ in assigns]
            self.fixed += [w["text"].partition("=")[0] for w in words[1:]]

    def _named(self, name: str, words: list[Word], *, bare: bool) -> None:
        """Follow what assigns the variables it names; only plain names are read."""
        first = True
        skip = False
        flags = "".join(word["text"][1:] for word in words[1:] if word["text"][:1] == "-")
        bare = bare and not any(letter in flags for letter in "dnNu")
        for word in words[1:]:
            text = word["text"]
            if skip or (text.startswith("-") and word["known"]):
                if skip and _is_name(text):
                    raise Unread(
                        "`" + name + " " + text + "`: a variable, if the flag takes no value"
                    )
                skip = not skip and text[-1:] in ("dnNtpui" if name == "read" else "dnOsu")
                continue
            if name == "getopts" and first:
                first = False
                continue
            if not word["known"] or not _is_name(text) or is_setting(text):
                raise Unread("`" + name + " " + text + "` is not read here")
            fed = self.feed if name == "read" and first else ""
            if fed == COUNTED:
                fed = NUMBER if bare and words[-1] is not word else ""
            elif any(letter not in "rsd" for letter in flags) or (not bare and fed != LINE):
                fed = FOUND if fed == FOUND and not any(c not in "rsd" for c in flags) else ""
            whole = any(w["text"] == "-d" for w in words)  # `find -print0 | read -d ''`
            self.assign(text, fed if fed and (fed != LINE or whole) else FOUND if fed else "?")
            first = False

    def _let(self, words: list[Word]) -> None:
        for word in words[1:]:
            if not word["known"]:
                raise Unread("`let` of something the text does not tell")
            inner = Words(word["text"] + ";", 0)
            inner.values, inner.touched, inner.unsure = self.values, self.touched, self.unsure
            inner.fixed = self.fixed
            inner.arithmetic(";")
            if inner.i < len(inner.text):
                raise Unread("this `let` is not read here")

    def _trap(self, words: list[Word]) -> None:
        if len(words) < 2 or words[1]["text"] in ("-", "-p", "-l", ""):
            return
        if not words[1]["known"]:
            raise Unread("`trap` of something the text does not tell")
        self._later(words[1]["text"])

    def _alias(self, words: list[Word]) -> None:
        for word in words[1:]:
            name, mark, _ = word["text"].partition("=")
            odd = name.startswith("-") or not _is_name(name.replace("-", "_"))
            if not word["known"] or odd or name in NO_FUNCTION:
                raise Unread("this `alias` is not read here")
            if mark:
                self.aliases.append(name)

    def _cd(self, words: list[Word]) -> None:
        operands = [w for w in words[1:] if w["text"] not in ("--", "-L")]
        if words[0]["text"] == "popd":
            self.cwd = self.pushed.pop() if self.pushed and not operands else "?"
            return
        if words[0]["text"] == "pushd":
            self.pushed.append(self.cwd)
        plain = len(operands) == 1 and operands[0]["known"] and not operands[0]["loose"]
        if len(operands) == 1 and operands[0]["kind"] == TOP:
            self.cwd = "?top"  # the store can tell it
            return
        if not plain or operands[0]["text"].startswith(("-", "~", "+")) or self.cwd == "?":
            self.cwd = "?"
            return
        target = operands[0]["text"]
        self.cwd = target if target.startswith("/") else self.cwd + "/" + target

    def _add(
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
            value = self._array(name, more=more)
        else:
            value = self.word(assigned=True)
        if more:  # a number behind a number is digits still; behind a string, anything
            number = is_number(value) and number_value(self.values.get(name, ""))
            value = plain_word("?", start)
            value["known"], value["loose"] = False, True
            value["kind"] = NUMBER if number else ""
        return name, value

    def _array(self, name: str, *, more: bool) -> Word:
        begin = self.i
        self.i += 1
        plain = not more or self.values.get(name) == LINE
        while True:
            self._blanks(lines=True)
            if self.text[self.i : self.i + 1] == ")":
                self.i += 1
                break
            word = self.word()
            plain = plain and not may_be_flag(word)
            if word["text"].startswith("["):
                raise Unread(at("[", word["at"]) + " in a list of values is not read here")
        value = plain_word("x?", begin)
        value["known"] = False
        value["loose"] = not plain
        return value

    # --- substitutions ---------------------------------------------------------------------------

    def substitution(self, text: str | None) -> str:
        """Read the commands of `$(…)` from here, or those of `text`; say what they print."""
        inner = Reader(self.text if text is None else text, self.depth + 1)
        inner.i = self.i if text is None else 0
        self._lend(inner)
        inner.list_until((")",) if text is None else ())
        _all_read(inner)
        if text is None:
            self.i = inner.i
        elif inner.i < len(text) or not inner.commands:
            raise Unread("the text in backquotes is not read here")
        self.commands += inner.commands
        return inner.printed()

    def _later(self, text: str) -> None:
        """Read commands that run at another time: nothing is known of where and with what."""
        inner = Reader(text, self.depth + 1)
        self._lend(inner)
        inner.cwd, inner.values = "?", {}
        inner.list_until(())
        _all_read(inner)
        if inner.touched:
            raise Unread("what runs later assigns `" + next(iter(inner.touched)) + "`")
        self.commands += inner.commands

    def _lend(self, inner: Reader) -> None:
        inner.cwd, inner.values, inner.unsure = self.cwd, dict(self.values), self.unsure
        inner.looped, inner.fixed = self.looped, list(self.fixed)
        inner.functions, inner.aliases, inner.taken = dict(self.functions), self.aliases, self.taken
        inner.retries, inner.feed = self.retries, self.feed

    # --- redirections and here-documents ---------------------------------------------------------

    def _redirection(self) -> Redirection | None:
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
                return self._process(j)
            if op == ">>" and self.text[j + 2 : j + 3] in "|!&" and self.text[j + 2 : j + 3]:
                raise Unread(at(">>", j) + " of this form is not read here")
            if op in (">", ">&", "&>", "&>>") and self.text[j + len(op) : j + len(op) + 1] == "!":
                raise Unread(at(op + "!", j) + " is not read here")
            self.i = j + len(op)
            if op in ("<<", "<<-"):
                return self._heredoc(op)
            self._blanks()
            if op == "<" and self.text.startswith("<(", self.i):
                return self._process(self.i)
            target = self.word()
            self.opens = self.opens or (op == "<" and target["kind"] == ARGUMENT)
            return {"op": op, "target": target}
        return None

    def _process(self, j: int) -> Redirection:
        if self.text[j] == ">":
            raise Unread(at(">(", j) + " is not read here")
        self.i = j + 2
        target = plain_word("?", j)
        target["known"], target["kind"] = False, self.substitution(None)
        if self.text[self.i : self.i + 1] not in ("", *" \t\n;|&)<>"):
            raise Unread(at("<(", j) + " inside a word is not read here")
        return {"op": "<(", "target": target}

    def _heredoc(self, op: str) -> Redirection:
        self._blanks()
        begin = self.i
        word = self.word()
        quoted = any(c in "'\"\\" for c in self.text[begin : self.i])
        if not word["known"] or not word["text"].replace("_", "a").isalnum():
            raise Unread(at("<<", begin) + " with this end is not read here")
        self.pending.append((word["text"], quoted, op == "<<-"))
        return {"op": op, "target": word}

    def _documents(self) -> None:
        """Read the bodies of here-documents, which start after the line that names them."""
        pending, self.pending = self.pending, []
        for end, quoted, tabs in pending:
            begin = self.i
            while True:
                if self.i >= len(self.text):
                    raise Unread("the here-document `" + end + "` is not closed")
                stop = self.text.find("\n", self.i)
                stop = len(self.text) if stop < 0 else stop
                line = self.text[self.i : stop]
                last, self.i = self.i, min(stop + 1, len(self.text))
                if (line.lstrip("\t") if tabs else line) == end:
                    break
                if line.lstrip("\t").startswith(end):  # bash may take it for the end in `$(`
                    raise Unread("a line of a here-document starts as its end, `" + end + "`")
            if not quoted:
                self._document(self.text[begin:last])

    def _document(self, text: str) -> None:
        """Read the body of a here-document in which values are put in."""
        inner = Reader(text, self.depth + 1)
        self._lend(inner)
        inner.quoted("")
        _all_read(inner)
        self.commands += inner.commands

    def _blanks(self, *, lines: bool = False) -> None:
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
                self._documents()
            else:
                return


def _may_fail(redirection: Redirection) -> bool:
    """Say whether a redirection may not open, so that its command does not run."""
    if redirection["op"] in ("<<", "<<-", "<<<", "<("):
        return False
    target = redirection["target"]
    return not (target["known"] and (target["text"] in OPENS or is_number(target)))


def _is_name(text: str) -> bool:
    return text.replace("_", "a").isalnum() and text.isascii() and text[0] not in DIGITS


def _worth_of_each(words: list[Word]) -> str:
    """Return what is known of a variable that takes each of these words in turn."""
    if not words:
        return "?"
    if any(may_be_flag(word) for word in words):
        found = all(w["kind"] == FOUND or (w["known"] and w["text"][:1] != "/") for w in words)
        return FOUND if found else "?"
    if all(is_number(word) for word in words):
        return NUMBER
    split = all(word["kind"] in (ATOM, NUMBER) for word in words if not word["known"])
    blank = any(c in word["text"] for word in words if word["known"] for c in " \t\n*?[~")
    return ATOM if split and not blank else LINE
