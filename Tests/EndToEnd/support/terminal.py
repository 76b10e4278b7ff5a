"""Renders a Slack message in the terminal as Slack shows it.

``python -m support.terminal < message.json``
"""

from __future__ import annotations

import html
import json
import re
import shutil
import sys
import textwrap
import unicodedata
from typing import Any, Dict, Iterator, List, Optional

BOLD, DIM, RESET = "\x1b[1m", "\x1b[2m", "\x1b[0m"
STYLE = re.compile(r"\x1b\[\d+m")
EMOJI = {"moneybag": "💰", "warning": "⚠️", "rotating_light": "🚨", "x": "❌", "mag": "🔍", "white_check_mark": "✅"}


def render(message: Dict[str, Any], width: Optional[int] = None, styled: Optional[bool] = None) -> str:
    """The message in a box. Without a terminal it has 80 columns and no styles."""
    styled = sys.stdout.isatty() if styled is None else styled
    width = width or (shutil.get_terminal_size().columns if sys.stdout.isatty() else 80)
    inner = max(width - 4, 20)
    lines: List[str] = []
    blocks = message.get("blocks") or [{"type": "section", "text": {"type": "mrkdwn", "text": message.get("text", "")}}]
    for index, block in enumerate(blocks):
        if index and block["type"] not in ("context", "divider"):
            lines.append("")
        lines += render_block(block, inner)
    title = f" {message['channel']} " if message.get("channel") else ""
    box = [f"┌─{title}{'─' * (inner + 1 - display_width(title))}┐"]
    box += [f"│ {padded(line, inner)} │" for line in lines]
    box.append(f"└{'─' * (inner + 2)}┘")
    text = "\n".join(box)
    return text if styled else STYLE.sub("", text)


def render_block(block: Dict[str, Any], width: int) -> List[str]:
    kind = block["type"]
    if kind == "header":
        return [f"{BOLD}{line}{RESET}" for line in wrapped(emoji(block["text"]["text"]), width)]
    if kind == "divider":
        return ["─" * width]
    if kind == "markdown":
        return list(render_text(block["text"], width))
    lines: List[str] = []
    if kind == "section":
        if block.get("text"):
            lines += render_object(block["text"], width)
        lines += render_fields(block.get("fields") or [], width)
    elif kind == "context":
        parts = [element.get("text") or element.get("alt_text", "") for element in block["elements"]]
        lines += [f"{DIM}{line}{RESET}" for line in render_text("  ".join(parts), width)]
    elif kind == "actions":
        lines.append("  ".join(f"[ {element['text']['text']} ]" for element in block["elements"]))
    elif kind == "rich_text":
        lines += wrapped(rich_text(block["elements"]), width)
    return lines


def render_object(text: Dict[str, Any], width: int) -> List[str]:
    if text["type"] == "plain_text":
        return wrapped(emoji(text["text"]), width)
    return list(render_text(text["text"], width))


def render_fields(fields: List[Dict[str, Any]], width: int) -> List[str]:
    """Two columns, like Slack's."""
    column = (width - 2) // 2
    lines: List[str] = []
    for index in range(0, len(fields), 2):
        pair = [render_object(field, column) for field in fields[index : index + 2]]
        height = max(len(cell) for cell in pair)
        cells = [cell + [""] * (height - len(cell)) for cell in pair]
        lines += ["  ".join(padded(line, column) for line in row).rstrip() for row in zip(*cells)]
    return lines


def render_text(text: str, width: int) -> Iterator[str]:
    """Renders Slack's markup: code unchanged, other text styled and wrapped."""
    for index, part in enumerate(text.split("```")):
        if index % 2:
            for line in html.unescape(part).strip("\n").splitlines():
                yield from (f"  {piece}" for piece in chopped(line, width - 2))
        else:
            for line in part.strip("\n").splitlines():
                yield from wrapped(inline(line), width)


def inline(text: str) -> str:
    text = re.sub(r"<(?:https?|mailto):[^|>]*\|([^>]*)>", r"\1", text)
    text = re.sub(r"<((?:https?|mailto):[^|>]*)>", r"\1", text)
    text = re.sub(r"<([@#!])(?:[^|>]*\|)?([^>]*)>", lambda found: found[1].replace("!", "@") + found[2], text)
    text = re.sub(r"(?<![\w*])\*(\S(?:[^*\n]*\S)?)\*(?![\w*])", rf"{BOLD}\1{RESET}", text)
    text = re.sub(r"(?<![\w_])_(\S(?:[^_\n]*\S)?)_(?![\w_])", rf"{DIM}\1{RESET}", text)
    return html.unescape(emoji(text.replace("`", "")))


def emoji(text: str) -> str:
    return re.sub(r":([a-z_]+):", lambda found: EMOJI.get(found[1], found[0]), text)


def rich_text(elements: List[Dict[str, Any]]) -> str:
    return "".join(element.get("text", "") + rich_text(element.get("elements") or []) for element in elements)


def wrapped(text: str, width: int) -> List[str]:
    """Wraps at spaces; a word longer than the line is cut."""
    plain = STYLE.sub("", text)
    if display_width(plain) <= width:
        return [text]
    lines = [
        piece
        for line in textwrap.wrap(text, width, break_long_words=False, break_on_hyphens=False)
        for piece in (chopped(line, width) if display_width(line) > width else [line])
    ]
    # A style must not continue beyond its line into the frame.
    result, open_style = [], ""
    for line in lines:
        line = open_style + line
        styles = STYLE.findall(line)
        open_style = styles[-1] if styles and styles[-1] != RESET else ""
        result.append(line + (RESET if open_style else ""))
    return result


def chopped(text: str, width: int) -> List[str]:
    lines, line, used = [], "", 0
    for piece in re.findall(r"\x1b\[\d+m|.", text):
        size = display_width(piece)
        if used + size > width:
            lines.append(line)
            line, used = "", 0
        line += piece
        used += size
    return [*lines, line]


def padded(text: str, width: int) -> str:
    return text + " " * max(width - display_width(text), 0)


def display_width(text: str) -> int:
    plain = STYLE.sub("", text)
    return sum(character_width(character) for character in plain) + plain.count("\ufe0f")


def character_width(character: str) -> int:
    if unicodedata.combining(character) or character in "\u200d\ufe0f":
        return 0
    return 2 if unicodedata.east_asian_width(character) in "WF" else 1


if __name__ == "__main__":
    print(render(json.load(sys.stdin)))
