"""`scripts/refresh-prices` makes the table of prices from a list of the shape of AWS's own."""

from __future__ import annotations

import json
import shutil
import subprocess
import threading
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any, Callable, Dict

import pytest

from support.processes import REPOSITORY

PriceList = Dict[str, Any]


@pytest.fixture
def table(tmp_path: Path) -> Path:
    return Path(shutil.copy(REPOSITORY / "Sources/Alerting/PriceTable.swift", tmp_path))


def price_list(**prices: str) -> PriceList:
    """AWS's list with a price of each region: `eu_west_3="USD 7.1"`. Each region also has another product."""
    products: Dict[str, Any] = {}
    terms: Dict[str, Any] = {}
    for number, (name, price) in enumerate(prices.items()):
        region, (code, amount) = name.replace("_", "-"), price.split()
        for sku, usage, family, unit, value in (
            (f"Q{number}", "DataScannedInTB", "Athena Queries", "Terabytes", amount),
            (f"S{number}", "CodeExecutionInDPUHours", "Athena Spark", "DPU-Hours", "0.35"),
        ):
            products[sku] = {
                "sku": sku,
                "productFamily": family,
                "attributes": {
                    "servicecode": "AmazonAthena",
                    "usagetype": usage if region == "us-east-1" else f"X{number}-{usage}",
                    "regionCode": region,
                },
            }
            dimension = {
                "unit": unit,
                "beginRange": "0",
                "endRange": "Inf",
                "description": f"{value} {code} per {unit} for {usage}",
                "pricePerUnit": {code: f"{float(value):.10f}"},
                "appliesTo": [],
            }
            dimensions = {f"{sku}.JRTCKXETXF.6YS6EN2CT7": dimension}
            offer = {"sku": sku, "offerTermCode": "JRTCKXETXF", "priceDimensions": dimensions}
            terms[sku] = {f"{sku}.JRTCKXETXF": offer}
    return {
        "formatVersion": "v1.0",
        "offerCode": "AmazonAthena",
        "publicationDate": "2027-01-31T12:44:08Z",
        "products": products,
        "terms": {"OnDemand": terms},
    }


def refresh(table: Path, *sources: str) -> "subprocess.CompletedProcess[str]":
    command = [REPOSITORY / "scripts/refresh-prices", "--table", table, *sources]
    return subprocess.run(command, capture_output=True, text=True, timeout=60)


def written(path: Path, content: Any) -> str:
    path.write_text(json.dumps(content))
    return str(path)


def test_regions_of_the_list_get_its_price_and_date_and_others_stay(table: Path, tmp_path: Path) -> None:
    before = table.read_text().splitlines()
    dollars = price_list(us_east_1="USD 5", eu_west_3="USD 7.125", xx_new_9="USD 6")
    sources = written(tmp_path / "a.json", dollars), written(tmp_path / "b.json", price_list(cn_north_1="CNY 35"))
    ran = refresh(table, *sources)
    assert (ran.returncode, ran.stderr) == (0, "")
    after = table.read_text().splitlines()
    lines = [
        '        "cn-north-1": .init(35.00, .yuan, .known, of: "2027-01-31", from: .priceList),',
        '        "eu-west-3": .init(7.125, .dollars, .known, of: "2027-01-31", from: .priceList),',
        '        "us-east-1": .init(5.00, .dollars, .known, of: "2027-01-31", from: .priceList),',
        '        "xx-new-9": .init(6.00, .dollars, .known, of: "2027-01-31", from: .priceList),',
    ]
    assert sorted(set(after) - set(before)) == lines
    assert len(after) == len(before) + 1 and ran.stdout.splitlines() == [line.strip() for line in lines]
    regions = [line for line in after if line.startswith('        "')]
    assert regions == sorted(regions)
    assert refresh(table, *sources).stdout == "no price has changed\n"


def test_a_list_is_read_from_an_address(table: Path) -> None:
    class Prices(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200)
            self.end_headers()
            self.wfile.write(json.dumps(price_list(sa_east_1="USD 10")).encode())

        def log_message(self, *_: Any) -> None:
            pass

    with HTTPServer(("127.0.0.1", 0), Prices) as server:
        serving = threading.Thread(target=server.handle_request)
        serving.start()
        ran = refresh(table, f"http://127.0.0.1:{server.server_port}/index.json")
        serving.join()
    assert ran.returncode == 0 and '"sa-east-1": .init(10.00, .dollars, .known' in table.read_text()


def two_prices(prices: PriceList) -> None:
    [(_, offer)] = prices["terms"]["OnDemand"]["Q0"].items()
    offer["priceDimensions"]["other"] = {}


@pytest.mark.parametrize(
    "change, problem",
    [
        (lambda prices: prices.pop("products"), "not of the shape of a price list: KeyError('products')"),
        (lambda prices: prices.update(publicationDate="soon"), "publicationDate: expected a date, found 'soon'"),
        (lambda prices: prices["products"].clear(), "expected products with the usagetype DataScannedInTB, found none"),
        (lambda prices: prices["terms"]["OnDemand"].clear(), "DataScannedInTB: expected one price, found 0"),
        (two_prices, "DataScannedInTB: expected one price, found 2"),
        (
            lambda prices: prices["products"]["Q0"]["attributes"].pop("regionCode"),
            "DataScannedInTB: expected a regionCode such as eu-west-1, found ''",
        ),
    ],
)
def test_a_list_of_another_shape_changes_nothing(
    table: Path, tmp_path: Path, change: Callable[[PriceList], Any], problem: str
) -> None:
    prices, before = price_list(us_east_1="USD 6"), table.read_text()
    change(prices)
    ran = refresh(table, written(tmp_path / "list.json", prices))
    assert (ran.returncode, ran.stderr) == (1, f"refresh-prices: {problem}\n")
    assert table.read_text() == before


@pytest.mark.parametrize("price", ["USD 0", "USD 1001", "EUR 5"])
def test_a_price_that_cannot_be_right_changes_nothing(table: Path, tmp_path: Path, price: str) -> None:
    before = table.read_text()
    ran = refresh(table, written(tmp_path / "list.json", price_list(us_east_1=price)))
    assert ran.returncode == 1 and "refresh-prices: us-east-1: expected" in ran.stderr
    assert table.read_text() == before


def test_a_file_that_is_missing_is_named(table: Path) -> None:
    ran = refresh(table, "/nonexistent/list.json")
    assert ran.returncode == 1 and "/nonexistent/list.json" in ran.stderr
