"""Start the studio: read the settings, open it, build the pages, serve them.

python app.py [--host 127.0.0.1] [--port 7860] [--data DIR]
python app.py --restore COPY [--data DIR]: put a backup back, then stop.
python app.py --new-database: begin with an empty gallery in a folder whose database is gone.
python app.py COMMAND: see studio/cli.
"""

from __future__ import annotations

import argparse
import logging
import os
import signal
import socket
import sys
from pathlib import Path
from types import FrameType

from studio import cli
from studio import settings as settings_of_start
from studio.errors import SettingsError, StudioError
from studio.settings import Settings

SETTINGS = ("host", "port", "data", "new_database")
"""Arguments that are settings."""


def main(argv: list[str] | None = None) -> int:
    """Run until stopped. Returns 2, after one sentence on standard error, when a setting is wrong."""
    parsed = _arguments(argv)
    copy, command = parsed.restore, parsed.command
    try:
        settings = settings_of_start.read({name: getattr(parsed, name) for name in SETTINGS})
        os.environ.pop(settings_of_start.PASSWORD, None)  # programs that the studio starts do not inherit it
        if copy is None and command is None:
            settings.check_access()
            _check_sign_in(settings)
            _check_port(settings)
    except SettingsError as error:
        print(f"Wan Studio cannot start: {error}", file=sys.stderr)
        return 2
    logging.basicConfig(level=settings.log_level.upper(), format="%(asctime)s %(levelname)s %(name)s: %(message)s")
    if settings.log_level != "debug":  # a line per call, with the signed links of results in it
        logging.getLogger("httpx").setLevel(logging.WARNING)
    signal.signal(signal.SIGTERM, _interrupt)
    if command is not None:
        return cli.COMMANDS[command].run(settings, parsed)
    try:
        if copy is None:
            _run(settings)
        else:
            _restore(settings, Path(str(copy)))
    except KeyboardInterrupt:  # Ctrl+C, or SIGTERM: the studio was closed on the way here
        return 0
    except StudioError as error:
        print(f"Wan Studio stopped: {error}", file=sys.stderr)
        return 1
    return 0


def _check_sign_in(settings: Settings) -> None:
    """Say what is missing for people to sign in. Raises SettingsError."""
    from studio.web.signin import config  # light: no pages are loaded

    config.check(settings)


def _run(settings: Settings) -> None:
    from studio.studio import Studio  # after the settings are known to be right: a wrong one is told at once
    from studio.web.app import serve

    with Studio.open(settings, check_later=True) as studio:
        serve(studio)


def _restore(settings: Settings, copy: Path) -> None:
    from studio.studio import Studio

    aside = Studio.put_back(copy, settings)
    print(
        f"The backup {copy.name} is in place in {settings.data}."
        + (f" What was there is kept as {aside}." if aside else "")
    )
    print("Runs that had not been sent when it was made are held: look at them before they are sent.")


def _interrupt(_number: int, _frame: FrameType | None) -> None:
    raise KeyboardInterrupt


def _arguments(argv: list[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(description="A browser studio for images, clips and multi-shot films with Wan.")
    parser.add_argument("--host", help="address to listen on (default 127.0.0.1, only this machine)")
    parser.add_argument("--port", help="port to listen on (default 7860)")
    parser.add_argument("--data", type=Path, help="folder that holds everything the studio keeps (default ./data)")
    parser.add_argument(
        "--new-database", action="store_true", default=None,
        help="begin with an empty gallery although the folder holds files of a database that is gone",
    )  # fmt: skip
    parser.add_argument("--restore", type=Path, metavar="COPY", help="put a backup in the database's place, and stop")
    cli.add_commands(parser)
    return parser.parse_args(argv)


def _check_port(settings: Settings) -> None:
    """Say that the port is taken, and which is free, before the pages are built. Raises SettingsError."""
    if _free(settings.host, settings.port):
        return
    for port in range(settings.port + 1, min(settings.port + 100, 65536)):
        if _free(settings.host, port):
            raise SettingsError(f"port {settings.port} is taken on {settings.host}. Port {port} is free: --port {port}")
    raise SettingsError(f"port {settings.port} and the next 99 are taken on {settings.host}; name another with --port.")


def _free(host: str, port: int) -> bool:
    try:
        family, kind, proto, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
    except socket.gaierror as error:
        raise SettingsError(f"there is no address {host!r} on this machine ({error.strerror}).") from None
    with socket.socket(family, kind, proto) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(address)
        except PermissionError:
            raise SettingsError(f"port {port} needs administrator rights; take one above 1023.") from None
        except OSError:
            return False
    return True


if __name__ == "__main__":
    sys.exit(main())
