"""The REST API over the same querysets and figures as the pages."""
