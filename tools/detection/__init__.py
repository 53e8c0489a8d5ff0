"""The parts of tools/splice.py: capture files, frames, the messages of protocols, attacks, and what was found of them."""
