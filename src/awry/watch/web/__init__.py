"""The API of a site: FastAPI, guarded from the first day."""
