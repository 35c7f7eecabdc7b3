//! freezer under transactional: refuses what is frozen. It keeps nothing, for state writes take `cgroup_mutex`.
use super::{Callbacks, Half};
use crate::paths::moving::is_thawed;
use crate::seam::Current;

pub(super) fn callbacks<C: Current>() -> Callbacks<C> {
    let sleep = Half { prepare: |cur, tx| is_thawed(cur, &tx.state), abort: |_, _| {}, commit: |_, _| {} };
    Callbacks { sleep: Some(sleep), nosleep: None }
}
