"""The routes of the API, each with what it needs of who asks."""
