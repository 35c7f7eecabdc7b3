//! Readers of output of the kernel, of guests and of the kernel's tracing buffer.
use crate::{Target, text, texts};
use linux::readers;

pub(crate) const MOUNTS: Target = Target {
    name: "mounts",
    seeds: || {
        texts([
            "30 23 0:26 / /sys/fs/cgroup/pids rw,relatime shared:9 - cgroup cgroup rw,pids\n\
             31 23 0:27 /a\\040b /sys/fs/cgroup/x\\011y rw - cgroup2 cgroup2 rw,nsdelegate\n\
             40 1 0:12 / /sys/kernel/tracing rw - tracefs tracefs rw\n",
            "8:pids:/docker/7\n3:cpu,cpuacct:/\n1:name=systemd:/x:y\n0::/user.slice/a\n",
        ])
    },
    drive: |input| readers::mounts(&text(input)),
};

pub(crate) const GUEST: Target = Target {
    name: "guest",
    seeds: || {
        let failed = "{\"Failed\":{\"code\":4,\"message\":\"no cgroup\"}}";
        texts([format!("booting\r\nattach-rig-result {} {failed}\r\n", failed.len()).as_str()])
    },
    drive: |input| readers::guest(&text(input)),
};

pub(crate) const RING_BUFFER: Target = Target {
    name: "ring_buffer",
    seeds: || {
        // A time, a length of 24 bytes, then two records of two words with a time difference each.
        let mut page = 1_000_u64.to_ne_bytes().to_vec();
        page.extend(24_u64.to_ne_bytes());
        for _ in 0..2 {
            page.extend((2_u32 | 77 << 5).to_ne_bytes());
            page.extend([1, 2, 3, 4, 5, 6, 7, 8]);
        }
        vec![page]
    },
    drive: readers::ring_buffer,
};
