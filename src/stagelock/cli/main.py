"""`stagelock`: what a person asks for in a terminal."""

import click

from stagelock import __version__

from .abandon import abandon
from .accept import accept
from .approve import approve
from .ci import ci
from .closeout import closeout
from .compile import compile_tree
from .config import config
from .configure import configure
from .doctor import doctor
from .explain import explain
from .git_hooks import git_hooks
from .graph import graph
from .hypothesis import hypothesis
from .init import init
from .log import log
from .off import off
from .plan import plan
from .reject import reject
from .replay import replay
from .report import report
from .restore import restore
from .ro import ro
from .start import start
from .status import status
from .statusline import statusline
from .test import test
from .tracker import tracker
from .uninstall import uninstall
from .verify import verify
from .waive import waive
from .why import why

# what `stagelock --help` puts together; a verb that stands nowhere here comes last
TOGETHER = {
    "Where it stands": ("status", "log", "why", "report", "graph", "statusline", "closeout"),
    "A person decides": ("start", "approve", "reject", "waive", "off", "abandon", "restore"),
    "Evidence": ("verify", "hypothesis", "replay", "accept", "ro", "ci", "git-hooks"),
    "Does it hold, and what would it refuse": ("doctor", "explain"),
    "Set up, and take away": ("init", "config", "configure", "uninstall"),
    "Workflows and plans": ("plan", "tracker", "compile", "test"),
}
LONGEST = 400


class _Grouped(click.Group):
    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """List the verbs by what they are for, each with the whole of its first sentence."""
        del ctx  # a verb is told the same everywhere
        placed = {name for names in TOGETHER.values() for name in names}
        rest = tuple(name for name in VERBS if name not in placed)
        for heading, names in {**TOGETHER, "More": rest}.items():
            rows = [(name, VERBS[name].get_short_help_str(LONGEST)) for name in names]
            if rows:
                with formatter.section(heading):
                    formatter.write_dl(rows)


@click.group(cls=_Grouped, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="stagelock")
def main() -> None:
    """Hold a coding agent inside the stage it is in.

    First in a project: stagelock init. Then, in Claude Code: /work TOPIC.
    """


VERBS: dict[str, click.Command] = {
    "status": status,
    "log": log,
    "why": why,
    "statusline": statusline,
    "graph": graph,
    "report": report,
    "closeout": closeout,
    "start": start,
    "verify": verify,
    "replay": replay,
    "approve": approve,
    "reject": reject,
    "waive": waive,
    "off": off,
    "abandon": abandon,
    "restore": restore,
    "doctor": doctor,
    "explain": explain,
    "ro": ro,
    "hypothesis": hypothesis,
    "accept": accept,
    "git-hooks": git_hooks,
    "ci": ci,
    "config": config,
    "init": init,
    "uninstall": uninstall,
    "test": test,
    "compile": compile_tree,
    "plan": plan,
    "tracker": tracker,
    "configure": configure,
}
for name, verb in VERBS.items():
    main.add_command(verb, name)

if __name__ == "__main__":
    main(prog_name="stagelock")
