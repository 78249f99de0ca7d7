#!/bin/sh
# Flower shows tasks and can end them, for whoever reaches it: beyond development it wants a password.
set -eu
cd "$(dirname "$0")/../.."

if [ "${AGENCY_ENV:-dev}" != dev ] && [ -z "${FLOWER_BASIC_AUTH:-}" ]; then
    echo "FLOWER_BASIC_AUTH is not set. Flower lets whoever reaches it end tasks: user:password" >&2
    exit 1
fi
# To Flower, a password that is set to nothing would be one that nobody has.
[ -n "${FLOWER_BASIC_AUTH:-}" ] || unset FLOWER_BASIC_AUTH
exec celery --app config flower --address="${HOST:-127.0.0.1}" --port="${FLOWER_PORT:-5555}"
