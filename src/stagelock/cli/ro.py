"""`stagelock ro`: run a command that can change nothing.

`bin/stagelock` takes this verb itself, before Python starts; this is its help, and the way in for
an installed package.
"""

import os

import click

from stagelock.store import box


@click.command(context_settings={"ignore_unknown_options": True})
@click.option("--net", is_flag=True, help="Leave it the network.")
@click.option("--write", metavar="DIR", multiple=True, help="A folder of the tree it may write.")
@click.option(
    "--by", metavar="BOX", help="Not the remembered kind of box: " + ", ".join(box.BACKENDS)
)
@click.option("--which", is_flag=True, help="Try anew which kind of box works here, and say so.")
@click.argument("command", required=False)
def ro(
    *, net: bool, write: tuple[str, ...], by: str | None, which: bool, command: str | None
) -> None:
    """Run COMMAND, one word in quotes after `--`, so that it changes nothing.

    It sees everything and writes nothing but a private temporary folder ($TMPDIR, where caches go
    too), which is gone when it ends; so are the processes it leaves. It reaches no network, no
    socket and no process outside. Its exit code comes through; 125 says that it was not run.

        stagelock ro -- 'pytest -q'
    """
    words = ["--which"] if which else []
    words += ["--net"] if net else []
    words += [word for folder in write for word in ("--write", folder)]
    words += ["--by", by] if by else []
    words += ["--", command] if command is not None else []
    os.execv("/bin/sh", ["/bin/sh", box.LAUNCH, "ro", *words])  # noqa: S606
