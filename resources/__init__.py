"""Data that ships with the program; each file says where it comes from and of which date it is."""
