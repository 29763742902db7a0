"""What it means: the risk of a book, pure maths on plain values; `assess` is the front door."""
