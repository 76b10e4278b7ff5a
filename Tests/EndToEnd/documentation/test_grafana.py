"""The dashboard for Grafana is one that Grafana can import, with the names of the documentation."""

from __future__ import annotations

import json
import re
from typing import Any, Dict, List

from support import template
from support.documentation import page
from support.processes import REPOSITORY

DASHBOARD: Dict[str, Any] = json.loads((REPOSITORY / "docs/grafana-dashboard.json").read_text())
PANELS: List[Dict[str, Any]] = DASHBOARD["panels"]
PLUGIN = "grafana-athena-datasource"
WIDTH = 24
TABLE, TIME_SERIES = 1, 0


def variables() -> Dict[str, Dict[str, Any]]:
    return {one["name"]: one for one in DASHBOARD["templating"]["list"]}


def targets() -> List[Dict[str, Any]]:
    return [target for panel in PANELS for target in panel["targets"]]


def test_panels_have_ids_and_titles_of_their_own() -> None:
    for name in ("id", "title"):
        assert len({panel[name] for panel in PANELS}) == len(PANELS)


def test_the_panels_fill_the_rows_without_overlap() -> None:
    taken = set()
    for panel in PANELS:
        place = panel["gridPos"]
        cells = {
            (x, y)
            for x in range(place["x"], place["x"] + place["w"])
            for y in range(place["y"], place["y"] + place["h"])
        }
        assert not cells & taken and max(x for x, _ in cells) < WIDTH
        taken |= cells
    assert len(taken) == WIDTH * (1 + max(y for _, y in taken))


def test_the_data_source_and_the_database_are_chosen_by_variables() -> None:
    assert (variables()["datasource"]["type"], variables()["datasource"]["query"]) == ("datasource", PLUGIN)
    for one in [*PANELS, *targets()]:
        assert one["datasource"] == {"type": PLUGIN, "uid": "${datasource}"}
    assert {target["connectionArgs"]["database"] for target in targets()} == {"${database}"}
    used = set(re.findall(r"\$\{(\w+)\}", json.dumps(targets())))
    assert used == set(variables())


def test_the_values_of_the_variables_are_the_names_of_the_stack() -> None:
    report = template.of("report")
    assert variables()["database"]["query"] == report["Parameters"]["ReportDatabase"]["Default"]
    tables = {
        one["Properties"]["TableInput"]["Name"]
        for one in report["Resources"].values()
        if one["Type"] == "AWS::Glue::Table"
    }
    assert {variables()[name]["query"] for name in ("queries", "sums")} == tables
    for name in ("database", "queries", "sums"):
        one = variables()[name]
        assert one["current"]["value"] == one["query"] and [option["value"] for option in one["options"]] == [
            one["query"]
        ]


def test_every_statement_says_which_days_it_reads() -> None:
    """Otherwise it would read the whole history."""
    between = "dt BETWEEN CAST(CAST($__timeFrom() AS date) AS varchar) AND CAST(CAST($__timeTo() AS date) AS varchar)"
    assert all(between in target["rawSQL"] for target in targets())
    # The days of the history are those of UTC.
    assert DASHBOARD["timezone"] == "utc"


def test_the_chart_gets_a_time_and_the_tables_get_rows() -> None:
    for panel in PANELS:
        [target] = panel["targets"]
        assert target["format"] == (TIME_SERIES if panel["type"] == "timeseries" else TABLE)
        assert (" AS time," in target["rawSQL"]) == (panel["type"] == "timeseries")


def test_columns_that_are_shown_in_their_own_way_exist() -> None:
    for panel in PANELS:
        [target] = panel["targets"]
        names = set(re.findall(r"(?: AS |SELECT |, )(\w+)(?=,|\nFROM| FROM|\n)", target["rawSQL"]))
        shown = {one["matcher"]["options"] for one in panel["fieldConfig"]["overrides"]}
        links = re.findall(r"__data\.fields\.(\w+)", json.dumps(panel["fieldConfig"]))
        assert shown | set(links) <= names, panel["title"]


def test_the_page_about_the_history_names_the_file() -> None:
    assert "](grafana-dashboard.json)" in page("history.md")
