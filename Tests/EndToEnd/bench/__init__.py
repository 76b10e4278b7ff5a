"""The project's measurements; `make bench` runs them."""
