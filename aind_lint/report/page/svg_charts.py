"""Charts as inline SVG, each with its numbers as a table for readers who do not see it.

Colors are classes of the page's style sheet, so that a chart is readable in the dark and on paper; the policy of the
page allows no style of an element.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from markupsafe import Markup

from aind_lint.text.sanitize import sanitize

_WIDTH, _HEIGHT, _LEFT, _RIGHT, _TOP, _BOTTOM = 480, 190, 52, 8, 8, 22

#: Gap between two columns, as a share of their distance.
_GAP = 0.18

#: Width of a column at most, so that a chart of one column does not look like a background.
_MAX_COLUMN = 60

#: Width of a character of a label, and the space between two labels.
_CHARACTER, _SPACE = 6.5, 8

#: Shades of a heat map.
_SHADES = 5


@dataclass(frozen=True)
class Series:
    """One row of numbers in a chart.

    Attributes:
        name: What the legend calls it.
        color: Class of the color in the style sheet.
        values: One number for each category.
    """

    name: str
    color: str
    values: Sequence[float]


def bar(value: float, largest: float, color: str) -> Markup:
    """A horizontal bar for a cell of a table whose number stands beside it, so it needs no text."""
    width = 100 * value / largest if largest else 0
    return Markup(
        '<svg viewBox="0 0 100 8" preserveAspectRatio="none" aria-hidden="true">'
        '<rect class="{}" width="{:.2f}" height="8"></rect></svg>'
    ).format(color, max(width, 0.6 if value else 0))


def columns(title: str, categories: Sequence[str], series: Sequence[Series], unit: str = "") -> Markup:
    """Stacked columns, one for each category; negative values go down from the zero line.

    Args:
        title: Shown above the chart.
        categories: Labels of the columns, in their order.
        series: Their parts, from the zero line outwards.
        unit: What the numbers count, for the text alternative.
    """
    shown = [one for one in series if any(one.values)]
    top = max((sum(max(one.values[i], 0) for one in shown) for i in range(len(categories))), default=0)
    low = min((sum(min(one.values[i], 0) for one in shown) for i in range(len(categories))), default=0)
    if not categories or not (top or low):
        return Markup("")
    scale = (_HEIGHT - _TOP - _BOTTOM) / (top - low)
    zero = _TOP + top * scale
    step = (_WIDTH - _LEFT - _RIGHT) / len(categories)
    parts = [_axis(y, value) for y, value in _ticks(top, low, zero, scale)]
    for index in range(len(categories)):
        up = down = zero
        width = min(step * (1 - _GAP), _MAX_COLUMN)
        left = _LEFT + step * (index + 0.5) - width / 2
        for one in shown:
            height = abs(one.values[index]) * scale
            if one.values[index] > 0:
                up -= height
            y = up if one.values[index] >= 0 else down
            if one.values[index] < 0:
                down += height
            if height:
                parts.append(_rectangle(one, index, categories, left, y, width, height))
    parts += _labels(categories, step)
    svg = Markup('<svg class="chart" viewBox="0 0 {} {}" role="img" aria-label="{}">{}</svg>').format(
        _WIDTH, _HEIGHT, _alternative(title, categories, shown, unit), Markup("").join(parts)
    )
    return Markup("<figure><figcaption>{}</figcaption>{}{}{}</figure>").format(
        sanitize(title), svg, _legend(shown), _table(title, categories, shown)
    )


def heat_map(title: str, corner: str, across: Sequence[str], rows: Mapping[Markup, Sequence[int]]) -> Markup:
    """A table of counts whose cells are shaded by their share of the largest count.

    Args:
        title: Caption of the table.
        corner: Heading of the first column.
        across: Headings of the other columns.
        rows: The heading of each row, as markup, with one count for each column.
    """
    largest = max((max(row, default=0) for row in rows.values()), default=0)
    head = Markup("").join(Markup('<th scope="col" class="rule">{}</th>').format(sanitize(name)) for name in across)
    body = Markup("").join(
        Markup('<tr><th scope="row">{}</th>{}</tr>').format(name, Markup("").join(_cell(n, largest) for n in row))
        for name, row in rows.items()
    )
    # A wide table scrolls by itself; the focus lets it scroll with the keyboard, too.
    return Markup(
        '<div class="scroll" tabindex="0" role="region" aria-label="{}"><table class="grid"><caption>{}</caption>'
        '<thead><tr><th scope="col">{}</th>{}</tr></thead><tbody>{}</tbody></table></div>'
    ).format(sanitize(title), sanitize(title), corner, head, body)


def _cell(number: int, largest: int) -> Markup:
    if not number:
        return Markup('<td class="none"><span aria-label="0">·</span></td>')
    return Markup('<td class="h{}">{:,}</td>').format(1 + min(_SHADES - 1, _SHADES * number // (largest + 1)), number)


def _rectangle(
    one: Series, index: int, categories: Sequence[str], x: float, y: float, width: float, height: float
) -> Markup:
    tip = f"{sanitize(categories[index])}: {sanitize(one.name)} {abs(one.values[index]):,}"
    return Markup(
        '<rect class="{}" x="{:.1f}" y="{:.1f}" width="{:.1f}" height="{:.1f}"><title>{}</title></rect>'
    ).format(one.color, x, y, width, height, tip)


def _ticks(top: float, low: float, zero: float, scale: float) -> list[tuple[float, float]]:
    """Position and value of the lines: the extremes and zero."""
    return [(zero - value * scale, value) for value in dict.fromkeys((top, low, 0))]


def _axis(y: float, value: float) -> Markup:
    return Markup(
        '<line class="axis" x1="{}" x2="{}" y1="{:.1f}" y2="{:.1f}"></line>'
        '<text x="{}" y="{:.1f}" text-anchor="end">{}</text>'
    ).format(_LEFT, _WIDTH - _RIGHT, y, y, _LEFT - 5, y + 4, _short(abs(value)))


def _short(value: float) -> str:
    """A number in at most about five characters, such as ``12.5k``."""
    for limit, unit in ((1e12, "T"), (1e9, "G"), (1e6, "M"), (1e3, "k")):
        if value >= limit:
            return f"{value / limit:.3g}{unit}"
    return f"{value:.3g}"


def _labels(categories: Sequence[str], step: float) -> list[Markup]:
    width = max(map(len, categories)) * _CHARACTER + _SPACE
    every = max(1, math.ceil(width / step))  # labels that do not overlap
    return [
        Markup('<text x="{:.1f}" y="{}" text-anchor="middle">{}</text>').format(
            min(_LEFT + step * (index + 0.5), _WIDTH - len(name) * _CHARACTER / 2), _HEIGHT - 6, sanitize(name)
        )
        for index, name in enumerate(categories)
        if index % every == 0
    ]


def _legend(series: Sequence[Series]) -> Markup:
    entries = (
        Markup(
            '<li><svg viewBox="0 0 8 8" aria-hidden="true"><rect class="{}" width="8" height="8"></rect></svg>{}</li>'
        ).format(one.color, sanitize(one.name))
        for one in series
    )
    return Markup('<ul class="legend">{}</ul>').format(Markup("").join(entries))


def _alternative(title: str, categories: Sequence[str], series: Sequence[Series], unit: str) -> str:
    """The chart in one sentence: its span and the last column."""
    names = [sanitize(name) for name in categories]
    last = ", ".join(f"{sanitize(one.name)} {abs(one.values[-1]):,}" for one in series)
    span = names[0] if len(names) == 1 else f"{names[0]} to {names[-1]}"
    return f"{sanitize(title)}, {span}; {names[-1]}: {last} {unit}".rstrip() + ". The table below has all numbers."


def _table(title: str, categories: Sequence[str], series: Sequence[Series]) -> Markup:
    head = Markup("").join(
        Markup('<th scope="col" class="number">{}</th>').format(sanitize(one.name)) for one in series
    )
    rows = (
        Markup('<tr><th scope="row">{}</th>{}</tr>').format(
            sanitize(name),
            Markup("").join(Markup('<td class="number">{:,}</td>').format(abs(one.values[index])) for one in series),
        )
        for index, name in enumerate(categories)
    )
    return Markup(
        '<details><summary class="soft">Numbers</summary>'
        '<div class="scroll" tabindex="0" role="region" aria-label="{}">'
        "<table><thead><tr><td></td>{}</tr></thead><tbody>{}</tbody></table></div></details>"
    ).format(sanitize(title), head, Markup("").join(rows))
