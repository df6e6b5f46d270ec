"""The public record: reads the files of the data folder and keeps the database in step with them."""
