//! freezer under transactional: refuses if a cgroup is frozen. It keeps no lock, since writes of the state take
//! `cgroup_mutex`.
use super::{Callbacks, Half};
use crate::paths::moving::is_thawed;
use crate::seam::Current;

pub(super) fn callbacks<C: Current>() -> Callbacks<C> {
    let sleep = Half { prepare: |cur, tx| is_thawed(cur, &tx.state), abort: |_, _| {}, commit: |_, _| {} };
    Callbacks { sleep: Some(sleep), nosleep: None }
}
