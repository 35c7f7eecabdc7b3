//! freezer under three-phase: refuses what is frozen. Its answer stays valid, for state writes take `cgroup_mutex`.
use super::Callbacks;
use crate::paths::moving::is_thawed;
use crate::seam::Current;

pub(super) fn callbacks<C: Current>() -> Callbacks<C> {
    Callbacks { can_attach: Some(|cur, _, state| is_thawed(cur, state)), attach: None }
}
