"""``aind-lint completion``: scripts that let a shell complete commands, options, rules and files."""

from __future__ import annotations

import os

import click
from click.shell_completion import CompletionItem, ShellComplete, add_completion_class, get_completion_class

from aind_lint.cli.terminal import show

#: The environment variable with which the script of a shell asks for completions.
VARIABLE = "_AIND_LINT_COMPLETE"
_SHELLS = ("bash", "zsh", "fish", "powershell")

_POWERSHELL = """\
Register-ArgumentCompleter -Native -CommandName %(prog_name)s -ScriptBlock {
    param($wordToComplete, $commandAst, $cursorPosition)
    $words = $commandAst.CommandElements |
        Where-Object { $_.Extent.EndOffset -lt $cursorPosition } |
        ForEach-Object { if ($null -ne $_.Value) { $_.Value } else { $_.Extent.Text } }
    $env:%(complete_var)s = 'powershell_complete'
    $env:COMP_WORDS = $words -join "`n"
    $env:COMP_WORD = $wordToComplete
    try {
        %(prog_name)s | ForEach-Object {
            $value, $help = $_ -split "`t", 2
            [System.Management.Automation.CompletionResult]::new($value, $value, 'ParameterValue', $help)
        }
    }
    finally {
        Remove-Item Env:%(complete_var)s, Env:COMP_WORDS, Env:COMP_WORD -ErrorAction SilentlyContinue
    }
}
"""


class PowerShell(ShellComplete):
    """Completion for PowerShell, which click does not support. Without a result PowerShell completes files."""

    name = "powershell"
    source_template = _POWERSHELL

    def get_completion_args(self) -> tuple[list[str], str]:
        """The words before the incomplete one, and the incomplete one."""
        words = os.environ.get("COMP_WORDS", "").split("\n")
        return words[1:], os.environ.get("COMP_WORD", "")

    def format_completion(self, item: CompletionItem) -> str:
        """A completion and its help text."""
        return f"{item.value}\t{item.help or item.value}"

    def complete(self) -> str:
        """One line for each completion; none for files."""
        args, incomplete = self.get_completion_args()
        items = self.get_completions(args, incomplete)
        return "\n".join(self.format_completion(item) for item in items if item.type == "plain")


add_completion_class(PowerShell)


@click.command("completion")
@click.argument("shell", type=click.Choice(_SHELLS))
def command(shell: str) -> None:
    """Print the script that lets SHELL complete commands, options, rules and files.

    To install it:

    \b
    bash        echo 'eval "$(aind-lint completion bash)"' >> ~/.bashrc
    zsh         echo 'eval "$(aind-lint completion zsh)"' >> ~/.zshrc
    fish        aind-lint completion fish > ~/.config/fish/completions/aind-lint.fish
    powershell  Add-Content $PROFILE 'aind-lint completion powershell | Out-String | Invoke-Expression'
    """  # noqa: D301 - click needs the escape
    completion = get_completion_class(shell)
    assert completion is not None
    source = ShellComplete.source if shell == "bash" else completion.source  # works without bash, unlike BashComplete
    show(source(completion(click.get_current_context().find_root().command, {}, "aind-lint", VARIABLE)))
