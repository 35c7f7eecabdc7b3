//! The streams of seed 42, pinned. Changing them changes the meaning of every stored seed and result: if that is
//! intended, say so in the change, and copy the table from the failure's message.

use workloads::ActorKey;

use crate::support::{PRESETS, ops, plan, shown};

/// Returns the digest (FNV-1a, 64 bits) of the operations as `Debug` writes them, one per line.
fn digest(shape: &str, key: &ActorKey) -> u64 {
    let text: String = ops(&plan(shape), key, 200).iter().map(|op| format!("{op:?}\n")).collect();
    text.bytes()
        .fold(0xcbf2_9ce4_8422_2325, |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3))
}

fn actors() -> [ActorKey; 5] {
    let root = ActorKey::root(0, 0);
    [root.clone(), ActorKey::root(0, 1), ActorKey::root(3, 0), root.child(0), root.child(1)]
}

/// Digests by shape: actors 0.0, 0.1, 3.0, and of 0.0 the thread 0.0/0 and the process 0.0/1.
const DIGESTS: &str = "
mixed fb15a3dde21bb931 dd1b5bec70d42570 462d53c3eb18d8b3 c19c6902b95e62c0 ac31f8b054469881
steady 030bf17fbd4f6f18 c560ae359c7fabc1 8ab025e91e843a3a 39ae122b4c9fe70e 4248c30f5fbe7f73
churn ec76961c3da8ff4c f08e5994e6298c2d c5bb7583a6c21e61 8b9b7ec0e4e1e40b 59439e0780e56d57
near-limit 8d719dfce9953d0b 405d49c21cc893c9 9538c429d1305061 fdc1cd26985048a4 c24a5e8662a96b2e
fork-storm 5b07a84478a04eb0 872a179c286b93d4 268db28ad7fd6f54 d037f8d848df528b 3369c6f8af61321e
idle c4c00f95660162eb 4fac4ed30a3d911c 3db38ab2ba60c799 26072b754c337af2 8db72d9245f9f904
trace:parallel-build 913577e8ff814ddb 913577e8ff814ddb 913577e8ff814ddb 1034ea4387318ac3 f4c685dfc37dec72
trace:python-threads 5426cab6408f5acf 5426cab6408f5acf 5426cab6408f5acf b645c6087e259db5 2d52f237457cf8e4
";

#[test]
fn the_first_200_operations_of_every_shape_stay_as_they_are() {
    let mut table = String::from("\n");
    for shape in PRESETS.into_iter().chain(["trace:parallel-build", "trace:python-threads"]) {
        let digests = actors().map(|key| format!("{:016x}", digest(shape, &key)));
        table += &format!("{shape} {}\n", digests.join(" "));
    }
    assert!(table == DIGESTS, "the streams are now:\n{table}");
}

#[test]
fn the_first_operations_of_the_default_shape_can_be_read() {
    let expected = [
        "mmap 4",
        "munmap 4",
        "think 3329ns",
        "mmap 5",
        "touch 5",
        "munmap 2",
        "mmap 1",
        "munmap 1",
        "munmap 3",
        "mmap 6",
        "touch 4",
        "mmap 7",
    ];
    assert_eq!(shown(&plan("mixed"), &ActorKey::root(0, 0), 12), expected);
}

#[test]
fn a_recording_can_be_read() {
    let expected = [
        "think 1158us",
        "mmap 2",
        "touch 2",
        "think 3042us",
        "mmap 1466",
        "think 486us",
        "touch 178",
        "think 178us",
        "touch 66",
        "think 658us",
        "mmap 10",
        "think 828us",
    ];
    assert_eq!(shown(&plan("trace:python-threads"), &ActorKey::root(0, 0), 12), expected);
}
