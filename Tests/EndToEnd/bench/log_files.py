"""Log files for measurements: records of many services and people, with a given share of query starts."""

from __future__ import annotations

import hashlib
import json
import random
import struct
import uuid
import zlib
from datetime import timedelta
from pathlib import Path
from typing import List, NamedTuple

from support import cloudtrail
from support.processes import REPOSITORY

CACHE = REPOSITORY / ".build/bench"
MAKERS = [
    cloudtrail.get_object,
    cloudtrail.assume_role,
    cloudtrail.list_buckets,
    cloudtrail.put_log_events,
    cloudtrail.describe_instances,
    cloudtrail.get_results,
]
# Gzip looks back 32 KB; a pool of some megabytes rarely repeats a record within that distance.
POOL = 2500
BLOCK_MEGABYTES = 10
SESSIONS = 20

AGENTS = [
    "aws-cli/2.15.0 Python/3.11.6 Linux/6.1 prompt/off command/athena.start-query-execution",
    "Boto3/1.34.51 md/Botocore#1.34.51 ua/2.0 os/linux#5.10.209 md/arch#x86_64 lang/python#3.12.2 md/pyimpl#CPython",
    "aws-sdk-java/2.25.1 Linux/5.10.205 OpenJDK_64-Bit_Server_VM/17.0.10 Java/17.0.10 io/sync http/Apache",
    "aws-sdk-go-v2/1.25.2 os/linux lang/go#1.22.0 md/GOOS#linux md/GOARCH#arm64 api/athena#1.40.0",
    "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/122.0.0.0 Safari/537.36",
    "AWS Internal",
]
WORDS = (
    "orders items customers clicks sessions invoices shipments returns stock prices region country brand channel "
    "campaign device amount quantity total margin discount currency created_at updated_at event_date user_id"
).split()


class LogFile(NamedTuple):
    path: Path
    unpacked: int
    starts: int


def log_file(megabytes: int, share: float) -> LogFile:
    """A file of this many megabytes of JSON with this share of query starts, made at the first call."""
    path = CACHE / f"{megabytes}-mb-{share:g}-{version()}.json.gz"
    facts = path.with_suffix(".facts")
    if not facts.exists():
        CACHE.mkdir(parents=True, exist_ok=True)
        unpacked, starts = write(path, megabytes, share)
        facts.write_text(json.dumps([unpacked, starts]))
    return LogFile(path, *json.loads(facts.read_text()))


def version() -> str:
    """Changes with the code that makes the files, so that no old file is used."""
    sources = b"".join(Path(file).read_bytes() for file in (__file__, str(cloudtrail.__file__)))
    return hashlib.sha256(sources).hexdigest()[:8]


def write(path: Path, megabytes: int, share: float, seed: int = 0) -> tuple[int, int]:
    """Writes one gzip member, and returns its uncompressed size and the number of its query starts.

    Compression is slow, so a large file repeats a block that is compressed once. The block is longer than the window of
    gzip and the history of a processor's branch predictor.
    """
    chance = random.Random(seed)
    copies = max(1, round(megabytes / BLOCK_MEGABYTES))
    records, starts = draw(megabytes * 1_000_000 // copies, share, chance)
    block = b",".join(records) + b","
    # The last record has no comma after it; it is added once, and must not be a query start.
    last = text(cloudtrail.list_buckets(chance, cloudtrail.START))
    pieces = [b'{"Records":[', *[block] * copies, last + b"]}"]
    packed = {piece: pack(piece) for piece in dict.fromkeys(pieces)}
    checksum = 0
    with path.open("wb") as file:
        file.write(b"\x1f\x8b\x08\0\0\0\0\0\0\xff")
        for piece in pieces:
            file.write(packed[piece])
            checksum = zlib.crc32(piece, checksum)
        length = sum(map(len, pieces))
        # An empty last block, and the trailer (RFC 1952).
        file.write(b"\x03\0" + struct.pack("<II", checksum, length & 0xFFFF_FFFF))
    return length, starts * copies


def pack(piece: bytes) -> bytes:
    """Deflates into blocks that can stand anywhere in a stream."""
    packer = zlib.compressobj(6, zlib.DEFLATED, -zlib.MAX_WBITS)
    return packer.compress(piece) + packer.flush(zlib.Z_FULL_FLUSH)


def draw(length: int, share: float, chance: random.Random) -> tuple[List[bytes], int]:
    others = [text(varied(chance.choice(MAKERS)(chance, cloudtrail.START), chance)) for _ in range(POOL)]
    starts = [text(query_start(chance)) for _ in range(POOL)] if share else []
    average = (share * sum(map(len, starts)) + (1 - share) * sum(map(len, others))) / POOL
    count = round(length / average)
    started = set(chance.sample(range(count), round(count * share)))
    return [chance.choice(starts if index in started else others) for index in range(count)], len(started)


def text(record: cloudtrail.Record) -> bytes:
    return json.dumps(record, separators=(",", ":")).encode()


def varied(record: cloudtrail.Record, chance: random.Random) -> cloudtrail.Record:
    """The same event by a random person, from a random address, within a quarter of an hour."""
    session = random.Random(chance.randrange(SESSIONS))
    identity = record["userIdentity"]
    if "accessKeyId" in identity:
        identity["accessKeyId"] = "ASIA" + cloudtrail.hexadecimal(session, 16).upper()
    if "principalId" in identity:
        identity["principalId"] = "AROA" + cloudtrail.hexadecimal(session, 16).upper()
    at = cloudtrail.START + timedelta(seconds=chance.randrange(900))
    record.update(
        eventTime=at.strftime("%Y-%m-%dT%H:%M:%SZ"),
        sourceIPAddress=f"203.0.113.{session.randrange(256)}",
        userAgent=session.choice(AGENTS),
        requestID=identifier(chance),
        eventID=identifier(chance),
    )
    return record


def query_start(chance: random.Random) -> cloudtrail.Record:
    name = f"{chance.choice(WORDS)}.{chance.choice(WORDS)}@example.com"
    start = cloudtrail.query_start(identifier(chance), cloudtrail.sso_person(name), sql=sql(chance))
    start["requestParameters"]["clientRequestToken"] = identifier(chance)
    return varied(start, chance)


def sql(chance: random.Random) -> str:
    """A statement of some hundred characters, with line breaks and quotes like handwritten SQL."""
    columns = ",\n  ".join(f"{chance.choice('abc')}.{word}" for word in chance.sample(WORDS, chance.randrange(2, 12)))
    conditions = "\n  AND ".join(
        f"{chance.choice('abc')}.\"{word}\" = '{cloudtrail.hexadecimal(chance, 8)}'"
        for word in chance.sample(WORDS, chance.randrange(1, 8))
    )
    first, second = chance.sample(WORDS, 2)
    return f"SELECT {columns}\nFROM shop.{first} a JOIN shop.{second} b USING (id)\nWHERE {conditions}\nLIMIT 1000"


def identifier(chance: random.Random) -> str:
    return str(uuid.UUID(int=chance.getrandbits(128)))
