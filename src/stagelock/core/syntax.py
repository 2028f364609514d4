"""Shell text to simple commands, for what bash and zsh both mean by it.

One pass, allow-list: a form that is not read here raises Unread with its place. The result is flat,
in the order of the text: every simple command anywhere in it, those inside substitutions included,
each with the state of the working directory it starts in.
"""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import TypedDict

    class Word(TypedDict):
        """One word, after quoting."""

        text: str  # its value, where it is known; else what is known, with `?` for the rest
        known: bool
        loose: bool  # it may turn into something that starts with a dash, or into several words
        several: bool  # it may turn into several words
        at: int

    class Redirection(TypedDict):
        op: str
        target: Word

    class Simple(TypedDict):
        """One simple command."""

        words: list[Word]
        assigns: list[tuple[str, Word]]
        redirections: list[Redirection]
        cwd: str  # relative to where the text starts; "?" where it cannot be told
        raw: str
        at: int


LIMIT = 10_000  # the client asks about longer commands too
DEPTH = 20
BLANK = " \t"
NAME = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ_"
DIGITS = "0123456789"
# letters that stand for themselves in a bare word of both shells
PLAIN = NAME + DIGITS + "-./,:+%@=^~"
REFUSED_WORDS = (
    "case", "esac", "select", "function", "coproc", "repeat", "foreach", "end", "nocorrect",
    "noglob", "always", "-", "eval", "source", ".", "exec", "trap", "alias", "unalias", "hash",
    "enable", "shopt", "zmodload", "builtin", "declare", "typeset", "local", "readonly", "let",
    "unset", "export", "mapfile", "readarray", "getopts", "integer", "float", "emulate",
)  # fmt: skip


# lower-case names that zsh ties to settings of its own, PATH among them
TIED = (
    "path", "fpath", "cdpath", "manpath", "mailpath", "module_path", "prompt", "ifs", "argv",
    "aliases", "functions", "commands", "options", "histchars", "psvar", "watch", "dirstack",
)  # fmt: skip


class Unread(Exception):
    """Not read, and why."""


def parse(text: str, cwd: str = ".") -> list[Simple]:
    """Return all simple commands of a text that starts in `cwd`, in order; raises Unread."""
    if len(text) > LIMIT:
        raise Unread("longer than " + str(LIMIT) + " characters")
    for n, letter in enumerate(text):
        if (letter < " " and letter not in "\t\n") or letter == "\x7f":
            raise Unread(at("U+" + f"{ord(letter):04X}", n) + " is not read here")
    reader = _Reader(text, 0)
    reader.cwd = cwd
    reader.list_until(())
    _all_read(reader)
    if reader.i < len(text):
        raise Unread(at(text[reader.i], reader.i) + " is not read here")
    if not reader.commands:
        raise Unread("no command")
    return reader.commands


def plain_word(text: str, i: int) -> Word:
    """Return a word that means just what it says."""
    return {"text": text, "known": True, "loose": False, "several": False, "at": i}


def at(mark: str, i: int) -> str:
    """Name a mark and its column."""
    return "`" + mark + "` at column " + str(i + 1)


def _unruly(value: str) -> bool:
    """Say whether a value, unquoted, would not stay one plain operand."""
    return not value or value.startswith("-") or any(c in value for c in " \t\n*?[~")


def _all_read(reader: _Reader) -> None:
    if reader.pending:  # its body stands where the text around would be read as commands
        raise Unread("the here-document `" + reader.pending[0][0] + "` is not closed")


