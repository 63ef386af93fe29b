"""The job manager: takes runs from the queue to files on the disk. Only this package waits, retries, recovers after a
crash, downloads and books costs."""
