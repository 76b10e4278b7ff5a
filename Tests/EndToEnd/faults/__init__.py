"""The fault matrix: every network call of every handler fails in every way."""
