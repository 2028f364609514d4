"""One word of shell text: quoting, expansions and arithmetic, for what bash and zsh both mean.

Allow-list throughout: a form that is not read here raises Unread with its place. Nothing is
expanded but values that the same text assigned; of the rest a word keeps what can be said of it
before it runs: whether it may start with a dash, become several words, or is a number.
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
        kind: str  # what is known of it where its text is not: one of KINDS, FOUND or ""
        at: int


LETTERS = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ_"
DIGITS = "0123456789"
NAME = LETTERS + DIGITS
# what stands for itself in a bare word of both shells, wherever it stands in it
PLAIN = NAME + "-./,:+%@"
ENDS = " \t\n;|&<>()"
BARE_ENDS = " \t\n;|)"
# what stands for itself between double quotes
QUOTED = PLAIN + " \t\n#'()*;<=>?[]^{|}~&"
CHUNK = 64  # how far to look ahead for letters that stand for themselves

# lower-case names that zsh ties to settings of its own, PATH among them
TIED = (
    "path", "fpath", "cdpath", "manpath", "mailpath", "module_path", "prompt", "ifs", "argv",
    "aliases", "functions", "commands", "options", "histchars", "psvar", "watch", "dirstack",
    "status", "pipestatus", "nameddirs", "parameters", "modules", "builtins", "signals",
    "galiases", "saliases", "dis_aliases", "dis_galiases", "dis_saliases", "dis_functions",
    "dis_builtins", "functions_source", "userdirs", "usergroups", "keymaps", "widgets", "errno",
)  # fmt: skip
# Names, and beginnings of names, that shells and programs read as settings.
SETTINGS = (
    "PATH", "IFS", "CDPATH", "ENV", "BASH", "SHELL", "PS0", "PS1", "PS2", "PS3", "PS4", "PROMPT",
    "RPROMPT", "RPS", "SPROMPT", "HIST", "FCEDIT", "FIGNORE", "FPATH", "FUNCNEST", "GLOB",
    "HOME", "HOST", "INPUTRC", "EXECIGNORE", "TIMEFORMAT", "TIMEFMT", "TMOUT", "TMP", "TEMP",
    "MAIL", "MODULE", "NULLCMD", "READNULLCMD", "OPT", "POSIX", "PWD", "OLDPWD", "RANDOM",
    "SECONDS", "SRANDOM", "STTY", "TTY", "UID", "EUID", "GID", "EGID", "USERNAME", "USER",
    "LOGNAME", "ZDOTDIR", "ZSH", "LINENO", "KEYTIMEOUT", "WORDCHARS", "LD_", "DYLD_", "GIT_",
    "LESS", "MORE", "MAN", "PAGER", "EDITOR", "VISUAL", "BROWSER", "PYTHON", "NODE", "NPM",
    "PERL", "RUBY", "GEM", "BUNDLE", "XDG_", "RIPGREP", "GREP_", "AWK", "GAWK", "GCONV", "LOC",
    "NLS", "TZDIR", "MALLOC", "GLIBC", "RES_", "JAVA", "JDK", "_JAVA", "CLASSPATH", "TAR_", "UNZIP",
    "ZIP", "GZIP", "BZIP", "XZ_", "ZSTD", "JQ_", "TREE_", "FZF", "BAT_", "FD_", "LS_", "OPENSSL",
    "SSL", "MAGIC", "DIFF", "SSH", "GPG", "GNUPG", "CLAUDE", "STAGELOCK", "ANTHROPIC", "DOCKER",
    "KUBE", "CARGO", "RUST", "GO", "MAKE", "MFLAGS", "CC", "CXX", "PIP", "UV_", "VIRTUAL_ENV",
    "CONDA", "TERMINFO", "TERMCAP", "DISPLAY", "DBUS", "PS_", "POSIXLY", "BC_", "SQLITE", "PG",
    "SHLVL", "ERRNO", "SAVEHIST", "LISTMAX", "LINES", "COLUMNS", "LOGCHECK", "DIRSTACK", "BAUD",
    "REPORT", "ARGC", "PERIOD", "HTTP", "HTTPS", "ALL_PROXY", "NO_PROXY", "FTP", "CURL", "WGET",
    "CI", "HUSKY", "SKIP",
)  # fmt: skip

# Variables that shells set behind the text: their value is never known.
VOLATILE = ("_", "REPLY", "reply", "MAPFILE", "MATCH", "MBEGIN", "MEND", "match", "mbegin", "mend")

# What is known of a variable's value beside its text: no text of a command holds a NUL.
LINE = "\0line"  # it never starts with a dash, but blanks may part it
ATOM = "\0atom"  # nor is there a blank or a mark in it
NUMBER = "\0number"  # it is digits
# What the world sets, unless the text does.
GIVEN = {"HOME": ATOM, "USER": ATOM, "PWD": LINE}
TOP = "\0top"  # the top folder of the repository
KINDS = (LINE, ATOM, NUMBER, TOP)
ARGUMENT = "\0argument"  # what a function was called with; looked at where it is called
COUNTED = "\0counted"  # a number, a blank and anything
FOUND = "\0found"  # the name of a file that is there; it may start with a dash
HELD = (FOUND, ARGUMENT)  # of which nothing is known but where it is from


class Unread(Exception):
    """Not read, and why."""


def plain_word(text: str, i: int) -> Word:
    """Return a word that means just what it says."""
    return {"text": text, "known": True, "loose": False, "several": False, "kind": "", "at": i}


def is_number(word: Word) -> bool:
    """Say whether a word can be nothing but digits."""
    return word["kind"] == NUMBER or (word["known"] and is_digits(word["text"]))


def may_be_flag(word: Word) -> bool:
    """Say whether a word may start with a dash once it is expanded."""
    return word["loose"] or word["text"].startswith(("-", "?"))


def worth(word: Word) -> str:
    """Return what is known of a variable that was given this word."""
    if word["known"]:
        return word["text"]
    return word["kind"] or ("?" if may_be_flag(word) else LINE)


def at(mark: str, i: int) -> str:
    """Name a mark and its column."""
    return "`" + mark + "` at column " + str(i + 1)


def is_setting(name: str) -> bool:
    """Say whether assigning this variable may change what shells or programs do."""
    return name in TIED or name.startswith(SETTINGS) or name.endswith("_functions")


def _not_home(piece: str, before: str) -> str:
    """Spell a quoted `~` so that nobody takes it for the home folder."""
    return "./" + piece if piece.startswith("~") and not before else piece


def _unruly(value: str) -> bool:
    """Say whether a value, unquoted, would not stay one plain operand."""
    return not value or value.startswith("-") or any(c in value for c in " \t\n*?[~")


class Words:
    """A place in a text, and the values known there; reads one word at a time."""

    def __init__(self, text: str, i: int) -> None:
        self.text = text
        self.i = i
        self.values: dict[str, str] = {}  # variables of which something is known here
        self.touched: dict[str, bool] = {}  # those assigned so far, and whether always a number
        self.fixed: list[str] = []  # those that cannot be assigned any more
        self.in_function = False
        self.unsure = 0  # how many conditions stand around: what is assigned there may not be

    def substitution(self, text: str | None) -> str:
        """Read the commands of a substitution here, or those of `text`; say what they print.

        The answer is one of KINDS or "". Given by the reader of commands.
        """
        raise NotImplementedError

    # --- words -----------------------------------------------------------------------------------

    def word(self, *, first: bool = False, assigned: bool = False, pattern: bool = False) -> Word:
        """Read one word; `first` where it names what runs, `assigned` after a `=`."""
        begin = self.i
        text = self.text
        so_far = plain_word("", begin)
        quoted = False
        while self.i < len(text):
            chunk = text[self.i : self.i + CHUNK]
            rest = chunk.lstrip(PLAIN)
            if len(rest) < len(chunk):
                so_far["text"] += chunk[: len(chunk) - len(rest)]
                self.i += len(chunk) - len(rest)
                continue
            letter = text[self.i]
            if letter in ENDS:
                break
            if letter in "'\"\\":
                quoted = quoted or not text.startswith("\\\n", self.i)
                self._quote(letter, so_far)
            elif letter in "$`":
                self._unquoted_value(so_far, assigned=assigned)
            elif letter in "*?[" and not (letter == "[" and self.bounded(1)):
                self._glob(so_far, pattern=pattern or assigned)
            elif letter == "{":
                from .expansions import brace  # loaded where one is met

                piece, sure = brace(self)
                self._more(so_far, piece, sure=sure, loose=not sure and not so_far["text"])
                so_far["several"] = so_far["several"] or not sure
            elif letter in "[]" or (letter == "!" and self._is_bang(so_far["text"])):
                so_far["text"] += letter
                self.i += 1
            else:
                self._other(letter, begin, assigned=assigned)
                so_far["text"] += letter
                self.i += 1
        if self.i == begin and not assigned:
            raise Unread(at(text[self.i : self.i + 1] or "the end", self.i) + " is not read here")
        if first:
            self.starts(so_far["text"], begin, known=so_far["known"], quoted=quoted)
        return so_far

    def bare(self) -> str:
        """Read a word of nothing but letters that stand for themselves, "" where there is none.

        What `word` would read as well, and most words are; this is the short way.
        """
        chunk = self.text[self.i : self.i + CHUNK]
        rest = chunk.lstrip(PLAIN)
        size = len(chunk) - len(rest)
        if not size or (rest[0] not in BARE_ENDS if rest else self.i + size < len(self.text)):
            return ""
        self.i += size
        return chunk[:size]

    def _is_bang(self, before: str) -> bool:
        return bool(before) or self.bounded(1) or self.text.startswith("!= ", self.i)

    def bounded(self, size: int) -> bool:
        """Say whether a word ends `size` letters from here."""
        return self.text[self.i + size : self.i + size + 1] in ("", *" \t\n;)")

    def name(self) -> str:
        """Read an identifier, "" where there is none."""
        start = self.i
        if self.text[start : start + 1] in LETTERS:
            while True:
                chunk = self.text[self.i : self.i + CHUNK]
                rest = chunk.lstrip(NAME)
                self.i += len(chunk) - len(rest)
                if rest or not chunk:
                    break
        return self.text[start : self.i]

    def _unquoted_value(self, so_far: Word, *, assigned: bool) -> None:
        alone = not so_far["text"]
        piece, sure = self.expansion(quoted=False)
        if piece in KINDS:
            # blanks may part it, and what comes after them may start with a dash
            self._more(so_far, "x?", sure=False, loose=piece in (LINE, TOP) and not assigned)
            so_far["several"] = so_far["several"] or (piece != NUMBER and not assigned)
        else:
            # unquoted, it may be split, matched against files, or turn into a flag
            unruly = not sure or _unruly(piece)
            self._more(so_far, "?" if piece in HELD else piece, sure=sure, loose=unruly)
            so_far["several"] = so_far["several"] or (unruly and not assigned)
        whole = alone and self._at_word_end()
        so_far["kind"] = piece if piece in (*KINDS, *HELD) and whole else ""

    def _quote(self, letter: str, so_far: Word) -> None:
        if letter in "'\\":
            piece = self._single() if letter == "'" else self._escape()
            so_far["text"] += _not_home(piece, so_far["text"])
        else:
            alone = not so_far["text"]
            piece, sure = self.double()
            if piece in KINDS:
                self._more(so_far, "x?", sure=False, loose=False)
                so_far["kind"] = piece if alone and self._at_word_end() else ""
                return
            if piece in HELD:
                so_far["kind"], piece = piece if alone and self._at_word_end() else "", "?"
            leads = not sure and alone and piece.startswith("?")
            piece = _not_home(piece, so_far["text"])
            self._more(so_far, piece, sure=sure, loose=leads)
            so_far["several"] = so_far["several"] or piece.endswith("\0")
            so_far["text"] = so_far["text"].rstrip("\0")

    def _at_word_end(self) -> bool:
        return self.text[self.i : self.i + 1] in ("", *ENDS)

    def _more(self, so_far: Word, piece: str, *, sure: bool, loose: bool) -> None:
        so_far["text"] += piece
        so_far["known"] = so_far["known"] and sure
        so_far["loose"] = so_far["loose"] or loose

    def _glob(self, so_far: Word, *, pattern: bool) -> None:
        letter = self.text[self.i]
        self.i += 1
        if letter == "[":
            from .expansions import bracket  # likewise

            bracket(self)
        if pattern:
            so_far["text"] += letter
        else:
            if not so_far["text"]:
                so_far["kind"] = FOUND
            self._more(so_far, "?", sure=False, loose=not so_far["text"])
            so_far["several"] = True

    def starts(self, text: str, begin: int, *, known: bool = True, quoted: bool = False) -> None:
        """Refuse a word that does not name what runs as both shells would take it."""
        if not known:
            raise Unread("what runs at column " + str(begin + 1) + " is not told by the text")
        if quoted:
            raise Unread("a program's name in quotes is not read here")
        if text.startswith(("^", "=", "~", "%")):
            raise Unread("`" + text + "` is not a simple command")

    def _other(self, letter: str, begin: int, *, assigned: bool) -> None:
        i = self.i
        if letter == "#" and i > begin:
            return
        if letter == "}" and i > begin:
            return
        if letter == "=":
            if i == begin and not assigned and not self.bounded(1):
                raise Unread(at("=", i) + " at the start of a word: zsh looks up a program")
        elif letter == "~":
            home = i == begin and self.text[i + 1 : i + 2] in ("", "/", *" \t\n;|&)")
            inside = i > begin and self.text[i - 1].isalnum()
            if not home and not inside:
                raise Unread(at("~", i) + " is expanded")
        elif letter != "^" and not (letter > "\x7f" and letter.isalnum()):
            shown = letter if letter.isprintable() else "U+" + f"{ord(letter):04X}"
            raise Unread(at(shown, i) + " is not read here")

    # --- quotes ----------------------------------------------------------------------------------

    def _single(self) -> str:
        end = self.text.find("'", self.i + 1)
        if end < 0:
            raise Unread(at("'", self.i) + ": the quote is not closed")
        inner = self.text[self.i + 1 : end]
        self.i = end + 1
        return inner

    def double(self) -> tuple[str, bool]:
        """Read `"…"`; a piece that ends in NUL may become several words (`"$@"`)."""
        begin = self.i
        self.i += 1
        piece, known = self.quoted('"')
        if self.i >= len(self.text):
            raise Unread(at('"', begin) + ": the quote is not closed")
        self.i += 1
        return piece, known

    def quoted(self, end: str) -> tuple[str, bool]:
        """Read what stands between double quotes, or in a here-document (`end` is "")."""
        text = self.text
        parts: list[str] = []
        known = True
        kinds = 0
        while self.i < len(text):
            chunk = text[self.i : self.i + CHUNK]
            rest = chunk.lstrip(QUOTED)
            if len(rest) < len(chunk):
                parts.append(chunk[: len(chunk) - len(rest)])
                self.i += len(chunk) - len(rest)
                continue
            letter = text[self.i]
            if letter == end:
                break
            if letter == "\\":
                following = text[self.i + 1 : self.i + 2]
                if following == "\n" and not end:
                    raise Unread(at("\\", self.i) + " before a line's end in a here-document")
                if following and (following in "$`\\" or (following == '"' and end)):
                    parts.append(following)
                elif following != "\n":
                    parts.append("\\" + following)
                self.i += 2
            elif letter in "$`":
                piece, sure = self.expansion(quoted=True)
                kinds += piece in KINDS or piece in HELD
                parts.append(piece)
                known = known and sure
            elif letter == "!" and end and text[self.i + 1 : self.i + 2] not in ("", *' "=(\n'):
                raise Unread(at("!", self.i) + " in quotes may be taken from the history")
            else:
                parts.append(letter)
                self.i += 1
        if kinds and len(parts) == 1:
            return parts[0], known
        if kinds:
            parts = ["x?" if part in KINDS else part for part in parts]
            parts = ["?" if part in HELD else part for part in parts]
        piece = "".join(parts)
        return (piece.replace("\0", "") + "\0" if "\0" in piece else piece), known

    def _escape(self) -> str:
        following = self.text[self.i + 1 : self.i + 2]
        if not following:
            raise Unread(at("\\", self.i) + " at the end")
        self.i += 2
        if following == "\n" and self.text[self.i : self.i + 1] in ("<", ">"):
            raise Unread(at("\\", self.i - 2) + ": a line that goes on with a redirection")
        return "" if following == "\n" else following

    # --- expansions ------------------------------------------------------------------------------

    def expansion(self, *, quoted: bool) -> tuple[str, bool]:
        """Read what starts with `$` or a backquote; return its value, or LINE or NUMBER."""
        text, i = self.text, self.i
        if text[i] == "`":
            from .expansions import backquotes  # likewise

            return backquotes(self)
        following = text[i + 1 : i + 2]
        if text.startswith("$((", i):
            self.i = i + 3
            from .arithmetic import arithmetic  # likewise

            arithmetic(self, "))")
            return NUMBER, False
        if following == "(":
            self.i = i + 2
            return self.substitution(None) or "?", False
        if following == "{":
            from .expansions import parameter  # likewise

            return parameter(self)
        if following == "'" and not quoted:
            from .expansions import ansi  # likewise

            return ansi(self)
        if following and following in LETTERS:
            self.i += 1
            found = self.value(self.name())
            self._refuse_subscript()
            return found
        if following and following in "?#$!0123456789@*-":
            self.i += 2
            self._refuse_subscript()
            if following in "@*":
                return ("?\0" if quoted and following == "@" else "?"), False
            if following in "123456789" and self.in_function:
                return ARGUMENT, False
            return (NUMBER if following in "?#$!" else "?"), False
        if following in ("", *" \t\n/.,:;)%+=|\\]}^~") or (following == '"' and quoted):
            self.i += 1
            return "$", True
        raise Unread(at("$" + following, i) + " is not read here")

    def _refuse_subscript(self) -> None:
        """Refuse `$x[...]` and `$x:t`: zsh evaluates or changes it, in double quotes too."""
        letter = self.text[self.i : self.i + 1]
        if letter == "[" or (letter == ":" and self.text[self.i + 1 : self.i + 2].isalpha()):
            raise Unread(at(letter, self.i) + " behind a variable: write `${x}` for zsh")

    def value(self, name: str) -> tuple[str, bool]:
        value = self.values.get(name, "?" if name in self.touched else GIVEN.get(name, "?"))
        return value, name in self.values and value not in (*KINDS, *HELD)

    def is_number(self, name: str) -> bool:
        return number_value(self.values.get(name, ""))

    def assign(self, name: str, value: str) -> None:
        """Note that a variable has a value from here on; "?" where nothing is known of it."""
        if name in VOLATILE:
            value = "?"
        if name in self.fixed:
            raise Unread("`" + name + "` is read-only here")
        self.touched[name] = self.touched.get(name, True) and number_value(value)
        if self.unsure:
            value = _either(self.values.get(name, "?"), value)
        if value == "?":
            self.values.pop(name, None)
        else:
            self.values[name] = value


def number_value(value: str) -> bool:
    """Say whether a variable's value can be nothing but digits."""
    return value == NUMBER or is_digits(value)


def is_digits(text: str) -> bool:
    return text.isdigit() and text.isascii()


def either_of(one: dict[str, str], other: dict[str, str]) -> dict[str, str]:
    """Return what is known of variables that have either these values or those."""
    both = {name: _either(one.get(name, "?"), value) for name, value in other.items()}
    return {name: value for name, value in both.items() if value != "?"}


def _either(one: str, other: str) -> str:
    """Return what holds of a value that is one or the other."""
    if one == other:
        return one
    if number_value(one) and number_value(other):
        return NUMBER
    for kind, enough in ((ATOM, (ATOM, NUMBER)), (LINE, KINDS)):
        if all(v in enough or (v != "?" and not _unruly(v)) for v in (one, other)):
            return kind
    return "?"
