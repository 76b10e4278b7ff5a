"""A Slack message as a picture: an SVG made from its Block Kit JSON, readable in light and dark."""

from __future__ import annotations

import html
import re
from typing import Any, Dict, Iterator, List, Sequence, Tuple
from xml.sax.saxutils import escape

WIDTH, MARGIN, TEXT_LEFT = 640, 16, 64
RIGHT = WIDTH - MARGIN
LINE = 20
# The mean width of a character of the fonts below, in pixels.
PROPORTIONAL, BOLD, FIXED = 7.4, 8.8, 7.3
STYLE = """
text { font: 14px -apple-system, 'Segoe UI', Lato, Roboto, sans-serif; fill: #1d1c1d; white-space: pre }
.b { font-weight: 700 } .code { font: 12px Menlo, Consolas, 'DejaVu Sans Mono', monospace }
.small { font-size: 12px; fill: #5f5e60 } .link { fill: #1264a3 }
.page { fill: #ffffff; stroke: #dddddd } .box { fill: #f8f8f8; stroke: #dddddd } .line { stroke: #dddddd }
.icon { fill: #4a154b } .letter { fill: #ffffff; font-weight: 700 }
@media (prefers-color-scheme: dark) {
  text { fill: #d1d2d3 } .small { fill: #ababad } .link { fill: #1d9bd1 }
  .page { fill: #1a1d21; stroke: #35373b } .box { fill: #222529; stroke: #35373b } .line { stroke: #35373b }
  .icon { fill: #7c3085 } .letter { fill: #ffffff }
}
"""

Span = Tuple[str, str]


def picture(title: str, messages: Sequence[Tuple[str, Dict[str, Any]]]) -> str:
    """The messages one below the other, each below a label such as the time. The title is for those who cannot see it."""
    drawing = Drawing()
    for label, message in messages:
        drawing.message(label, message)
    height = drawing.top + MARGIN
    words = escape(" ".join(drawing.words))
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{WIDTH}" height="{height}" viewBox="0 0 {WIDTH} {height}" role="img" '
        f'aria-labelledby="title words">\n<title id="title">{escape(title)}</title>\n<desc id="words">{words}</desc>\n'
        f"<style>{STYLE}</style>\n"
        f'<rect class="page" x="0.5" y="0.5" width="{WIDTH - 1}" height="{height - 1}" rx="8"/>\n'
        + "\n".join(drawing.shapes)
        + "\n</svg>\n"
    )


class Drawing:
    def __init__(self) -> None:
        self.shapes: List[str] = []
        self.words: List[str] = []
        self.top = MARGIN

    def message(self, label: str, message: Dict[str, Any]) -> None:
        if self.shapes:
            self.rule(MARGIN)
        self.shapes.append(f'<rect class="icon" x="{MARGIN}" y="{self.top}" width="36" height="36" rx="6"/>')
        self.shapes.append(f'<text class="letter" x="{MARGIN + 12}" y="{self.top + 23}">A</text>')
        self.line([("b", "Athena Alerter"), ("small", f"  {label}")], TEXT_LEFT)
        for block in message["blocks"]:
            getattr(self, block["type"])(block)
            self.top += 8

    # One method for each type of block.

    def section(self, block: Dict[str, Any]) -> None:
        if "text" in block:
            self.text(block["text"]["text"], TEXT_LEFT, RIGHT - TEXT_LEFT)
        fields = [field["text"] for field in block.get("fields", [])]
        half = (RIGHT - TEXT_LEFT) // 2
        for row in range(0, len(fields), 2):
            top, bottoms = self.top, []
            for column, field in enumerate(fields[row : row + 2]):
                self.top = top
                self.text(field, TEXT_LEFT + column * half, half - 8)
                bottoms.append(self.top)
            self.top = max(bottoms) + 4

    def context(self, block: Dict[str, Any]) -> None:
        for element in block["elements"]:
            self.text(element["text"], TEXT_LEFT, RIGHT - TEXT_LEFT, "small")

    def divider(self, _: Dict[str, Any]) -> None:
        self.rule(TEXT_LEFT)

    def actions(self, block: Dict[str, Any]) -> None:
        for element in block["elements"]:
            label = element["text"]["text"]
            width = int(len(label) * BOLD) + 28
            self.shapes.append(f'<rect class="box" x="{TEXT_LEFT}" y="{self.top}" width="{width}" height="30" rx="4"/>')
            self.top += 6
            self.line([("b", label)], TEXT_LEFT + 14)
            self.top += 4

    # Text

    def text(self, markup: str, left: int, width: int, style: str = "") -> None:
        for number, part in enumerate(markup.split("```")):
            if number % 2:
                self.code(part.strip("\n"), left, width)
                continue
            for line in part.strip("\n").splitlines():
                for row in wrapped(spans(line, style), int(width / PROPORTIONAL)):
                    self.line(row, left)

    def code(self, text: str, left: int, width: int) -> None:
        rows = [row for line in plain(text).splitlines() for row in cut(line, int((width - 24) / FIXED))]
        height = len(rows) * 17 + 14
        self.shapes.append(f'<rect class="box" x="{left}" y="{self.top}" width="{width}" height="{height}" rx="4"/>')
        for number, row in enumerate(rows):
            self.shapes.append(f'<text class="code" x="{left + 10}" y="{self.top + 20 + number * 17}">{escape(row)}</text>')
            self.words.append(row)
        self.top += height + 4

    def line(self, row: List[Span], left: int) -> None:
        self.top += LINE
        parts = "".join(f'<tspan class="{style}">{escape(text)}</tspan>' if style else escape(text) for style, text in row)
        self.shapes.append(f'<text x="{left}" y="{self.top - 6}">{parts}</text>')
        self.words.append("".join(text for _, text in row))

    def rule(self, left: int) -> None:
        self.shapes.append(f'<line class="line" x1="{left}" x2="{RIGHT}" y1="{self.top + 4}" y2="{self.top + 4}"/>')
        self.top += 12


def plain(text: str) -> str:
    return html.unescape(text.replace("\u200b", ""))


def spans(line: str, style: str = "") -> List[Span]:
    """The pieces of a line of Slack's markup, each with its style."""
    found: List[Span] = []
    for piece in re.split(r"(<[^>]*>|\*[^*]+\*)", line):
        if piece.startswith("<"):
            found.append(("link", plain(piece.strip("<>").split("|")[-1])))
        elif piece.startswith("*") and len(piece) > 2:
            found += [(one or "b", text) for one, text in spans(piece.strip("*"), style)]
        elif piece:
            found.append((style, plain(piece)))
    return found


def wrapped(row: List[Span], width: int) -> Iterator[List[Span]]:
    """The row cut into rows of at most so many characters, between words."""
    current: List[Span] = []
    length = 0
    for style, text in row:
        for word in re.findall(r"\S+\s*|\s+", text):
            if current and length + len(word.rstrip()) > width:
                yield current
                current, length = [], 0
            if current and current[-1][0] == style:
                current[-1] = (style, current[-1][1] + word)
            else:
                current.append((style, word))
            length += len(word)
    yield current


def cut(line: str, width: int) -> List[str]:
    return [line[start : start + width] for start in range(0, len(line), width)] or [""]
