"""Slack's validation of a message, as its documentation, its SDK and the library slackblocks describe it."""

from __future__ import annotations

from typing import Any, Dict, Iterator, List, Optional, Tuple

import slackblocks
from slack_sdk.errors import SlackObjectFormationError
from slack_sdk.models.blocks import Block

MOST_BLOCKS = 50
LONGEST_TEXT = 40_000
# Not in Slack's documentation; reported by users.
LONGEST_BLOCKS_TOTAL = 13_200
LONGEST = {"header": 150, "section": 3000, "field": 2000, "context": 2000, "button": 75, "markdown": 12_000}

Texts = Iterator[Tuple[str, str, str]]


def fault_in_message(message: Dict[str, Any]) -> Optional[Tuple[str, List[str]]]:
    """Slack's error code and its details, or None for a valid message."""
    text = message.get("text")
    blocks = message.get("blocks")
    if text is not None and not isinstance(text, str):
        return "invalid_arguments", ["text must be a string"]
    if not text and not blocks:
        return "no_text", []
    if text and len(text) > LONGEST_TEXT:
        return "msg_too_long", []
    if blocks is None:
        return None
    details = list(faults_in_blocks(blocks))
    if details:
        return "invalid_blocks", details
    if sum(len(text) for block in blocks for _, text, _ in texts(block)) > LONGEST_BLOCKS_TOTAL:
        return "msg_blocks_too_long", []
    return None


def faults_in_blocks(blocks: Any) -> Iterator[str]:
    if not isinstance(blocks, list):
        yield "blocks must be an array"
        return
    if len(blocks) > MOST_BLOCKS:
        yield f"no more than {MOST_BLOCKS} items allowed [json-pointer:/blocks]"
    named = [block["block_id"] for block in blocks if isinstance(block, dict) and "block_id" in block]
    if len(named) != len(set(named)):
        yield "block_id must be unique [json-pointer:/blocks]"
    for index, block in enumerate(blocks):
        for fault in faults_in_block(block):
            yield f"{fault} [json-pointer:/blocks/{index}]"


def faults_in_block(block: Any) -> Iterator[str]:
    parsed = Block.parse(block) if isinstance(block, dict) else None
    if parsed is None:
        yield "unsupported type"
        return
    try:
        parsed.validate_json()
    except SlackObjectFormationError as fault:
        yield str(fault)
    try:
        as_slackblocks(block)
    except slackblocks.InvalidUsageError as fault:
        yield str(fault)
    if block["type"] == "section" and not block.get("text") and not block.get("fields"):
        yield "a section needs text or fields"
    for place, text, kind in texts(block):
        if not text:
            yield f"{place}: must be more than 0 characters"
        if len(text) > LONGEST.get(place, LONGEST["section"]):
            yield f"{place}: must be less than {LONGEST[place] + 1} characters"
        if kind not in ("plain_text", "mrkdwn") or (place in ("header", "button") and kind != "plain_text"):
            yield f"{place}: unsupported text type {kind}"


def as_slackblocks(block: Dict[str, Any]) -> Optional[slackblocks.Block]:
    """The block as a model of slackblocks, which checks its limits; None for a type that alerts do not have."""
    kind = block["type"]
    if kind == "section":
        fields = [as_text(field) for field in block.get("fields") or []]
        return slackblocks.SectionBlock(text=as_text(block.get("text")), fields=fields or None)
    if kind == "context":
        return slackblocks.ContextBlock([as_text(one) for one in block.get("elements") or [] if one.get("type") != "image"])
    if kind == "actions" and all(one.get("type") == "button" for one in block["elements"]):
        return slackblocks.ActionsBlock([slackblocks.Button(one["text"]["text"], url=one.get("url")) for one in block["elements"]])
    return slackblocks.DividerBlock() if kind == "divider" else None


def as_text(value: Any) -> Optional[slackblocks.Text]:
    if not isinstance(value, dict) or not isinstance(value.get("text"), str):
        return None
    is_plain = value.get("type") == "plain_text"
    return slackblocks.Text(value["text"], slackblocks.TextType.PLAINTEXT if is_plain else slackblocks.TextType.MARKDOWN)


def texts(block: Dict[str, Any]) -> Texts:
    """The texts of a block: place, object and type of each."""
    kind = block.get("type")
    if kind == "markdown":
        yield "markdown", block.get("text") or "", "mrkdwn"
    elif kind in ("header", "section"):
        if "text" in block:
            yield from text_object(kind, block["text"])
        for item in block.get("fields") or []:
            yield from text_object("field", item)
    elif kind == "context":
        for element in block.get("elements") or []:
            if element.get("type") != "image":
                yield from text_object("context", element)
    elif kind == "actions":
        for element in block.get("elements") or []:
            if element.get("type") == "button":
                yield from text_object("button", element.get("text"))
    elif kind == "rich_text":
        yield from rich_texts(block.get("elements") or [])


def rich_texts(elements: List[Dict[str, Any]]) -> Texts:
    for element in elements:
        yield from rich_texts(element.get("elements") or [])
        if "text" in element:
            yield "section", element["text"], "plain_text"


def text_object(place: str, value: Any) -> Texts:
    if isinstance(value, dict):
        yield place, value.get("text") or "", value.get("type") or "none"
    else:
        yield place, "", "none"
