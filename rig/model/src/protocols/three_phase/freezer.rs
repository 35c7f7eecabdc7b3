//! freezer under three-phase: refuses if a cgroup is frozen. Its answer stays valid, since writes of the state take
//! `cgroup_mutex`.
use super::Callbacks;
use crate::paths::moving::is_thawed;
use crate::seam::Current;

pub(super) fn callbacks<C: Current>() -> Callbacks<C> {
    Callbacks { can_attach: Some(|cur, _, state| is_thawed(cur, state)), attach: None }
}
