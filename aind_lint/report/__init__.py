"""Reports: what a run found, as text for people and as data for programs.

To add a format:

1. Write a module ``formats/NAME.py`` with ``render(report: Report, verbose: bool = False) -> str``.
2. Add a line for NAME to ``FORMATS`` in ``formats/__init__.py``. The command line, its help and ``--load`` follow.
3. Describe it in ``docs/formats.md``. ``tests/report`` tests every format: complete, stable and escaped.

A format reads the report only: it runs no check and opens no file of the asset. Everything that comes from an asset
passes through `aind_lint.text.sanitize.sanitize` or the escaping of the format.

Modules shared by formats: ``summary`` (the last line), ``unchecked`` (what was not checked, grouped by reason),
``related`` (findings with the same cause), ``located_findings`` and ``repository_paths`` (paths that an editor or
GitHub can open), ``json_document`` (the JSON report as values), ``page`` (HTML pages: styles, script, charts).
"""
