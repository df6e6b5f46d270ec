"""The pages on which pledges are written, taken on and reported on. A hidden pledge answers as one that is not."""
