"""Commands changed by chance: spliced, cut, quoted, joined; the same ones for the same seed."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from random import Random

PIECES = (
    ";", "&&", "||", "|", "|&", "&", "\n", "\\\n", ";;", "(", ")", "{ ", "; }", "! ",
    ">", ">>", ">|", "2>&1", ">&2", "&>", "<", "<>", "<<<", ">&", "<&-", "2>", "> f", ">f ",
    "'", '"', "\\", "$'", '$"', "`", "''", '""',
    "$(", "$((", "))", "${", "}", "${x:-", "${x#", "$x", "$1", "$", "$((1+2))", "$(ls)", "`ls`",
    "<(ls)", ">(ls)", "*", "?", "[a]", "{a,b}", "{1..3}", "~", "~/", "=", "a=b ", "a+=b ", "x=",
    "#", " #", "# c\n", " # c\\\n", "\n#\n", "A=#x", "a#b",
    " <<E\nx\nE\n", " <<'E'\n$x\nE\n", " <<-E\n\tx\n\tE\n", " <<E\n$(ls)\nE\n", "<<E", "\nE\n",
    "if ls; then ", "; fi", "for i in a b; do ", "; done", "while ls; do ", "case a in a) ",
    ";; esac", "f() { ", "function g { ", "[[ a == b ]] ", "[[ ", " ]]", "(( 1 ))", "a=(b c) ",
    "[ -f a ] ", "time ", "coproc ", "export a=b ", "exec ", "eval ", "rm a ", "touch f ",
    " ", "\t", "  ", "\r", "\x0b", "\u00a0", "é", "-", "--", "a", "1",
)  # fmt: skip


def mutated(corpus: list[str], chance: Random) -> str:
    """Return one text of the corpus, changed one to four times."""
    text = chance.choice(corpus)
    for _ in range(chance.randint(1, 4)):
        text = chance.choice(CHANGES)(text, corpus, chance)
    return text[:2000]


def _insert(text: str, corpus: list[str], chance: Random) -> str:
    i = _place(text, chance)
    return text[:i] + chance.choice(PIECES) + text[i:]


def _splice(text: str, corpus: list[str], chance: Random) -> str:
    other = chance.choice(corpus)
    i, j = _place(text, chance), _place(other, chance)
    return text[:i] + other[j : j + chance.randint(1, 30)] + text[i:]


def _join(text: str, corpus: list[str], chance: Random) -> str:
    return text + chance.choice(PIECES) + chance.choice(corpus)


def _cut(text: str, corpus: list[str], chance: Random) -> str:
    i = _place(text, chance)
    return text[:i] + text[i + chance.randint(1, 4) :]


def _swap(text: str, corpus: list[str], chance: Random) -> str:
    words = text.split(" ")
    i, j = chance.randrange(len(words)), chance.randrange(len(words))
    words[i], words[j] = words[j], words[i]
    return " ".join(words)


def _repeat(text: str, corpus: list[str], chance: Random) -> str:
    i = _place(text, chance)
    return text[:i] + text[i : i + chance.randint(1, 12)] + text[i:]


def _wrap(text: str, corpus: list[str], chance: Random) -> str:
    i = _place(text, chance)
    j = i + chance.randint(0, 12)
    opening, closing = chance.choice(WRAPS)
    return text[:i] + opening + text[i:j] + closing + text[j:]


def _whole(text: str, corpus: list[str], chance: Random) -> str:
    opening, closing = chance.choice(WRAPS)
    return opening + text + closing


def _case(text: str, corpus: list[str], chance: Random) -> str:
    i = _place(text, chance)
    return text[:i] + text[i : i + 6].swapcase() + text[i + 6 :]


def _break(text: str, corpus: list[str], chance: Random) -> str:
    return text.replace(" ", chance.choice(("\n", "\\\n", " \\\n ", "\t", "  ")), 1)


def _place(text: str, chance: Random) -> int:
    return chance.randint(0, len(text))


WRAPS = (
    ("'", "'"), ('"', '"'), ("$(", ")"), ("`", "`"), ('"$(', ')"'), ("(", ")"), ("{ ", "; }"),
    ("<(", ")"), ("${x:-", "}"), ("$'", "'"), ("sh -c '", "'"), ("if ", "; then ls; fi"),
    ("for i in 1 2; do ", "; done"), ("f() { ", "; }; f"), ("case a in a) ", ";; esac"),
    ("cat <<E\n", "\nE\n"), ("cat <<'E'\n", "\nE\n"), ("cat <<E\n$(", ")\nE\n"), ("! ", ""),
    ("echo $(cat <<E\n", "\nE\n)"), ("a=(", ")"), ("[[ ", " ]]"), ("$((", "))"), ("\\\n", ""),
)  # fmt: skip
CHANGES = (_insert, _insert, _insert, _splice, _splice, _join, _cut, _cut, _swap, _repeat, _wrap,
           _wrap, _whole, _case, _break)  # fmt: skip
