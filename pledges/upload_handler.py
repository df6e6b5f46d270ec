"""The limit on what a request may leave on our disk, held while it comes in."""

from typing import Any

from django.conf import settings
from django.core.files.uploadhandler import FileUploadHandler, StopUpload


class UploadLimit(FileUploadHandler):
    """Keep nothing of a request from where its files together pass twice the limit for one.

    A file a little too large still reaches its page, which says so; what is cut off here reaches it as no file.
    """

    taken = 0

    def receive_data_chunk(self, raw_data: bytes, start: int) -> bytes:
        """Count, and hand on to the handlers that keep."""
        self.taken += len(raw_data)
        if self.taken > 2 * settings.UPLOAD_MAX_BYTES:
            if self.request is not None:
                self.request.META["UPLOAD_CUT_OFF"] = "1"
            raise StopUpload(connection_reset=False)
        return raw_data

    def file_complete(self, file_size: int) -> Any:
        """Leave the file to the handlers that keep."""
        return None
