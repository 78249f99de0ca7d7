"""gunicorn's configuration: `gunicorn --config python:config.gunicorn config.wsgi`."""

from __future__ import annotations

import os
from pathlib import Path

from config import logs

bind = f"{os.environ.get('HOST', '127.0.0.1')}:{os.environ.get('PORT', '8000')}"
workers = int(os.environ.get("WEB_CONCURRENCY", "2"))
threads = 4
# Spending waits for a lock for 5 seconds at most; whatever takes 30 is stuck. At the end, requests get as long.
timeout = graceful_timeout = 30
keepalive = 5
# A worker is replaced now and then, whatever may leak, and not all of them in the same minute.
max_requests, max_requests_jitter = 10_000, 1_000
# Heartbeats of workers are files: on a disk they could wait, in memory they never do.
worker_tmp_dir = "/dev/shm" if Path("/dev/shm").is_dir() else None
accesslog = errorlog = "-"
access_log_format = '%(h)s "%(r)s" %(s)s %(b)s bytes %(M)s ms'
if os.environ.get("AGENCY_ENV", "dev") != "dev":  # as the site's own records: JSON, a line each
    logconfig_dict = {
        **logs.to_stdout(),
        "loggers": {f"gunicorn.{name}": {"propagate": True} for name in ("error", "access")},
    }
control_socket_disable = True  # nobody uses it, and it would be a file
