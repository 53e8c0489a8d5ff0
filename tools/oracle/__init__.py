"""The parts of tools/oracle.py: what tshark saw, what Rampart saw, and how the two are laid side by side."""
