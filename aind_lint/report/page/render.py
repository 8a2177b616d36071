"""Renders a page from its template.

The page loads nothing from outside. Its Content-Security-Policy allows only our own style and script, by their
hashes, so that a script in a value of an asset could not run even if it were not escaped.
"""

from __future__ import annotations

import base64
import hashlib
from importlib import resources
from typing import TYPE_CHECKING, Any

from aind_lint._version import __version__
from aind_lint.report.page.rule_links import rule_link
from aind_lint.report.related import same_cause_line
from aind_lint.text.quantities import format_bytes, format_count
from aind_lint.text.sanitize import sanitize

if TYPE_CHECKING:
    from importlib.abc import Traversable

#: A table has at most so many rows: a browser shows more, but no one reads them. The page reports the rest.
MAX_ROWS = 1000

_TEMPLATES = resources.files("aind_lint.report.page").joinpath("templates")


def render_page(template: Traversable, **values: Any) -> str:
    """The page of a template with these values.

    Every text is escaped for HTML, and control and invisible characters are shown as escapes.

    Args:
        template: A template that extends ``base.html``.
        values: What the template uses.
    """
    from jinja2 import Environment, FunctionLoader  # takes 0.1 s to import

    loader = FunctionLoader(lambda name: _TEMPLATES.joinpath(name).read_text(encoding="utf-8"))
    environment = Environment(autoescape=True, trim_blocks=True, lstrip_blocks=True, finalize=_finalize, loader=loader)
    environment.filters |= {
        "bytes": format_bytes,
        "count": format_count,
        "number": _number,
        "same_cause": same_cause_line,
    }
    style, script = (_TEMPLATES.joinpath(name).read_text(encoding="utf-8") for name in ("page.css", "page.js"))
    environment.globals |= {
        "version": __version__,
        "rule_link": rule_link,
        "style": style,
        "script": script,
        "style_hash": _hash(style),
        "script_hash": _hash(script),
    }
    return environment.from_string(template.read_text(encoding="utf-8")).render(**values)


def _finalize(value: Any) -> Any:
    return sanitize(value) if type(value) is str else value


def _number(value: float) -> str:
    return f"{value:,}"


def _hash(text: str) -> str:
    return base64.b64encode(hashlib.sha256(text.encode("utf-8")).digest()).decode("ascii")
