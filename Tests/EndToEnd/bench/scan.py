"""How fast a log file is scanned, beside unpacking it alone and beside what people would write in a minute."""

from __future__ import annotations

# As much as the program unpacks at once (Sources/CloudTrail/GzipStream.swift).
WINDOW = 128 << 10
