"""The offline way: a spreadsheet to fill in, and the same drafts from it as from the form."""
