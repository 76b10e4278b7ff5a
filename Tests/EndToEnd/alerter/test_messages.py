"""Every kind of message keeps Slack's rules, and says at its beginning who scanned how much for which money."""

from __future__ import annotations

from typing import Any, Dict, List

import pytest

from support.alerter_stack import GIB, AlerterStack, finished_message, text_of
from support.fake_slack import FakeSlack
from support.local_aws import REGION
from support.slack_rules import fault_in_message

PRICE = 1.5
SCANNED = 640 * GIB + GIB // 2
ADA = {"executing_user": "ada@example.com", "user_type": "person", "user_source": "identity_center"}
LONG = "x" * 5000

BILLING: Dict[str, Dict[str, Any]] = {
    " for $1.50": {"cost_usd": PRICE, "price_certainty": "known"},
    " for about $1.50": {"cost_usd": PRICE, "price_certainty": "fallback"},
    " for ¥1.50": {"cost": PRICE, "cost_currency": "CNY"},
    " for less than $0.01": {"cost_usd": 0.0001},
    " for $1,500,000.00": {"cost_usd": PRICE * 1e6, "catalog": "mysql", "query_state": "CANCELLED"},
    ", not billed": {"cost_usd": 0, "not_billed": "failed", "query_state": "FAILED"},
    ", not billed by bytes": {"cost_usd": 0, "not_billed": "provisioned"},
}
REASONS = ["definition", "reused", "nothing_scanned", "spark"]
STATES = ["SUCCEEDED", "FAILED", "CANCELLED", "SOMETHING_NEW"]
ODD: List[Dict[str, Any]] = [
    {"query_sql": None},
    {"query_sql": "`" * 4000, "state_change_reason": LONG, "query_state": "FAILED", "workgroup": LONG, "database": LONG},
    {"region": "not/a/region", "tool": "metabase", "duration_ms": 1},
    {"executing_user": "<!channel>" * 300},
    {"executing_user": "etl", "user_type": "role", "session_name": LONG},
]
TEMPLATES = {
    "query": "{user} your last query scanned {data_scanned_gb} GB",
    "channel": "{person} {tool} {started_at} {duration} {cost} " + "x" * 4000,
    "user": "{data_scanned_cost}",
}


def sent(alerter: AlerterStack, slack: FakeSlack, queries: List[Dict[str, Any]]) -> List[Dict[str, Any]]:
    """The messages about some queries. Each is what Slack takes, with its layout."""
    for query in queries:
        alerter.send(finished_message(**{"region": REGION, "data_scanned": SCANNED, **ADA, **query}))
    assert alerter.drain().returned == 0
    messages = slack.messages() + slack.webhook_messages()
    for message in messages:
        # A layout that Slack refuses is sent again without it.
        assert message["blocks"] and fault_in_message(message) is None
        assert message["text"]
    return messages


def test_a_message_says_who_how_much_and_which_money(alerter: AlerterStack, slack: FakeSlack) -> None:
    ada = slack.add_person("ada@example.com")
    for message in sent(alerter, slack, list(BILLING.values())):
        assert "640.5 GiB" in text_of(message) and "GB" not in text_of(message)
    # A message that is shown outside of the thread has the day's headline as its second line.
    in_channel = [message["text"].splitlines()[0] for message in slack.channel_messages("#athena")]
    to_ada = [message["text"].splitlines()[0] for message in slack.direct_messages(ada)]
    assert sorted(in_channel) == sorted(f"ada@example.com scanned 640.5 GiB{money}" for money in BILLING)
    assert sorted(to_ada) == sorted(f"You scanned 640.5 GiB{money}" for money in BILLING)
    assert all(len(text) <= 60 for text in in_channel + to_ada)


@pytest.mark.parametrize("messages", [{}, TEMPLATES], ids=["default", "templates"])
def test_every_kind_of_message_keeps_slacks_rules(
    alerter: AlerterStack, slack: FakeSlack, messages: Dict[str, str]
) -> None:
    slack.add_person("ada@example.com")
    slack.add_person("grace@example.com")
    alerter.write_settings(messages=messages, people={"owners": {"etl": "grace@example.com"}})
    not_billed = [{"cost_usd": 0, "not_billed": reason} for reason in REASONS]
    states = [{"query_state": state, "state_change_reason": "why"} for state in STATES]
    kinds = not_billed + states + ODD
    # Nobody on Slack has the name of one of the odd ones.
    assert len(sent(alerter, slack, kinds)) == 2 * len(kinds) - 1


def test_messages_of_a_webhook_keep_slacks_rules(alerter: AlerterStack, slack: FakeSlack) -> None:
    alerter.write_settings(slack={"webhook_url": slack.webhook_url}, quiet={"thread": "off"})
    messages = sent(alerter, slack, [{}, *ODD])
    assert len(messages) == 1 + len(ODD) and messages[0]["text"] == "ada@example.com scanned 640.5 GiB for $3.13"


def test_the_owner_of_a_program_reads_about_the_program(alerter: AlerterStack, slack: FakeSlack) -> None:
    grace, alan = slack.add_person("grace@example.com"), slack.add_person("alan@example.com")
    alerter.write_settings(
        people={"owners": {"etl": "grace@example.com"}},
        slack={"bot_token": slack.bot_token, "channel": "#athena", "user_mappings": {"load": alan}},
    )
    sent(alerter, slack, [{"executing_user": name, "user_type": "role"} for name in ("etl", "load")])
    assert [message["text"] for message in slack.direct_messages(grace)] == ["etl scanned 640.5 GiB for $3.13"]
    assert [message["text"] for message in slack.direct_messages(alan)] == ["load scanned 640.5 GiB for $3.13"]


def test_the_originals_template_says_the_same_as_before(alerter: AlerterStack, slack: FakeSlack) -> None:
    ada = slack.add_person("ada@example.com")
    alerter.write_settings(messages={"query": TEMPLATES["query"]})
    sent(alerter, slack, [{}])
    texts = {message["text"] for message in slack.messages()}
    assert texts == {"ada@example.com your last query scanned 640 GB"} and len(slack.direct_messages(ada)) == 1
