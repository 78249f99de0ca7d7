#!/bin/sh
# Celery's beat, with the schedule of the admin's "Periodic tasks" (DatabaseScheduler). One process of it, never two.
set -eu
cd "$(dirname "$0")/../.."

exec celery --app config beat --scheduler django_celery_beat.schedulers:DatabaseScheduler --loglevel INFO --pidfile=
