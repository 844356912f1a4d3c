"""A mail server and a web hook of this machine that keep what they are sent."""

import json
import socketserver
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from email import message_from_string, policy
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

MEANT_FOR = "malam@example.id"


@dataclass
class Sinks:
    mails: list[str] = field(default_factory=list)
    posts: list[dict[str, Any]] = field(default_factory=list)
    variables: dict[str, str] = field(default_factory=dict)

    def subjects(self) -> list[str]:
        parsed = [message_from_string(mail, policy=policy.default) for mail in self.mails]
        assert all(mail["To"] == MEANT_FOR for mail in parsed)
        return [str(mail["Subject"]) for mail in parsed]

    def posted(self, event: str) -> list[dict[str, Any]]:
        return [post for post in self.posts if post["event"] == event]


@contextmanager
def listening() -> Iterator[Sinks]:
    """Both, and the variables of the environment that make Airflow's connections of them."""
    sinks = Sinks()
    mail = socketserver.ThreadingTCPServer(("127.0.0.1", 0), _mail_handler(sinks.mails))
    post = ThreadingHTTPServer(("127.0.0.1", 0), _post_handler(sinks.posts))
    mail.daemon_threads = True
    for server in (mail, post):
        threading.Thread(target=server.serve_forever, daemon=True).start()
    plain = {"from_email": "pulang@example.id", "to": MEANT_FOR, "disable_ssl": True,
             "disable_tls": True, "retry_limit": 1}  # fmt: skip
    sinks.variables["AIRFLOW_CONN_PULANG_MAIL"] = json.dumps(
        {"conn_type": "smtp", "host": "127.0.0.1", "port": mail.server_address[1], "extra": plain}
    )
    sinks.variables["AIRFLOW_CONN_PULANG_WEBHOOK"] = json.dumps(
        {"conn_type": "http", "host": f"http://127.0.0.1:{post.server_address[1]}/kait"}
    )
    try:
        yield sinks
    finally:
        for server in (mail, post):
            server.shutdown()
            server.server_close()


def _post_handler(posts: list[dict[str, Any]]) -> type[BaseHTTPRequestHandler]:
    class Keep(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            length = int(self.headers["Content-Length"])
            posts.append(json.loads(self.rfile.read(length)) | {"path": self.path})
            self.send_response(204)
            self.end_headers()

        def log_message(self, *_: object) -> None:
            pass

    return Keep


def _mail_handler(mails: list[str]) -> type[socketserver.StreamRequestHandler]:
    class Keep(socketserver.StreamRequestHandler):
        """As much of SMTP as one client needs to leave a mail."""

        def handle(self) -> None:
            self._say("220 here")
            while line := self.rfile.readline():
                word = line[:4].upper()
                if word == b"DATA":
                    self._say("354 go on")
                    lines = iter(self.rfile.readline, b".\r\n")
                    mails.append(b"".join(lines).decode())
                self._say("221 bye" if word == b"QUIT" else "250 ok")
                if word == b"QUIT":
                    return

        def _say(self, words: str) -> None:
            self.wfile.write(f"{words}\r\n".encode())

    return Keep
