"""How to ask the venues: the only package that imports ccxt, and never at module level."""
