//! Tests of the list of sites: dense indices, names that follow the callbacks', and a default error at each site that
//! can refuse.

use faults::{Errno, Site};

#[test]
fn the_table_follows_the_index() {
    for (index, site) in Site::all().enumerate() {
        assert_eq!(site.index(), index);
        assert_eq!(Site::parse(site.name()), Some(site));
        assert_eq!(site.name().split_once('.').map(|(owner, _)| owner), Some(site.owner()));
    }
    assert_eq!(Site::COUNT, 29);
}

#[test]
fn a_name_drops_attach() {
    for site in Site::all() {
        let Some(callback) = site.callback() else { continue };
        let short = site.kernel_name().replace("prepare_attach", "prepare");
        assert_eq!(site.name(), format!("{}.{short}", site.owner()));
        assert_eq!(Site::of(site.owner(), callback), Some(site));
    }
}

#[test]
fn the_core_follows_the_course_of_an_attach() {
    let core: Vec<Site> = Site::all().filter(|site| site.callback().is_none()).collect();
    assert_eq!(
        core,
        [Site::CoreFind, Site::CoreCssSetAlloc, Site::CoreExit, Site::CoreSwitched, Site::CoreMmap]
    );
    assert!(core.iter().all(|site| site.owner() == "core"));
    assert_eq!(Site::CoreFind.kernel_name(), "cgroup_lock_live_group");
    assert_eq!(Site::CoreFind.default_errno(), Some(Errno::ENODEV), "the cgroup is dead");
}

#[test]
fn only_the_switch_cannot_refuse() {
    let deaf: Vec<Site> = Site::all().filter(|site| !site.can_refuse()).collect();
    assert_eq!(deaf, [Site::CoreSwitched]);
}
