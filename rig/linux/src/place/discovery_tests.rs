//! Layouts of cgroup mounts as machines have them, and the place that is chosen in each.
use super::*;
use reports::exit::Exit;

const V1: &str = "\
31 23 0:28 / /sys/fs/cgroup rw,relatime - tmpfs tmpfs rw,mode=755
32 31 0:29 / /sys/fs/cgroup/cpu,cpuacct rw,relatime shared:7 - cgroup cgroup rw,cpu,cpuacct
37 31 0:34 / /sys/fs/cgroup/freezer rw,relatime shared:8 master:2 - cgroup cgroup rw,freezer
39 31 0:36 / /sys/fs/cgroup/pids rw,relatime - cgroup cgroup rw,pids
40 31 0:37 / /sys/fs/cgroup/systemd rw,relatime - cgroup cgroup rw,xattr,name=systemd
";
const V1_CGROUP: &str = "9:name=systemd:/\n8:pids:/jobs/one\n6:freezer:/\n1:cpu,cpuacct:/\n";
const V2: &str = "\
30 23 0:26 / /sys/fs/cgroup rw,nosuid,nodev,noexec,relatime shared:9 - cgroup2 cgroup2 rw,nsdelegate,favordynmods,memory_recursiveprot
";
const HYBRID: &str = "\
41 31 0:38 / /sys/fs/cgroup/unified rw,relatime - cgroup2 cgroup2 rw
38 31 0:35 / /sys/fs/cgroup/memory rw,relatime - cgroup cgroup rw,memory
";

fn chosen(wanted: &str, mountinfo: &str, cgroup: &str) -> Vec<(String, String)> {
    choose(wanted.parse().unwrap(), &Hierarchies::of(mountinfo, cgroup))
        .map(|places| {
            places.into_iter().map(|p| (p.subject(false).to_string(), p.own.display().to_string())).collect()
        })
        .unwrap_or_default()
}

fn one(label: &str, own: &str) -> Vec<(String, String)> {
    vec![(label.into(), own.into())]
}

#[test]
fn v1_takes_pids_then_freezer_below_the_own_cgroup() {
    let auto = chosen("auto", V1, V1_CGROUP);
    let expected =
        [one("v1:pids", "/sys/fs/cgroup/pids/jobs/one"), one("v1:freezer", "/sys/fs/cgroup/freezer")]
            .concat();
    assert_eq!(auto, expected);
    assert_eq!(chosen("v1:cpu", V1, V1_CGROUP), one("v1:cpu", "/sys/fs/cgroup/cpu,cpuacct"));
    assert_eq!(chosen("v1:cpuset", V1, V1_CGROUP), []);
    assert_eq!(chosen("v2", V1, V1_CGROUP), []);
}

#[test]
fn the_hierarchy_named_systemd_is_no_v2() {
    assert_eq!(parse_cgroup("9:name=systemd:/x\n0::/y\n")[1].path, Path::new("/y"));
    assert_eq!(chosen("v2", V1, "9:name=systemd:/\n"), []);
}

#[test]
fn a_pure_v2_host_gives_v2_and_says_when_it_favours_moves() {
    let cgroup = "0::/user.slice/user-1000.slice/user@1000.service\n";
    let own = "/sys/fs/cgroup/user.slice/user-1000.slice/user@1000.service";
    assert_eq!(chosen("auto", V2, cgroup), one("v2:favordynmods", own));
    assert_eq!(chosen("v2", &V2.replace("favordynmods,", ""), cgroup), one("v2", own));
    assert_eq!(chosen("v1:pids", V2, cgroup), []);
}

#[test]
fn hybrid_and_mixed_hosts_offer_both() {
    assert_eq!(chosen("auto", HYBRID, "4:memory:/a\n0::/b\n"), one("v2", "/sys/fs/cgroup/unified/b"));
    let both = chosen("auto", &[V1, HYBRID].concat(), &[V1_CGROUP, "0::/\n"].concat());
    assert_eq!(both.iter().map(|p| p.0.as_str()).collect::<Vec<_>>(), ["v1:pids", "v1:freezer", "v2"]);
}

#[test]
fn a_container_sees_its_own_cgroup_as_the_mount() {
    let host_names =
        "50 40 0:36 /docker/abc /sys/fs/cgroup/pids ro,nosuid master:11 - cgroup cgroup rw,pids\n";
    assert_eq!(chosen("auto", host_names, "8:pids:/docker/abc\n"), one("v1:pids", "/sys/fs/cgroup/pids"));
    assert_eq!(chosen("auto", host_names, "8:pids:/docker/abc/x\n"), one("v1:pids", "/sys/fs/cgroup/pids/x"));
    assert_eq!(chosen("auto", host_names, "8:pids:/docker/other\n"), []);
    let own_namespace = "50 40 0:26 / /sys/fs/cgroup ro,nosuid - cgroup2 cgroup rw\n";
    assert_eq!(chosen("auto", own_namespace, "0::/\n"), one("v2", "/sys/fs/cgroup"));
}

#[test]
fn a_cgroup_outside_the_namespace_is_no_place() {
    assert_eq!(chosen("v2", V2, "0::/../other\n"), []);
    assert_eq!(chosen("v2", &V2.replace(" / /sys", " /../.. /sys"), "0::/\n"), []);
}

#[test]
fn a_second_mount_is_taken_when_the_first_does_not_reach() {
    let two = "50 40 0:36 /elsewhere /mnt/pids rw - cgroup cgroup rw,pids\n";
    let places = chosen("v1:pids", &[two, V1].concat(), V1_CGROUP);
    assert_eq!(places, one("v1:pids", "/sys/fs/cgroup/pids/jobs/one"));
}

#[test]
fn escaped_mount_points_and_garbage_are_read() {
    let spaced =
        "50 40 0:36 / /mnt/my\\040pids\\134 rw - cgroup cgroup rw,pids\n\nnonsense\n1 2 3 - cgroup\n";
    assert_eq!(chosen("v1:pids", spaced, "8:pids:/\n\n:::\nx\n"), one("v1:pids", "/mnt/my pids\\"));
}

#[test]
fn nothing_mounted_says_how_to_mount() {
    let error = choose(Hierarchy::Auto, &Hierarchies::of("", "")).unwrap_err();
    assert_eq!(error.exit_code(), Exit::CannotRun);
    assert!(error.to_string().contains("mount -t cgroup2"), "{error}");
    let error = choose("v1:freezer".parse().unwrap(), &Hierarchies::of(V2, "")).unwrap_err();
    assert!(error.to_string().contains("mount -t cgroup -o freezer"), "{error}");
}
