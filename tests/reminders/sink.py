"""A mail server that keeps what it is given, and that can refuse, hang up or fall silent at any point."""

import asyncio
import threading
from collections import Counter
from collections.abc import Callable
from contextlib import closing
from email import message_from_bytes, policy
from email.message import EmailMessage

CUT, HANG = "cut", "hang"
Answer = Callable[[str, str], str]  # from a command (EHLO, MAIL, RCPT, DATA, END) and a recipient


class Sink:
    """An SMTP server on a port of its own. `answer` may be replaced: "" is the usual reply, CUT and HANG are not."""

    def __init__(self) -> None:
        self.messages: list[EmailMessage] = []
        self.senders: list[str] = []  # of envelopes
        self.commands: Counter[str] = Counter()
        self.delay = 0.0  # seconds before each reply
        self.answer: Answer = lambda command, recipient: ""
        started = threading.Event()
        self.thread = threading.Thread(target=lambda: asyncio.run(self.serve(started)), daemon=True)
        self.thread.start()
        started.wait(5)

    async def serve(self, started: threading.Event) -> None:
        """Serve until stopped; dialogues that still hang are cut."""
        self.loop, self.ended = asyncio.get_running_loop(), asyncio.Event()
        server = await asyncio.start_server(self.talk, "127.0.0.1", 0)
        self.port = server.sockets[0].getsockname()[1]
        started.set()
        await self.ended.wait()
        server.close()

    def stop(self) -> None:
        """End the thread."""
        self.loop.call_soon_threadsafe(self.ended.set)
        self.thread.join(5)

    async def talk(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Hold one dialogue."""
        with closing(writer):
            await self.dialogue(reader, writer)

    async def dialogue(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Answer each command."""
        recipient, usual = "", {"DATA": "354 go on", "QUIT": "221 bye"}
        writer.write(b"220 sink\r\n")
        while line := (await reader.readline()).decode():
            command = line[:4].strip().upper()
            self.commands[command] += 1
            if command == "MAIL":
                self.senders.append(line.partition("<")[2].partition(">")[0])
            await asyncio.sleep(self.delay)
            recipient = line.partition("<")[2].partition(">")[0] if command == "RCPT" else recipient
            reply = self.answer(command, recipient) or usual.get(command, "250 ok")
            if reply.startswith("354"):
                writer.write(b"354 go on\r\n")
                data = (await reader.readuntil(b"\r\n.\r\n")).removesuffix(b".\r\n").replace(b"\r\n..", b"\r\n.")
                reply = self.answer("END", recipient) or "250 taken"
                if reply.startswith("250") or reply == f"{CUT} after taking":
                    self.messages.append(message_from_bytes(data, _class=EmailMessage, policy=policy.default))
            if reply.startswith(HANG):
                await asyncio.sleep(3600)
            if reply.startswith(CUT):
                break
            writer.write(f"{reply}\r\n".encode())
            if command == "QUIT":
                break
