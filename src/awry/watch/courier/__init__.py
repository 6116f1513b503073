"""Tells others: MQTT, notifications, webhooks; a queue that survives outages."""
