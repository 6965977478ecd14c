"""The server: granian, with an adapter that awaits each request's body before a page takes a thread.

Who minds the workers (``minding``) imports neither the one nor the application: it stays small, and each worker has both.
"""
