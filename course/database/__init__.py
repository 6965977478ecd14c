"""How the database is reached: connections and their transactions, turns to write, statements built once, replicas."""
