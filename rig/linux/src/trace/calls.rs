//! The traced calls of one move -> phases that add up to it, and the locks that it held.
//!
//! Every moment of a move belongs to one function of the list: to the outermost step, or else to the innermost frame.
use super::event::{TraceEvent, What};
use super::graph::{Part, part};

/// A call that has returned, in ns of our clock.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Call<'a> {
    /// Name of the function, one of the list.
    pub(super) name: &'a str,
    pub(super) from: u64,
    pub(super) to: u64,
}

/// A stretch of a move.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Slice<'a> {
    pub(super) name: &'a str,
    pub(super) from: u64,
    pub(super) to: u64,
}

/// A lock that was held, from the return of what took it to the entry of what gave it back.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Hold {
    pub(super) class: &'static str,
    pub(super) mode: &'static str,
    pub(super) from: u64,
    pub(super) to: u64,
}

/// Phases and holds of locks within one move.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Inside<'a> {
    /// Entry and return of the write.
    pub(super) whole: (u64, u64),
    /// Slices in the order of time, without gaps.
    pub(super) slices: Vec<Slice<'a>>,
    /// Holds in the order of taking.
    pub(super) holds: Vec<Hold>,
}

/// A lock, and the functions that take it and give it back.
struct Taking(&'static str, &'static str, &'static str, &'static str);

const MUTEX: Taking = Taking("cgroup_mutex", "", "cgroup_kn_lock_live", "cgroup_kn_unlock");
/// Functions that take the lock of thread groups; the first that the kernel lets us trace is used. The second also
/// takes the lock of CPU hotplug.
const THREADGROUP: [Taking; 2] = [
    Taking("cgroup_threadgroup_rwsem", "W", "percpu_down_write", "percpu_up_write"),
    Taking("cgroup_threadgroup_rwsem", "W", "cgroup_attach_lock", "cgroup_attach_unlock"),
];

/// Returns the calls in the records of one thread, in the order in which they returned. Calls without a recorded entry
/// or return are left out, and so are those without a name.
pub(super) fn calls<'a>(events: &[&TraceEvent], name: impl Fn(u64) -> Option<&'a str>) -> Vec<Call<'a>> {
    let (mut open, mut calls) = (Vec::<(u64, u64)>::new(), Vec::new());
    for event in events {
        match event.what {
            What::Enter { func } => open.push((func, event.at)),
            What::Leave { func } => {
                let Some(place) = open.iter().rposition(|(entered, _)| *entered == func) else { continue };
                let from = open[place].1;
                open.truncate(place);
                calls.extend(name(func).map(|name| Call { name, from, to: event.at }));
            }
            _ => {}
        }
    }
    calls
}

/// Looks into one move; `None` when the write itself is not among the calls.
pub(super) fn inside<'a>(calls: &[Call<'a>]) -> Option<Inside<'a>> {
    let is_root = |call: &&Call<'_>| part(call.name) == Some(Part::Root) && call.from <= call.to;
    let root = *calls.iter().filter(is_root).max_by_key(|call| call.to - call.from)?;
    let within = |call: &&Call<'_>| root.from <= call.from && call.from <= call.to && call.to <= root.to;
    let mut calls: Vec<Call<'a>> = calls.iter().filter(within).copied().collect();
    // Of calls that begin together, the one that ends last has called the others. A call is recorded when it returns,
    // so of two equal ones the later is outside.
    calls.reverse();
    calls.sort_by_key(|call| (call.from, std::cmp::Reverse(call.to)));
    let (slices, own) = slices(&calls);
    let mut holds = holds(&MUTEX, &own);
    let threadgroup =
        THREADGROUP.iter().map(|taking| self::holds(taking, &own)).find(|holds| !holds.is_empty());
    holds.extend(threadgroup.unwrap_or_default());
    Some(Inside { whole: (root.from, root.to), slices, holds })
}

/// Returns the slices, and the calls that were not made by a step.
fn slices<'a>(calls: &[Call<'a>]) -> (Vec<Slice<'a>>, Vec<Call<'a>>) {
    let (mut cut, mut own) =
        (Cut { at: calls.first().map_or(0, |call| call.from), ..Cut::default() }, Vec::new());
    for call in calls {
        cut.leave(call.from);
        let within_step = cut.open.last().is_some_and(|outer| part(outer.name) == Some(Part::Step));
        if !within_step {
            cut.until(call.from);
            // A call may overlap another without being inside it, by a clock that differs between CPUs. It then ends
            // with the call around it.
            let to = cut.open.last().map_or(call.to, |outer| outer.to.min(call.to));
            cut.open.push(Call { to, ..*call });
            own.push(*call);
        }
    }
    cut.leave(u64::MAX);
    (cut.slices, own)
}

/// Time up to which the slices are complete, and the calls that are open then.
#[derive(Default)]
struct Cut<'a> {
    at: u64,
    open: Vec<Call<'a>>,
    slices: Vec<Slice<'a>>,
}

impl Cut<'_> {
    /// Gives the time to the innermost open call.
    fn until(&mut self, to: u64) {
        if let Some(call) = self.open.last().filter(|_| to > self.at) {
            self.slices.push(Slice { name: call.name, from: self.at, to });
            self.at = to;
        }
    }

    /// Ends every call that has returned by then.
    fn leave(&mut self, now: u64) {
        while let Some(to) = self.open.last().map(|call| call.to).filter(|to| *to <= now) {
            self.until(to);
            self.open.pop();
        }
    }
}

