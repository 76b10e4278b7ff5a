"""The instructions of a scan are few, compared with those of decompression with zlib."""

from __future__ import annotations

import gzip
import subprocess
from pathlib import Path

import pytest

from bench.instructions import instructions
from bench.log_files import log_file
from bench.programs import built
from bench.scan import WINDOW

MEGABYTES = 4
# The library that unpacks, and the shares of query starts, each with the allowed multiple of the instructions of
# decompression with zlib: a little more than today's. Decompression waits for memory and scanning does not, so the
# multiple is smaller in time (docs/performance.md).
LIMITS = {
    "ISA-L": {0: 0.70, 0.01: 0.72, 0.1: 0.90, 1: 2.1},
    "zlib": {0: 1.20, 0.01: 1.22, 0.1: 1.39, 1: 2.63},
}


@pytest.fixture(scope="module")
def inflate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return built("inflate", tmp_path_factory.mktemp("bench"), ["-lz"])


@pytest.fixture(scope="module")
def stripped(executable: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The program without debugging information, which may be too new for valgrind."""
    path = tmp_path_factory.mktemp("bench") / "athena-alerter"
    subprocess.run(["strip", "--strip-debug", "-o", path, executable], check=True)
    return path


@pytest.fixture(scope="module")
def library(executable: Path) -> str:
    """The library that unpacks: ISA-L if the program was built with it."""
    linked = subprocess.run(["readelf", "--dynamic", executable], check=True, capture_output=True, text=True).stdout
    assert "libz.so" in linked, "the program must be linked with shared libraries"
    return "ISA-L" if "libisal.so" in linked else "zlib"


@pytest.fixture(scope="module")
def nothing(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A file without records, which costs only the start and the end of the program."""
    path = tmp_path_factory.mktemp("bench") / "nothing.json.gz"
    path.write_bytes(gzip.compress(b'{"Records":[]}'))
    return path


@pytest.mark.check
@pytest.mark.parametrize("share", LIMITS["zlib"])
def test_a_scan_takes_few_instructions_compared_with_decompression(
    stripped: Path, library: str, inflate: Path, nothing: Path, share: float
) -> None:
    file = log_file(MEGABYTES, share)
    found = subprocess.run([stripped, "scan", file.path], check=True, capture_output=True).stdout
    assert found.count(b"\n") == file.starts

    def cost(*command: str | Path) -> int:
        return instructions([*command, file.path]) - instructions([*command, nothing])

    ratio = cost(stripped, "scan") / cost(inflate, str(WINDOW))
    assert ratio <= LIMITS[library][share], f"{ratio:.2f} times the instructions of unpacking, with {library}"
