"""The pages of a site: what people see of the API."""

from __future__ import annotations

from awry.watch.web.pages.install import install_pages

__all__ = ["install_pages"]