fn holds(Taking(class, mode, take, give): &Taking, calls: &[Call<'_>]) -> Vec<Hold> {
    let is = |call: &Call<'_>, name: &str| super::graph::base(call.name) == name;
    let hold = |taken: &Call<'_>| {
        let given = calls.iter().find(|call| is(call, give) && call.from >= taken.to)?;
        let between =
            calls.iter().any(|call| is(call, take) && call.from >= taken.to && call.from < given.from);
        (!between).then_some(Hold { class, mode, from: taken.to, to: given.from })
    };
    calls.iter().filter(|call| is(call, take)).filter_map(hold).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn call(name: &str, from: u64, to: u64) -> Call<'_> {
        Call { name, from, to }
    }

    #[test]
    fn calls_have_an_entry_and_a_return() {
        let (enter, leave) = (|func| What::Enter { func }, |func| What::Leave { func });
        let whats = [
            leave(9),
            enter(1),
            enter(2),
            leave(2),
            enter(3),
            enter(2),
            leave(2),
            What::Attach,
            leave(1),
            enter(1),
        ];
        let events: Vec<_> = (10..).zip(whats).map(|(at, what)| TraceEvent { at, tid: 7, what }).collect();
        let name = |func| ["", "outer", "inner"].get(func as usize).copied();
        let found = calls(&events.iter().collect::<Vec<_>>(), name);
        assert_eq!(found, [call("inner", 12, 13), call("inner", 15, 16), call("outer", 11, 18)]);
    }

    /// Returns the calls of a move as the kernel records them: at the return.
    fn a_move() -> Vec<Call<'static>> {
        vec![
            call("cgroup_kn_lock_live", 12, 20),
            call("synchronize_rcu", 24, 50),
            call("percpu_down_write", 22, 55),
            call("cgroup_attach_lock", 21, 56),
            call("percpu_down_write", 62, 64),
            call("percpu_up_write", 66, 67),
            call("cpuset_can_attach", 60, 70),
            call("cgroup_migrate_execute", 58, 75),
            call("cgroup_attach_task", 57, 76),
            call("percpu_up_write", 78, 80),
            call("cgroup_attach_unlock", 77, 82),
            call("cgroup_kn_unlock", 90, 92),
            call("cgroup1_procs_write", 10, 95),
        ]
    }

    #[test]
    fn every_moment_belongs_to_one_function() {
        let inside = inside(&a_move()).unwrap();
        assert_eq!(inside.whole, (10, 95));
        let of =
            |name: &str| inside.slices.iter().filter(|s| s.name == name).map(|s| s.to - s.from).sum::<u64>();
        assert_eq!(of("cpuset_can_attach"), 10, "with the lock that it takes");
        assert_eq!((of("percpu_down_write"), of("synchronize_rcu")), (7, 26));
        assert_eq!((of("cgroup_attach_task"), of("cgroup_migrate_execute")), (2, 7));
        let sum: u64 = inside.slices.iter().map(|slice| slice.to - slice.from).sum();
        assert_eq!(sum, 85);
        assert!(inside.slices.windows(2).all(|pair| pair[0].to == pair[1].from));
    }

    #[test]
    fn holds_go_from_return_to_entry_and_not_through_callbacks() {
        let hold = |class, mode, from, to| Hold { class, mode, from, to };
        let (mutex, rwsem) = (hold("cgroup_mutex", "", 20, 90), "cgroup_threadgroup_rwsem");
        assert_eq!(inside(&a_move()).unwrap().holds, [mutex, hold(rwsem, "W", 55, 78)]);
        let without: Vec<_> = a_move().into_iter().filter(|call| !call.name.starts_with("percpu")).collect();
        assert_eq!(inside(&without).unwrap().holds, [mutex, hold(rwsem, "W", 56, 77)]);
        let refused: Vec<_> = a_move().into_iter().filter(|call| call.name != "cgroup_kn_unlock").collect();
        assert_eq!(inside(&refused).unwrap().holds, [hold(rwsem, "W", 55, 78)]);
    }

    #[test]
    fn without_the_write_itself_nothing_is_known() {
        assert_eq!(inside(&a_move()[..12]), None);
        assert_eq!(inside(&[call("cgroup1_procs_write", 9, 3)]), None, "it returns before it begins");
    }

    proptest! {
        #[test]
        fn any_calls_give_slices_that_add_up(calls in proptest::collection::vec((0_usize..14, 0_u64..60, 0_u64..60), 0..40)) {
            let names: Vec<&str> = a_move().iter().map(|call| call.name).chain(["pids_can_attach"]).collect();
            let calls: Vec<_> = calls.iter().map(|(name, from, to)| call(names[*name], *from, *to)).collect();
            if let Some(inside) = inside(&calls) {
                let sum: u64 = inside.slices.iter().map(|slice| slice.to - slice.from).sum();
                prop_assert_eq!(sum, inside.whole.1 - inside.whole.0);
                prop_assert!(inside.holds.iter().all(|hold| hold.from <= hold.to));
            }
        }
    }
}
