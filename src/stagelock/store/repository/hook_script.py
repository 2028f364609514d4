"""The scripts that git starts: one look at the disk outside a run, else the books are asked."""

from __future__ import annotations

import shlex

from stagelock.store.library import PACKAGE

MARK = "# written by stagelock: git-hooks"
ENTRY = PACKAGE[: -len("src/stagelock/")] + "/hooks/git.py"
ENTRY = ENTRY.replace("//", "/")
OURS = (
    "pre-commit",
    "pre-merge-commit",
    "commit-msg",
    "pre-rebase",
    "pre-push",
    "reference-transaction",
    "post-commit",
)
# harmless where nobody is behind, so a hook that comes later is passed on to as well
PASSED_ON = (
    "applypatch-msg",
    "pre-applypatch",
    "post-applypatch",
    "prepare-commit-msg",
    "post-checkout",
    "post-merge",
    "post-rewrite",
    "pre-auto-gc",
)

HEAD = """#!/bin/sh
{mark}; see `stagelock git-hooks status`, undo with `stagelock git-hooks uninstall`
name={name} entry={entry} home={home} behind={behind}
next=${behind:+$behind/$name}
"""
GO_ON = """[ -n "$next" ] && [ -x "$next" ] || exit 0
exec "$next" "$@"
"""
# The same first look as hooks.json takes, and one at the state home of whoever installed this: a
# work tree that the client made for a subagent has no stage file, and its shell may name any home.
GUARD = """case "$XDG_STATE_HOME" in /*) s=$XDG_STATE_HOME;; *) s=$HOME/.local/state;; esac
live() { [ -d "$1/stagelock/live" ] || [ -e .stagelock/stage.json ]; }
elsewhere() { [ "$home" != "$s" ] && [ ! -e .stagelock/stage.json ] && live "$home"; }
guard() {
  if live "$s"; then look "$s" "$@" || return 1; fi
  if elsewhere; then look "$home" "$@" || return 1; fi
}
look() {
  if [ ! -f "$entry" ]; then
    [ -e .stagelock/stage.json ] || return 0
    echo "[stagelock] refused: $entry is gone, so nothing opens (rule error/no-entry)" >&2
    echo "next: your human runs \\`stagelock git-hooks install\\` in a terminal" >&2
    return 1
  fi
  p=/usr/bin/python3; [ -x "$p" ] || p=python3
  at=$1; shift
  XDG_STATE_HOME=$at "$p" -I -S "$entry" "$name" "$@" && return 0
  # 1 is a refusal that was told; anything else is no answer
  [ $? -eq 1 ] || echo "[stagelock] refused: python3 3.9 or newer did not start, so nothing opens \
(rule error/no-python); next: your human installs it" >&2
  return 1
}
"""
# what stands behind may change files, so the books are asked once more after it
BEFORE = """guard "$@" || exit 1
[ -n "$next" ] && [ -x "$next" ] || exit 0
"$next" "$@" || exit $?
guard "$@"
"""
# git says on standard input what it is about; both read it
WITH_INPUT = """input=$(cat)
give() { [ -z "$input" ] || printf '%s\\n' "$input"; }
if live "$s" || elsewhere; then give | guard "$@" || exit 1; fi
[ -z "$next" ] || [ ! -x "$next" ] || give | "$next" "$@" || exit $?
"""
# Every change of a reference comes by here: `prepared` is the only state that can be refused, and
# where no run is live the hook behind is all there is.
PREPARED = """if [ "$1" != prepared ] || { ! live "$s" && ! elsewhere; }; then
  [ -n "$next" ] && [ -x "$next" ] || exit 0
  exec "$next" "$@"
fi
"""
AFTER = """guard "$@"
"""
# Notes go along with what is pushed. A refspec in the configuration would replace `push.default`.
NOTES = """notes=refs/notes/stagelock
ours=$(git rev-parse -q --verify "$notes") && git config "remote.$1.url" >/dev/null || exit 0
theirs=refs/notes/$1/stagelock
[ "$ours" != "$(git rev-parse -q --verify "$theirs")" ] || exit 0
git push --no-verify -q "$1" "$notes" 2>/dev/null && exit 0
git fetch -q "$1" "+$notes:$theirs" 2>/dev/null &&
  git notes --ref "$notes" merge -q -s cat_sort_uniq "$theirs" >/dev/null &&
  git push --no-verify -q "$1" "$notes" 2>/dev/null ||
  echo "[stagelock] the evidence was not pushed; try: git push $1 $notes" >&2
exit 0
"""
BODIES = {
    "pre-push": GUARD + WITH_INPUT,
    "reference-transaction": GUARD + PREPARED + WITH_INPUT,
    "post-commit": GUARD + AFTER + GO_ON,
}


def script(name: str, home: str, behind: str, *, notes: bool) -> str:
    """Return the hook `name`, which starts its like in the folder `behind`, "" for none.

    `home` is the state home of whoever installs it.
    """
    head = HEAD.replace("{mark}", MARK).replace("{name}", name)
    head = head.replace("{home}", shlex.quote(home.rpartition("/")[0]))
    head = head.replace("{entry}", shlex.quote(ENTRY)).replace("{behind}", shlex.quote(behind))
    if name not in OURS:
        return head + GO_ON
    body = BODIES.get(name, GUARD + BEFORE)
    return head + body + (NOTES if name == "pre-push" and notes else "")
