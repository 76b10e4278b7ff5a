"""Checks the fault matrix itself: with a safeguard removed from the sources, it must fail.

``make faults-mutants`` builds a changed copy of the sources for each safeguard, in a temporary directory.
"""

from __future__ import annotations

import argparse
import shutil
import signal
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import List, NamedTuple

from faults.cases import Case, sample
from faults.fault_runner import Outcome
from faults.matrix import run
from support.processes import REPOSITORY


class Mutant(NamedTuple):
    """A change to one file that removes a safeguard. The text to replace must be in the file exactly once."""

    safeguard: str
    file: str
    text: str
    replacement: str


MUTANTS = (
    Mutant(
        "a row is inserted only if absent",
        "Alerter/Table/QueriesTable.swift",
        """        let statements = starts.map { start in
            DynamoDB.Statement.insert(row(of: start, now: now), key: Item(start.key), into: name)
        }
        return dynamoDB.execute(statements, before: deadline)
""",
        """        let writes = starts.map { start in
            DynamoDB.Write.put(row(of: start, now: now), table: name, condition: "attribute_not_exists(no_such_attribute)")
        }
        return dynamoDB.write(writes, before: deadline)
""",
    ),
    Mutant(
        "a message is sent before its row is closed",
        "Alerter/Endings/UsageUpdateInvocation.swift",
        "close(send(endings))",
        "close(endings)\n        _ = send(endings)",
    ),
    Mutant(
        "an alert is claimed",
        "Alerter/Table/AlertLedger.swift",
        r'"attribute_not_exists(#done\(place)) AND (attribute_not_exists(#claim\(place)) OR #claim\(place) < :now)"',
        r'"(attribute_not_exists(#done\(place)) OR attribute_exists(#done\(place)) OR #claim\(place) < :now)"',
    ),
    Mutant(
        "an alert is recorded",
        "Alerter/Alerts/OwedRecords.swift",
        "let key = alert.query.alertKey",
        "guard alert.name.isEmpty else { return }\n            let key = alert.query.alertKey",
    ),
    Mutant(
        "an alert counts once",
        "Alerter/Table/AlertLedger.swift",
        'condition: "attribute_not_exists(#done)",',
        "condition: nil,",
    ),
)


def source(directory: Path, mutant: Mutant) -> Path:
    return directory / "Sources" / mutant.file


def count(mutant: Mutant) -> int:
    """The number of times that the text to replace is in the sources; a valid mutant has 1."""
    return source(REPOSITORY, mutant).read_text().count(mutant.text)


def copied(directory: Path) -> Path:
    """A copy of everything that the build needs."""
    for name in ("Sources", "Tests"):
        shutil.copytree(REPOSITORY / name, directory / name, ignore=shutil.ignore_patterns("__pycache__", ".pytest_cache"))
    shutil.copy(REPOSITORY / "Package.swift", directory)
    return directory


def built(directory: Path) -> Path:
    command = ["swift", "build", "--configuration", "release", "--product", "athena-alerter", "--quiet"]
    subprocess.run(command, cwd=directory, check=True, stdin=subprocess.DEVNULL)
    return directory / ".build/release/athena-alerter"


def bad(executable: Path) -> List[Outcome]:
    def choose(found: List[Case]) -> List[Case]:
        return sample(found)

    return [outcome for outcome in run(executable, choose, workers=3, progress=lambda _: None) if not outcome.is_good]


def main() -> None:
    # SIGTERM raises KeyboardInterrupt, so that the servers are stopped.
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--only", default="", metavar="TEXT", help="only safeguards that contain TEXT")
    wanted = parser.parse_args().only
    missed = []
    with tempfile.TemporaryDirectory(prefix="mutants-") as name:
        directory = copied(Path(name))
        for mutant in (mutant for mutant in MUTANTS if wanted in mutant.safeguard):
            if count(mutant) != 1:
                sys.exit(f"fault_mutants: {mutant.file} has this text {count(mutant)} times: {mutant.text}")
            path = source(directory, mutant)
            original = path.read_text()
            path.write_text(original.replace(mutant.text, mutant.replacement))
            found = bad(built(directory))
            path.write_text(original)
            print(f"without '{mutant.safeguard}': {len(found)} cases of the sample fail", flush=True)
            for outcome in found[:3]:
                print(f"  {str(outcome)[:160]}", flush=True)
            if not found:
                missed.append(mutant.safeguard)
    if missed:
        sys.exit(f"fault_mutants: the matrix did not detect the removal of: {', '.join(missed)}")
    print("the matrix detected every removed safeguard")


if __name__ == "__main__":
    main()
