#!/bin/sh
# The site: tables and schedules brought up to date, static files gathered, then gunicorn.
set -eu
cd "$(dirname "$0")/../.."

python manage.py prepare
python manage.py collectstatic --noinput --verbosity 0
exec gunicorn --config python:config.gunicorn config.wsgi:application
