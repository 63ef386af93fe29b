"""The job manager: takes runs from the queue to files on the disk. Only here is anything waited for, retried, looked up
again after a crash, downloaded, or paid."""
