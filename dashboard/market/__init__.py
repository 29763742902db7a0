"""What the world says: frozen values without behaviour, standard library only."""
