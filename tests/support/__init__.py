"""Parts that several tests share: sample files, tiny models, servers, throttled disks."""
