"""What a program prints, where its form alone tells: numbers, or names without a dash.

A word that comes from such a command cannot turn into a flag, and what only holds digits may be
evaluated. Everything else is taken to print anything.
"""

from __future__ import annotations

from .words import ATOM, COUNTED, FOUND, LINE, NUMBER, TOP

TYPE_CHECKING = False
if TYPE_CHECKING:
    from .words import Word

# The words a command begins with, and what each line it prints is. Names of branches, tags and
# commits never start with a dash and hold no blank: git refuses to make such a one.
OUTPUTS = (
    ("git rev-list --count", NUMBER),
    ("nproc", NUMBER),
    ("id -u", NUMBER),
    ("id -g", NUMBER),
    ("date +%s", NUMBER),
    ("date +%Y", NUMBER),
    ("git rev-parse --show-toplevel", TOP),
    ("git rev-parse", ATOM),
    ("git rev-list", ATOM),
    ("git merge-base", ATOM),
    ("git branch --show-current", ATOM),
    ("git branch --format=%(refname)", ATOM),
    ("git branch --format=%(refname:short)", ATOM),
    ("git for-each-ref --format=%(refname)", ATOM),
    ("git for-each-ref --format=%(refname:short)", ATOM),
    ("git for-each-ref --format=%(objectname)", ATOM),
    ("git describe", ATOM),
    ("git symbolic-ref", ATOM),
    ("git hash-object", ATOM),
    ("git tag", ATOM),
    ("git log --format=%h", ATOM),
    ("git log --format=%H", ATOM),
    ("git log --pretty=%h", ATOM),
    ("git log --pretty=%H", ATOM),
    ("git log --pretty=format:%h", ATOM),
    ("git log --pretty=format:%H", ATOM),
    ("pwd", LINE),
    ("realpath", LINE),
    ("readlink -f", LINE),
)
# Flags that may stand beside those words and put nothing else into the lines.
CHOOSING = (
    "--all -a -r -l --list --merges --no-merges --tags --max-parents=0 --first-parent "
    "--reverse --always --exact-match --abbrev=0 --verify --quiet -q --short --abbrev-ref "
    "--short=7 --short=8 --short=12 --no-pager --merged --no-merged --sort=-committerdate "
    "--since --"
)
# What `find` may do with what it finds, beside printing it as the last thing.
SPELLING = ("--format", "--pretty", "--label", "--time-style")  # flags that bring text of their own
FIND_ACTIONS = (
    "-exec", "-execdir", "-ok", "-okdir", "-ls", "-printf", "-print", "-print0", "-fprint",
    "-fprintf", "-fprint0", "-fls",
)  # fmt: skip
# Programs that let lines through, or fewer of them.
FILTERS = {
    "head": ("-n",),
    "tail": ("-n",),
    "sort": ("-u", "-r", "-n", "-rn", "-nr", "-V", "-R", "-f"),
    "uniq": ("-d", "-u"),
    "cat": (),
    "tac": (),
    "shuf": ("-n",),
}


def kind_of_output(words: list[Word], feed: str) -> str:
    """Return NUMBER, ATOM or LINE for a command whose input lines are `feed`, else ""."""
    if not words or any(word["loose"] for word in words):
        return ""
    texts = [word["text"] for word in words]
    name = texts[0]
    if any(text.startswith(SPELLING) for text in texts):
        return _by_beginning(texts) if told_by_text(words) else ""
    if name in ("wc", "grep", "stat", "seq"):
        lists = name == "grep" and any(t[:1] == "-" and "l" in t and t[1:2] != "-" for t in texts)
        if name == "wc" and texts[1:2] in (["-l"], ["-c"], ["-w"]) and len(texts) > 2:
            return COUNTED  # GNU quotes a name that would start a line of its own
        counts = _counts(name, texts[1:]) and not any(word["several"] for word in words)
        return NUMBER if counts else FOUND if lists else ""
    if name == "uniq" and "-c" in texts:
        plain = all(t in ("-c", "-i", "-d", "-u") or t[:1] != "-" for t in texts[1:])
        return COUNTED if plain else ""
    if name in FILTERS:
        return feed if _lets_lines_through(name, texts[1:]) else ""
    if name == "tr":
        return feed if feed == NUMBER and texts[1:2] == ["-d"] else ""
    if name == "find" and not any(text in FIND_ACTIONS for text in texts[:-1]):
        return LINE if texts[-1] == "-print0" else FOUND
    if name == "ls" or texts[:2] == ["git", "ls-files"] or "--name-only" in texts:
        return FOUND
    if name == "rg" and any(text in ("-l", "--files", "--files-with-matches") for text in texts):
        return FOUND
    return _by_beginning(texts) if told_by_text(words) else ""


def told_by_text(words: list[Word]) -> bool:
    """Say whether all words are such as a program echoes as the one word each is."""
    return all(word["known"] and _is_plain(word["text"]) for word in words[1:])


def _is_plain(text: str) -> bool:
    """Say whether a word is one that a program echoes as the one word it is."""
    return all(letter.isalnum() or letter in "-_./~^@{}:%()=+," for letter in text)


def _lets_lines_through(name: str, given: list[str]) -> bool:
    """Say whether a filter is given nothing but how many lines, or how to sort them."""
    counted = False
    for text in given:
        number = (
            text.lstrip("-").isdigit()
            if counted
            else text[:1] == "-" and text.lstrip("-n").isdigit()
        )
        if not number and text not in FILTERS[name]:
            return False
        counted = text == "-n" and name in ("head", "tail", "shuf")
    return not counted


def _by_beginning(texts: list[str]) -> str:
    if texts[:2] == ["git", "tag"] and any(text.startswith("-n") for text in texts):
        return ""  # with the first line of each message
    plain = [text for text in texts[1:] if not (text.startswith("-") and _chooses(text))]
    flags = {*texts[1:]}
    for beginning, kind in OUTPUTS:
        first = beginning.split()
        if first[0] != "git" and kind == NUMBER and len(texts) > len(first):
            continue  # another flag may have it print names
        if first[0] != texts[0] or not flags.issuperset(first[1:]):
            continue
        rest = [text for text in plain if text not in first]
        return kind if not any(text.startswith(("-", "+")) for text in rest) else ""
    return ""


def _chooses(flag: str) -> bool:
    return (
        flag in CHOOSING.split()
        or flag.startswith("--max-count=")
        or flag[1:].isdigit()
        or flag in ("-n", "--count")
        or flag[:3] == "-n1"
    )


def _counts(name: str, given: list[str]) -> bool:
    """Say whether a command prints one number, and no name beside it."""
    operands = [text for text in given if not text.startswith("-")]
    letters = "".join(text[1:] for text in given if text.startswith("-"))
    if name == "wc":
        return not operands and letters in ("l", "c", "w", "m", "L")
    if name == "grep":
        return "c" in letters and all(c in "cEFiPvwxsoq" for c in letters) and len(operands) <= 2
    if name == "stat":
        return letters == "c" and operands[:1] in (["%s"], ["%Y"]) and len(operands) == 2
    return not letters and all(operand.isdigit() for operand in operands)
