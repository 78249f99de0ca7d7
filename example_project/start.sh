#!/bin/sh
# One command to start:
#   ./start.sh           the site, its worker and its beat on this machine; needs Python 3.11 or newer, and no server
#   ./start.sh docker    all of docker-compose.yml
#   ./start.sh prod      all of docker-compose.prod.yml, in the background; needs a filled-in .env
set -eu
cd "$(dirname "$0")"

package() { # the checkout around this folder, else what is on PyPI
    if [ -f ../src/django_adbudget/__init__.py ]; then echo "--editable .."; fi
}

case "${1:-local}" in
local)
    [ -x .venv/bin/python ] || "${PYTHON:-python3}" -m venv .venv
    # shellcheck disable=SC2046 # two words
    .venv/bin/python -m pip install --quiet --disable-pip-version-check \
        $(package) --requirement packaging/requirements/requirements-dev.txt
    exec .venv/bin/python serve.py
    ;;
docker)
    [ -f .env ] || cp packaging/environments/env.dev.example .env
    exec docker compose up --build
    ;;
prod)
    if [ ! -f .env ]; then
        echo "There is no .env: cp packaging/environments/env.prod.example .env, and fill it in." >&2
        exit 1
    fi
    exec docker compose --file docker-compose.prod.yml up --build --detach --wait
    ;;
*)
    echo "usage: ./start.sh [local|docker|prod]" >&2
    exit 2
    ;;
esac
