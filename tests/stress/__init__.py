"""What takes long: ./dev stress."""
