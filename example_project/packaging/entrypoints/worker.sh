#!/bin/sh
# A Celery worker. Start as many as you like.
set -eu
cd "$(dirname "$0")/../.."

exec celery --app config worker --hostname worker@%h --loglevel INFO --concurrency "${WORKER_CONCURRENCY:-2}"
