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
from .uninstall import uninstall
from .verify import verify
from .waive import waive
from .why import why


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="stagelock")
def main() -> None:
    """Hold a coding agent inside the stage it is in."""


VERBS = {
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
    "configure": configure,
}
for name, verb in VERBS.items():
    main.add_command(verb, name)

if __name__ == "__main__":
    main(prog_name="stagelock")
