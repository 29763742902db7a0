"""A recorded market, served over loopback HTTP in the venues' own wire formats."""
