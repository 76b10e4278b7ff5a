"""The manifest of the Slack app asks for exactly the scopes of the methods that the code calls."""

from __future__ import annotations

import re
from typing import Any, Dict, Set

import pytest
import yaml

from support.processes import REPOSITORY

# Slack's documentation of each method names its scopes; users:read.email is granted together with users:read only.
SCOPES: Dict[str, Set[str]] = {
    "auth.test": set(),
    "chat.deleteScheduledMessage": {"chat:write"},
    "chat.postMessage": {"chat:write"},
    "chat.scheduleMessage": {"chat:write"},
    "chat.update": {"chat:write"},
    "conversations.open": {"im:write"},
    "users.lookupByEmail": {"users:read.email", "users:read"},
}
# The keys and limits of the manifest's schema: https://docs.slack.dev/reference/app-manifest
LONGEST_NAME, LONGEST_DESCRIPTION, LONGEST_BOT_NAME = 35, 140, 80


@pytest.fixture(scope="module")
def manifest() -> Dict[str, Any]:
    loaded: Dict[str, Any] = yaml.safe_load((REPOSITORY / "slack-app.yaml").read_text())
    return loaded


def test_the_scopes_are_those_of_the_methods(manifest: Dict[str, Any]) -> None:
    client = "".join(path.read_text() for path in (REPOSITORY / "Sources/Slack").glob("*.swift"))
    methods = set(re.findall(r'request\(\s*"([a-z]+\.[A-Za-z]+)"', client))
    assert methods == set(SCOPES)
    scopes = manifest["oauth_config"]["scopes"]
    assert set(scopes) == {"bot"} and sorted(scopes["bot"]) == sorted(set().union(*SCOPES.values()))


def test_the_manifest_fits_the_schema(manifest: Dict[str, Any]) -> None:
    assert set(manifest) == {"display_information", "features", "oauth_config", "settings"}
    display = manifest["display_information"]
    assert set(display) == {"name", "description", "background_color"}
    assert len(display["name"]) <= LONGEST_NAME and len(display["description"]) <= LONGEST_DESCRIPTION
    assert re.fullmatch("#[0-9a-f]{6}", display["background_color"])
    bot = manifest["features"]["bot_user"]
    assert len(bot["display_name"]) <= LONGEST_BOT_NAME and re.fullmatch(r"[a-z0-9._-]+", bot["display_name"])
    assert all(value is False for value in manifest["settings"].values())


def test_the_guide_names_the_scopes(manifest: Dict[str, Any]) -> None:
    guide = (REPOSITORY / "docs/deployment.md").read_text()
    assert "slack-app.yaml" in guide and all(f"`{scope}`" in guide for scope in manifest["oauth_config"]["scopes"]["bot"])


def test_doctor_asks_for_the_same_scopes(manifest: Dict[str, Any]) -> None:
    source = (REPOSITORY / "Sources/Alerter/Doctor/Finding+Slack.swift").read_text()
    [listed] = re.findall(r"scopes = \[(.+)\]", source)
    assert sorted(re.findall(r'"(.+?)"', listed)) == sorted(manifest["oauth_config"]["scopes"]["bot"])
