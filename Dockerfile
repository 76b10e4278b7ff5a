# Builds the package for Lambda on any machine with a container engine:
#
#   make package CONTAINER=docker      # or podman, or finch
#
# The image is Swift's official one on Debian. An image by digest is taken with --build-arg SWIFT_IMAGE=swift@sha256:…
ARG SWIFT_IMAGE=docker.io/library/swift:6.3.1-bookworm

FROM ${SWIFT_IMAGE} AS build
WORKDIR /athena-alerter
COPY . .
ARG SETTINGS=settings.json
RUN scripts/package zip "$SETTINGS" build/athena-alerter.zip

FROM scratch AS package
COPY --from=build /athena-alerter/build/athena-alerter /athena-alerter/build/athena-alerter.zip /
