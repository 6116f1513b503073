"""How the processes of a site speak: messages, links that survive restarts, frames."""
