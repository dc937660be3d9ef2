"""Files and folders written whole or not at all, arrays on disk, locks, checksums."""
