"""The language server: the findings of `check` in an editor, for files that are open and not saved."""
