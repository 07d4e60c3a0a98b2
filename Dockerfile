# Forward trading on paper in a container, or any other command. The image has not been built on a real machine yet:
# build it and try it before you rely on it.
#
#   docker build -t small-cap-rotation .
#   docker run -d --name rotation --stop-timeout 120 -v "$PWD/logs:/app/logs" small-cap-rotation
#   docker run --rm -v "$PWD/logs:/app/logs" small-cap-rotation paper status
#   docker run --rm -v "$PWD/logs:/app/logs" small-cap-rotation backtest
#   docker run --rm -v "$PWD/logs:/app/logs" -v "$PWD/prices:/prices:ro" small-cap-rotation backtest --data-dir /prices
#
# The mounted logs folder must be writable by user 10001. The default command, `paper run`, needs a network for public
# prices; a backtest needs none. Health is that of the ledger named `paper`. More: docs/deploy.md.
FROM python:3.11-slim

ENV PYTHONDONTWRITEBYTECODE=1 \
    PYTHONUNBUFFERED=1 \
    PYTHONPATH=/app

WORKDIR /app

# Dependencies come first: they change seldom, so their layer stays cached. Each installed file must match its hash.
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

# The first start fetches years of prices before it decides; the daemon's heartbeat keeps it healthy until then.
HEALTHCHECK --interval=5m --timeout=30s --start-period=2m --retries=3 CMD ["bot", "paper", "status", "--check"]

ENTRYPOINT ["bot"]
CMD ["paper", "run"]