class _Reader:
    def __init__(self, text: str, depth: int) -> None:
        self.text = text
        self.i = 0
        self.depth = depth
        self.commands: list[Simple] = []
        self.cwd = "."
        self.values: dict[str, str] = {}  # variables with a value known here
        self.unsure = 0  # how many conditions stand around: what is assigned there may not be
        self.pending: list[tuple[str, bool, bool]] = []  # here-documents still to come
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
        any_command = False
        chain = self.cwd  # where the and-or list began
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
                if owed or not any_command:
                    raise Unread(at(end, self.i) + ": a command is missing before it")
                self.i += len(end)
                return end
            self.unsure += owed
            self.pipeline()
            self.unsure -= owed
            any_command = True
            self._blanks()
            joint = self._joint()
            if joint != "&&" and joint and self.cwd != chain:
                self.cwd = "?"  # a `cd` that failed would leave what follows where it was
            owed = joint in ("&&", "||")
            if not owed:
                chain = self.cwd

    def _at_end(self, ends: tuple[str, ...]) -> str:
        for end in ends:
            if self.text.startswith(end, self.i):
                after = self.text[self.i + len(end) : self.i + len(end) + 1]
                if end in (")", "`") or after in ("", *" \t\n;|&)<>"):
                    return end
        return ""

    def _joint(self) -> str:
        for joint in ("&&", "||", ";;", "|", "&", ";", "\n"):
            if self.text.startswith(joint, self.i):
                if joint == ";;":
                    raise Unread(at(";;", self.i) + " is not read here")
                if joint == "&":
                    raise Unread(at("&", self.i) + ": runs in the background")
                self.i += len(joint)
                if joint == "\n":
                    self._documents()
                return joint
        return ""

    def pipeline(self) -> None:
        """Read one pipeline; each part of a longer one runs in a shell of its own."""
        if self.text.startswith("! ", self.i):
            self.i += 2
            self._blanks()
        start, values = self.cwd, dict(self.values)
        parts = 0
        while True:
            self.command()
            parts += 1
            self._blanks()
            if self.text[self.i : self.i + 1] != "|" or self.text.startswith("||", self.i):
                break
            self.i += 2 if self.text.startswith("|&", self.i) else 1
            self._blanks(lines=True)
            self.cwd = start
            if self.i >= len(self.text):
                raise Unread("the list ends in the middle")
        if parts > 1:
            self.cwd = start
            self.values = {n: v for n, v in values.items() if self.values.get(n) == v}

    # --- commands ------------------------------------------------------------------------------

    def command(self) -> None:
        """Read one command, simple or compound."""
        letter = self.text[self.i : self.i + 1]
        if self.text.startswith("((", self.i):
            raise Unread(at("((", self.i) + " is not read here")
        if letter == "(":
            start, values = self.cwd, dict(self.values)
            self.i += 1
            self.list_until((")",))
            self.cwd, self.values = start, values
            self._redirections_after()
            return
        for word in ("{", "if", "while", "until", "for", "[["):
            if self.text.startswith(word, self.i) and self._bounded(len(word)):
                begin = self.i
                self.i += len(word)
                self._compound(word, begin)
                return
        self.simple()

    def _bounded(self, size: int) -> bool:
        return self.text[self.i + size : self.i + size + 1] in ("", *" \t\n;")

    def _compound(self, word: str, begin: int) -> None:
        if word == "[[":
            self._test(begin)
            return
        start = self.cwd
        if word == "{":
            self.list_until(("}",))
            self._redirections_after()
            return
        self.unsure += 1
        if word == "if":
            self.list_until(("then",))
            end = self.list_until(("elif", "else", "fi"))
            while end == "elif":
                self.list_until(("then",))
                end = self.list_until(("elif", "else", "fi"))
            if end == "else":
                self.list_until(("fi",))
        elif word == "for":
            self._for()
        else:
            self.values.clear()  # a later round sees what an earlier one assigned
            self.list_until(("do",))
            self.list_until(("done",))
        self.unsure -= 1
        if self.cwd != start:
            if word != "if":
                raise Unread("`cd` in a loop is not read here")
            self.cwd = "?"
        self._redirections_after()

    def _for(self) -> None:
        self._blanks()
        name = self._name()
        if not name or name.upper() == name or name in TIED:
            raise Unread(at("for", self.i) + " over this variable is not read here")
        self._blanks()
        if not (self.text.startswith("in", self.i) and self._bounded(2)):
            raise Unread("`for` without `in` is not read here")
        self.i += 2
        known: list[Word] = []
        while True:
            self._blanks()
            if self.text[self.i : self.i + 1] in (";", "\n", ""):
                break
            known.append(self.word())
        self.i += 1
        self.values.clear()
        self._safe_values(name, known)
        self._blanks(lines=True)
        if not (self.text.startswith("do", self.i) and self._bounded(2)):
            raise Unread("`do` is missing after `for`")
        self.i += 2
        self.list_until(("done",))
        self.values.pop(name, None)

    def _safe_values(self, name: str, words: list[Word]) -> None:
        """Let a loop variable stay a plain operand where none of its values can be a flag."""
        if words and all(not w["loose"] and not w["text"].startswith(("-", "?")) for w in words):
            self.values.setdefault(name, "\0")

    def _test(self, begin: int) -> None:
        """Read `[[ … ]]`: strings and files compared; nothing that evaluates."""
        while True:
            self._blanks(lines=True)
            if self.text.startswith("]]", self.i):
                self.i += 2
                return
            if self.i >= len(self.text):
                raise Unread(at("[[", begin) + " is not closed")
            if self.text[self.i] in "()<>&|!":
                if self.text[self.i] in "<>":
                    raise Unread(at(self.text[self.i], self.i) + " in `[[` is not read here")
                self.i += 1
                continue
            if self.text.startswith("==", self.i):
                self.i += 2
                continue
            word = self.word(pattern=True, assigned=True)
            if word["text"] in ("-v", "-R", "-eq", "-ne", "-lt", "-le", "-gt", "-ge", "=~"):
                # numbers are evaluated there, and a variable's text may hold a command
                raise Unread("`" + word["text"] + "` in `[[` is not read here")

    def _redirections_after(self) -> None:
        self._blanks()
        redirections: list[Redirection] = []
        while True:
            found = self._redirection()
            if found is None:
                break
            redirections.append(found)
            self._blanks()
        if redirections:
            empty = plain_word("true", self.i)
            self._add([empty], [], redirections, self.i)

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
                raise Unread(at("(", self.i) + " is not read here")
            assign = None if words else self._assignment()
            if assign is not None:
                assigns.append(assign)
                continue
            words.append(self.word(first=not words))
        if not words and not assigns and not redirections:
            shown = self.text[self.i : self.i + 1] or "the end"
            raise Unread(at(shown, self.i) + ": no command before it")
        self._add(words, assigns, redirections, begin, slot)
        if words and words[0]["text"] == "cd":
            self._cd(words)
        if not words:
            for name, value in assigns:
                self.values.pop(name, None)
                if value["known"] and not self.unsure:
                    self.values[name] = value["text"]

    def _cd(self, words: list[Word]) -> None:
        operands = [w for w in words[1:] if w["text"] not in ("--", "-L")]
        plain = len(operands) == 1 and operands[0]["known"] and not operands[0]["loose"]
        if not plain or operands[0]["text"].startswith(("-", "~")) or self.cwd == "?":
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
            "raw": self.text[begin : self.i].strip(),
            "at": begin,
        }
        self.commands.insert(len(self.commands) if slot is None else slot, command)

    # --- words ---------------------------------------------------------------------------------

    def _assignment(self) -> tuple[str, Word] | None:
        start = self.i
        name = self._name()
        if not name or self.text[self.i : self.i + 1] != "=":
            self.i = start
            return None
        self.i += 1
        if self.text[self.i : self.i + 1] == "(":
            raise Unread(at("=(", self.i - 1) + " is not read here")
        if self.text[self.i : self.i + 1] in ("", *" \t\n;&|)"):
            return name, plain_word("", self.i)
        return name, self.word(assigned=True)

    def _name(self) -> str:
        start = self.i
        while self.i < len(self.text) and self.text[self.i] in NAME + DIGITS:
            if self.i == start and self.text[self.i] in DIGITS:
                break
            self.i += 1
        return self.text[start : self.i]

    def word(self, *, first: bool = False, assigned: bool = False, pattern: bool = False) -> Word:
        """Read one word."""
        begin = self.i
        so_far = plain_word("", begin)
        quoted = False
        while self.i < len(self.text) and self.text[self.i] not in " \t\n;|&<>()":
            letter = self.text[self.i]
            if letter in "'\"\\":
                quoted = quoted or not self.text.startswith("\\\n", self.i)
                self._quoted(letter, so_far)
            elif letter in "$`":
                piece, sure = self._expansion(quoted=False)
                # unquoted, it may be split, matched against files, or turn into a flag
                unruly = not sure or _unruly(piece)
                self._more(so_far, piece, sure=sure, loose=unruly)
                so_far["several"] = so_far["several"] or unruly
            elif letter in "*?[" and not (letter == "[" and self._bounded(1)):
                self._glob(so_far, pattern=pattern)
            elif letter == "{":
                piece, sure = self._brace()
                self._more(so_far, piece, sure=sure, loose=not sure and not so_far["text"])
                so_far["several"] = so_far["several"] or not sure
            elif letter in "[]" or (letter == "!" and (so_far["text"] or self._bounded(1))):
                so_far["text"] += letter
                self.i += 1
            else:
                self._plain(letter, begin, assigned=assigned)
                so_far["text"] += letter
                self.i += 1
        if self.i == begin:
            raise Unread(
                at(self.text[self.i : self.i + 1] or "the end", self.i) + " is not read here"
            )
        if first:
            self._program(so_far["text"], begin, known=so_far["known"], quoted=quoted)
        return so_far

    def _quoted(self, letter: str, so_far: Word) -> None:
        if letter == "'":
            so_far["text"] += self._single()
        elif letter == "\\":
            so_far["text"] += self._escape()
        else:
            piece, sure = self._double()
            leads = not sure and not so_far["text"] and piece.startswith("?")
            self._more(so_far, piece, sure=sure, loose=leads)

    def _more(self, so_far: Word, piece: str, *, sure: bool, loose: bool) -> None:
        so_far["text"] += piece
        so_far["known"] = so_far["known"] and sure
        so_far["loose"] = so_far["loose"] or loose

    def _glob(self, so_far: Word, *, pattern: bool) -> None:
        letter = self.text[self.i]
        self.i += 1
        if letter == "[":
            self._bracket()
        if pattern:
            so_far["text"] += letter
        else:
            self._more(so_far, "?", sure=False, loose=not so_far["text"])
            so_far["several"] = True

    def _program(self, text: str, begin: int, *, known: bool, quoted: bool) -> None:
        if not known:
            raise Unread("what runs at column " + str(begin + 1) + " is not told by the text")
        if quoted:
            raise Unread("a program's name in quotes is not read here")
        if text in REFUSED_WORDS or text.startswith(("^", "=", "~", "%")):
            raise Unread("`" + text + "` is not a simple command")

    def _plain(self, letter: str, begin: int, *, assigned: bool) -> None:
        i = self.i
        if letter == "#" and i > begin:
            return
        if letter not in PLAIN and not (letter > "\x7f" and letter.isalnum()):
            raise Unread(
                at(letter if letter.isprintable() else "U+" + f"{ord(letter):04X}", i)
                + " is not read here"
            )
        if letter == "=" and i == begin and not assigned:
            raise Unread(at("=", i) + " at the start of a word: zsh looks up a program")
        if letter == "~":
            home = i == begin and self.text[i + 1 : i + 2] in ("", "/", *" \t\n;|&)")
            inside = i > begin and self.text[i - 1].isalnum()
            if not home and not inside:
                raise Unread(at("~", i) + " is expanded")

    def _single(self) -> str:
        end = self.text.find("'", self.i + 1)
        if end < 0:
            raise Unread(at("'", self.i) + ": the quote is not closed")
        inner = self.text[self.i + 1 : end]
        self.i = end + 1
        return inner

    def _double(self) -> tuple[str, bool]:
        begin = self.i
        self.i += 1
        parts: list[str] = []
        known = True
        while True:
            letter = self.text[self.i : self.i + 1]
            if not letter:
                raise Unread(at('"', begin) + ": the quote is not closed")
            if letter == '"':
                self.i += 1
                return "".join(parts), known
            if letter == "\\":
                following = self.text[self.i + 1 : self.i + 2]
                if following == "\n":
                    pass
                elif following and following in '$`"\\':
                    parts.append(following)
                else:
                    parts.append("\\" + following)
                self.i += 2
            elif letter in "$`":
                piece, sure = self._expansion(quoted=True)
                parts.append(piece)
                known = known and sure
            elif letter == "!" and self.text[self.i + 1 : self.i + 2] not in ("", *' "=\n'):
                raise Unread(at("!", self.i) + " in quotes may be taken from the history")
            else:
                parts.append(letter)
                self.i += 1

    def _escape(self) -> str:
        following = self.text[self.i + 1 : self.i + 2]
        if not following:
            raise Unread(at("\\", self.i) + " at the end")
        self.i += 2
        return "" if following == "\n" else following

    def _bracket(self) -> None:
        end = self.text.find("]", self.i + 1)
        inner = self.text[self.i : end] if end > 0 else " "
        if any(c in inner for c in " \t\n$`'\"\\;|&<>()"):
            raise Unread(at("[", self.i - 1) + " is not read here")
        self.i = end + 1

    def _brace(self) -> tuple[str, bool]:
        """Read `{}` (itself), or a plain `{a,b}` or `{1..3}`."""
        begin = self.i
        end = self.text.find("}", begin)
        inner = self.text[begin + 1 : end] if end > 0 else " "
        if all(c in NAME + DIGITS for c in inner):  # `{}`, `@{u}`, `^{commit}`: themselves
            self.i = end + 1
            return "{" + inner + "}", True
        if any(c not in PLAIN + "*" or c in "~=" for c in inner) or (
            "," not in inner and ".." not in inner
        ):
            raise Unread(at("{", begin) + " is not read here")
        self.i = end + 1
        first = inner.replace("..", ",").split(",")
        if any(part.startswith("-") for part in first):
            raise Unread(at("{", begin) + " may become a flag")
        return "?", False

    # --- expansions ----------------------------------------------------------------------------

    def _expansion(self, *, quoted: bool) -> tuple[str, bool]:
        """Read what starts with `$` or a backquote; return its value where it is known."""
        text, i = self.text, self.i
        if text[i] == "`":
            end = text.find("`", i + 1)
            if end < 0:
                raise Unread(at("`", i) + ": the quote is not closed")
            inner = text[i + 1 : end]
            if "\\" in inner:
                raise Unread(
                    at("\\", i + 1 + inner.index("\\")) + " in backquotes is not read here"
                )
            self._inner(inner)
            self.i = end + 1
            return "?", False
        following = text[i + 1 : i + 2]
        if text.startswith("$((", i):
            return self._arithmetic()
        if following == "(":
            self.i = i + 2
            self._substitution()
            return "?", False
        if following == "{":
            return self._parameter()
        if following == "'" and not quoted:
            return self._ansi()
        if following and following in NAME:
            self.i += 1
            return self._value(self._name())
        if following == '"' and not quoted:
            raise Unread(at('$"', i) + " is not read here")
        if following and following in "?#$!0123456789@*":
            self.i += 2
            return "?", False
        if following in ("", *' \t\n"/.,:;)%+=|'):
            self.i += 1
            return "$", True
        raise Unread(at("$" + following, i) + " is not read here")

    def _value(self, name: str) -> tuple[str, bool]:
        if name in self.values and self.values[name] != "\0":
            return self.values[name], True
        if self.values.get(name) == "\0":
            return "x?", False
        return "?", False

    def _substitution(self) -> None:
        inner = _Reader(self.text, self.depth + 1)
        inner.i, inner.cwd, inner.values = self.i, self.cwd, dict(self.values)
        inner.unsure = self.unsure
        inner.list_until((")",))
        _all_read(inner)
        self.commands += inner.commands
        self.i = inner.i

    def _inner(self, text: str) -> None:
        inner = _Reader(text, self.depth + 1)
        inner.cwd, inner.values = self.cwd, dict(self.values)
        inner.list_until(())
        _all_read(inner)
        if inner.i < len(text) or not inner.commands:
            raise Unread("the text in backquotes is not read here")
        self.commands += inner.commands

    def _arithmetic(self) -> tuple[str, bool]:
        end = self.text.find("))", self.i)
        inner = self.text[self.i + 3 : end] if end > 0 else "`"
        # names would be evaluated again as expressions, and may hold commands
        if any(c not in DIGITS + " +-*/%()<>=!&|^" for c in inner):
            raise Unread(at("$((", self.i) + " with more than numbers is not read here")
        self.i = end + 2
        return "?", False

    def _parameter(self) -> tuple[str, bool]:
        begin = self.i
        self.i += 2
        if self.text[self.i : self.i + 1] == "#":
            self.i += 1
        name = self._name() or self._special()
        if not name:
            raise Unread(at("${", begin) + " is not read here")
        if self.text[self.i : self.i + 1] == "}":
            self.i += 1
            if self.text[begin + 2] == "#":
                return "?", False
            return self._value(name)
        self._operation(begin)
        return "?", False

    def _operation(self, begin: int) -> None:
        """Read what `${name` does with its value, up to the closing brace."""
        operator = self.text[self.i : self.i + 1]
        if operator not in ("#", "%", ":", "-", "+", "^", ",", "/"):
            raise Unread(at("${", begin) + " is not read here")
        if operator == ":" and self.text[self.i + 1 : self.i + 2] not in ("-", "+"):
            end = self.text.find("}", self.i)
            if any(c not in DIGITS + ": " for c in self.text[self.i : end]):
                raise Unread(at("${", begin) + " with a computed place is not read here")
        while True:
            letter = self.text[self.i : self.i + 1]
            if not letter:
                raise Unread(at("${", begin) + " is not closed")
            if letter == "}":
                self.i += 1
                return
            if letter in "$`":
                self._expansion(quoted=True)
            elif letter in "'\"\\({@=!?[":
                raise Unread(at(letter, self.i) + " in `${` is not read here")
            else:
                self.i += 1

    def _special(self) -> str:
        letter = self.text[self.i : self.i + 1]
        if letter and letter in "?#@*123456789":
            self.i += 1
            return letter
        return ""

    def _ansi(self) -> tuple[str, bool]:
        end = self.text.find("'", self.i + 2)
        inner = self.text[self.i + 2 : end] if end > 0 else "\\"
        plain = inner.replace("\\n", "\n").replace("\\t", "\t")
        if end < 0 or "\\" in plain:
            raise Unread(at("$'", self.i) + " is not read here")
        self.i = end + 1
        return plain, True

    # --- redirections and here-documents ---------------------------------------------------------

    def _redirection(self) -> Redirection | None:
        start = self.i
        j = start
        while self.text[j : j + 1] and self.text[j] in DIGITS:
            j += 1
        for op in ("&>>", "&>", "<<<", "<<-", "<<", "<>", "<&", "<", ">>", ">|", ">&", ">"):
            if not self.text.startswith(op, j):
                continue
            if op.startswith("&") and j > start:
                return None
            if op in ("<", ">") and self.text[j + 1 : j + 2] == "(":
                return self._process(j)
            if op == ">>" and self.text[j + 2 : j + 3] in "|!&" and self.text[j + 2 : j + 3]:
                raise Unread(at(">>", j) + " of this form is not read here")
            if op in (">", ">&", "&>", "&>>") and self.text[j + len(op) : j + len(op) + 1] == "!":
                raise Unread(at(op + "!", j) + " is not read here")
            self.i = j + len(op)
            if op in ("<<", "<<-"):
                return self._heredoc(op)
            self._blanks()
            return {"op": op, "target": self.word()}
        return None

    def _process(self, j: int) -> Redirection:
        if self.text[j] == ">":
            raise Unread(at(">(", j) + " is not read here")
        self.i = j + 2
        self._substitution()
        target = plain_word("?", j)
        target["known"] = False
        return {"op": "<(", "target": target}

    def _heredoc(self, op: str) -> Redirection:
        self._blanks()
        quoted = self.text[self.i : self.i + 1] in ("'", '"', "\\")
        begin = self.i
        word = self.word()
        if not word["known"] or not word["text"].replace("_", "a").isalnum():
            raise Unread(at("<<", begin) + " with this end is not read here")
        self.pending.append((word["text"], quoted, op == "<<-"))
        return {"op": op, "target": word}

    def _documents(self) -> None:
        """Read the bodies of here-documents, which start after the line that names them."""
        for end, quoted, tabs in self.pending:
            while True:
                if self.i >= len(self.text):
                    raise Unread("the here-document `" + end + "` is not closed")
                stop = self.text.find("\n", self.i)
                stop = len(self.text) if stop < 0 else stop
                line = self.text[self.i : stop]
                begin, self.i = self.i, min(stop + 1, len(self.text))
                if (line.lstrip("\t") if tabs else line) == end:
                    break
                if not quoted:
                    for mark in ("$", "`", "\\"):
                        if mark in line:
                            raise Unread(
                                at(mark, begin + line.index(mark))
                                + " in a here-document is not read here"
                            )
        self.pending = []

    def _blanks(self, *, lines: bool = False) -> None:
        while self.i < len(self.text):
            if self.text[self.i] in BLANK:
                self.i += 1
            elif self.text.startswith("\\\n", self.i):
                self.i += 2
            elif self.text[self.i] == "#":
                end = self.text.find("\n", self.i)
                self.i = len(self.text) if end < 0 else end
            elif lines and self.text[self.i] == "\n":
                self.i += 1
                self._documents()
            else:
                return
