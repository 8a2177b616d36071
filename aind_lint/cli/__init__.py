"""The command line."""

import gc

# Nearly all objects created at the start live until the end, so collecting garbage early finds none. This is set before
# the first import of a command, because imports create most of them: 4 ms of a quick command, 20 ms of publishing.
gc.set_threshold(300_000)
