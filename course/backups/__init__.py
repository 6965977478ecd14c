"""One file that holds a whole instance, made while it is in use, and an instance made of it again."""
