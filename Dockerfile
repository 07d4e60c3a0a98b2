# Backtests in a container. This file was not built here: build it and try it before you rely on it.
#
#   docker build -t small-cap-rotation .
#   docker run --rm -v "$PWD/logs:/app/logs" small-cap-rotation
#   docker run --rm -v "$PWD/logs:/app/logs" -v "$PWD/prices:/prices:ro" small-cap-rotation backtest --data-dir /prices
#
# The mounted logs folder must be writable by user 10001. Nothing in here needs a network at run time.
FROM python:3.11-slim

ENV PYTHONDONTWRITEBYTECODE=1 \
    PYTHONUNBUFFERED=1 \
    PYTHONPATH=/app

WORKDIR /app

# Dependencies first: they change seldom. Every file that is installed must match its hash.
COPY requirements-run.lock ./
RUN python -m pip install --no-cache-dir --require-hashes --requirement requirements-run.lock

COPY LICENSE ./
COPY config ./config
COPY strategies ./strategies
COPY bot ./bot
RUN printf '#!/bin/sh\nexec python -m bot "$@"\n' > /usr/local/bin/bot && chmod 755 /usr/local/bin/bot \
    && useradd --uid 10001 --create-home bot \
    && mkdir logs && chown bot:bot logs

USER bot
VOLUME ["/app/logs"]

HEALTHCHECK --interval=5m --timeout=30s --start-period=10s --retries=3 CMD ["bot", "config", "check"]

ENTRYPOINT ["bot"]
CMD ["backtest"]
