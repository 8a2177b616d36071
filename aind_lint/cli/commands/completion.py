"""``aind-lint completion``: the shell completes commands, options, rules and files."""

from __future__ import annotations

import os

import click
from click.shell_completion import CompletionItem, ShellComplete, add_completion_class, get_completion_class

from aind_lint.cli.terminal import show

#: The variable by which the shell's script asks for completions.
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
    """Completion for PowerShell, which click does not know; files are completed by PowerShell when nothing is said."""

    name = "powershell"
    source_template = _POWERSHELL

    def get_completion_args(self) -> tuple[list[str], str]:
        """The words before the one that is being typed, and that one."""
        words = os.environ.get("COMP_WORDS", "").split("\n")
        return words[1:], os.environ.get("COMP_WORD", "")

    def format_completion(self, item: CompletionItem) -> str:
        """A word and what it is for."""
        return f"{item.value}\t{item.help or item.value}"

    def complete(self) -> str:
        """One line for each completion; none where files are meant."""
        args, incomplete = self.get_completion_args()
        items = self.get_completions(args, incomplete)
        return "\n".join(self.format_completion(item) for item in items if item.type == "plain")


add_completion_class(PowerShell)


@click.command("completion", short_help="Write the script that makes a shell complete commands.")
@click.argument("shell", type=click.Choice(_SHELLS))
def command(shell: str) -> None:
    """Write the script that makes SHELL complete commands, options, rules and files.

    \b
    bash        echo 'eval "$(aind-lint completion bash)"' >> ~/.bashrc
    zsh         echo 'eval "$(aind-lint completion zsh)"' >> ~/.zshrc
    fish        aind-lint completion fish > ~/.config/fish/completions/aind-lint.fish
    powershell  Add-Content $PROFILE 'aind-lint completion powershell | Out-String | Invoke-Expression'
    """  # noqa: D301 - click wants the character
    completion = get_completion_class(shell)
    assert completion is not None
    source = ShellComplete.source if shell == "bash" else completion.source  # bash itself need not be here to ask
    show(source(completion(click.get_current_context().find_root().command, {}, "aind-lint", VARIABLE)))
