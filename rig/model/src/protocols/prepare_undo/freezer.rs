//! freezer under prepare-undo: refuses if a cgroup is frozen. Its answer stays valid, since writes of the state take
//! `cgroup_mutex`.
use super::Callbacks;
use crate::paths::moving::is_thawed;
use crate::seam::Current;

pub(super) fn callbacks<C: Current>() -> Callbacks<C> {
    Callbacks { prepare_attach: |cur, tx| is_thawed(cur, &tx.state), undo: |_, _| {}, attached: |_, _| {} }
}
