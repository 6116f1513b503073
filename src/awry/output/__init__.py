"""What awry writes for people and other programs: tables, maps, and where they may stand."""
