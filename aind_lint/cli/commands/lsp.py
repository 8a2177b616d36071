"""``aind-lint lsp``: the language server."""

from __future__ import annotations

import click

from aind_lint.errors import UsageError


@click.command("lsp")
@click.option("--stdio", is_flag=True, help="The same; editors add this option.")
def command(stdio: bool) -> None:
    """Serve an editor over standard input and output (Language Server Protocol).

    Editors start this command. It needs the extra: pip install 'aind-lint[lsp]'.
    """
    try:
        from aind_lint.lsp.server import serve
    except ModuleNotFoundError as error:
        if (error.name or "").split(".")[0] not in ("pygls", "lsprotocol"):
            raise
        raise UsageError("the language server needs pygls: pip install 'aind-lint[lsp]'") from None
    serve()
