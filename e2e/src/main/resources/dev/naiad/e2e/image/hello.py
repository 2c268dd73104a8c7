"""What the demo's container runs: a program that needs a little of a large image."""
import asyncio
import email
import http.client
import json
import platform
import sqlite3

print(json.dumps({"hello": "from a container", "python": platform.python_version(),
                  "sqlite": sqlite3.sqlite_version,
                  "modules": [m.__name__ for m in (asyncio, email, http.client)]}), flush=True)
