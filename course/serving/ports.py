"""Where an address is, and whether it can be served at."""

from __future__ import annotations

import errno
import socket

from course.config import SettingError


def free_address(host: str, port: int) -> str:
    """The address in digits of a host, which may be a name, where this port is free.

    Raises SettingError with one clear line where it cannot be listened on.
    """
    try:
        family, kind, protocol, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
        with socket.socket(family, kind, protocol) as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind(address)
            probe.listen(1)
            return str(address[0])
    except PermissionError:
        raise SettingError(f"--port {port}: not allowed to this account; choose one from 1024 on") from None
    except (OSError, UnicodeError) as error:  # a name with a part that is empty or too long for one is no text to it
        if getattr(error, "errno", 0) == errno.EADDRINUSE:
            other = port + 1 if port < 65535 else port - 1
            line = f"--port {port}: taken on {host} by another program; choose another, such as --port {other}"
        else:
            line = f"--host {host}: no address of this machine; try 127.0.0.1, or 0.0.0.0 for all of them"
        raise SettingError(line) from None
