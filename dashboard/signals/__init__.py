"""What is worth noticing: figures held against their own past. Pure, no clock."""
