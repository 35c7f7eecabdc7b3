//! The function graph of the attach path: which functions, and in which buffer the kernel draws it.
use super::buffer::write;
use super::why::Unavailable;
use std::fs;
use std::path::{Path, PathBuf};

const TRACER: &str = "function_graph";

/// Role of a function in an attach.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Part {
    /// The write itself.
    Root,
    /// Calls other functions of the list; its own time is the time outside of them.
    Frame,
    /// A phase, with everything that it calls.
    Step,
}

/// The attach path of Linux 5.19 to 6.18, cgroup v1 and v2. A kernel has some of them.
const FUNCTIONS: &[(&str, Part)] = &[
    ("cgroup_procs_write", Part::Root),
    ("cgroup_threads_write", Part::Root),
    ("cgroup1_procs_write", Part::Root),
    ("cgroup1_tasks_write", Part::Root),
    ("__cgroup_procs_write", Part::Frame),
    ("__cgroup1_procs_write", Part::Frame),
    ("cgroup_kn_lock_live", Part::Step),
    ("cgroup_kn_unlock", Part::Step),
    ("cgroup_procs_write_start", Part::Frame),
    ("cgroup_procs_write_finish", Part::Frame),
    ("cgroup_attach_lock", Part::Frame),
    ("cgroup_attach_unlock", Part::Frame),
    ("percpu_down_write", Part::Frame),
    ("percpu_up_write", Part::Step),
    ("synchronize_rcu", Part::Step),
    ("synchronize_rcu_expedited", Part::Step),
    ("cgroup_attach_permissions", Part::Step),
    ("cgroup_attach_task", Part::Frame),
    ("cgroup_migrate_add_src", Part::Step),
    ("cgroup_migrate_vet_dst", Part::Step),
    ("cgroup_migrate_prepare_dst", Part::Step),
    ("cgroup_migrate_finish", Part::Step),
    ("cgroup_migrate", Part::Frame),
    ("cgroup_migrate_execute", Part::Frame),
    ("css_set_move_task", Part::Step),
    ("cpuset_can_attach", Part::Step),
    ("cpuset_cancel_attach", Part::Step),
    ("cpuset_attach", Part::Step),
    ("cpuset_post_attach", Part::Step),
    ("cpu_cgroup_can_attach", Part::Step),
    ("cpu_cgroup_attach", Part::Step),
    ("cpu_cgroup_cancel_attach", Part::Step),
    ("mem_cgroup_can_attach", Part::Step),
    ("mem_cgroup_cancel_attach", Part::Step),
    ("mem_cgroup_attach", Part::Step),
    ("mem_cgroup_move_task", Part::Step),
    ("pids_can_attach", Part::Step),
    ("pids_cancel_attach", Part::Step),
    ("freezer_attach", Part::Step),
    ("blkcg_attach", Part::Step),
    ("devcgroup_can_attach", Part::Step),
    ("net_prio_attach", Part::Step),
    ("cgrp_attach", Part::Step),
    ("perf_cgroup_attach", Part::Step),
    ("hugetlb_cgroup_attach", Part::Step),
    ("scx_cgroup_can_attach", Part::Step),
    ("scx_cgroup_cancel_attach", Part::Step),
];

/// The name without what a compiler appends to its own copies, such as `.constprop.0`.
pub(super) fn base(name: &str) -> &str {
    match name.split_once('.') {
        Some((base, kind)) if ["constprop", "isra"].iter().any(|known| kind.starts_with(known)) => base,
        _ => name,
    }
}

/// Returns the role of this function in an attach; `None` when it is not in the list.
pub(super) fn part(name: &str) -> Option<Part> {
    let name = base(name);
    FUNCTIONS.iter().find(|(known, _)| *known == name).map(|(_, part)| *part)
}

/// A running tracer. It stops when this value is dropped.
#[derive(Debug)]
pub(super) struct Graph {
    folder: PathBuf,
}

/// The folder whose buffer may have the graph: the instance, or in a guest of our own the kernel's only one.
///
/// # Errors
/// [`Unavailable`] when neither does.
pub(super) fn place(tracefs: &Path, instance: &Path, own_kernel: bool) -> Result<PathBuf, Unavailable> {
    let offers = |folder: &Path| {
        let text = fs::read_to_string(folder.join("available_tracers")).unwrap_or_default();
        text.split_whitespace().any(|name| name == TRACER)
    };
    match (offers(instance), offers(tracefs)) {
        (true, _) => Ok(instance.to_owned()),
        (_, true) if own_kernel => Ok(tracefs.to_owned()),
        (_, true) => Err(Unavailable::new(
            "this kernel draws it only in the trace buffer of the whole machine, which is left alone",
            "attach-rig vm, whose kernel has no other user",
        )),
        _ => Err(Unavailable::new(
            "this kernel has no function graph tracer",
            "boot one with CONFIG_FUNCTION_GRAPH_TRACER=y, or use attach-rig vm",
        )),
    }
}

impl Graph {
    /// Starts the tracer for one thread.
    ///
    /// # Errors
    /// [`Unavailable`] when the kernel does not let us choose, for then it would trace everything.
    pub(super) fn start(tracefs: &Path, folder: PathBuf, tid: u32) -> Result<Self, Unavailable> {
        let list = tracefs.join("available_filter_functions");
        let text = fs::read_to_string(&list).map_err(|error| Unavailable::file("read", &list, &error))?;
        let names: Vec<&str> = text
            .lines()
            .filter_map(|line| line.split_whitespace().next())
            .filter(|name| part(name).is_some())
            .collect();
        if !names.iter().any(|name| part(name) == Some(Part::Root)) {
            return Err(Unavailable::new(
                "this kernel cannot trace writes to cgroup.procs",
                "use attach-rig vm",
            ));
        }
        let graph = Self { folder };
        write(&graph.folder.join("set_ftrace_filter"), &names.join("\n"))?;
        write(&graph.folder.join("set_ftrace_pid"), &tid.to_string())?;
        write(&graph.folder.join("current_tracer"), TRACER)?;
        Ok(graph)
    }
}

impl Drop for Graph {
    fn drop(&mut self) {
        // An instance is removed afterwards anyway, and so is a guest.
        for (file, text) in [("current_tracer", "nop"), ("set_ftrace_filter", ""), ("set_ftrace_pid", "")] {
            let _stays_on = fs::write(self.folder.join(file), text);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn folder(tracers: &str) -> tempfile::TempDir {
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join("available_tracers"), tracers).unwrap();
        folder
    }

    #[test]
    fn the_buffer_of_everybody_is_used_in_a_guest_only() {
        let (with, without) = (folder("blk function_graph nop\n"), folder("function nop\n"));
        let place = |top: &tempfile::TempDir, instance: &tempfile::TempDir, own| {
            place(top.path(), instance.path(), own).map_err(|why| why.to_string())
        };
        assert_eq!(place(&with, &with, true), Ok(with.path().into()));
        assert_eq!(place(&with, &without, true), Ok(with.path().into()));
        assert!(place(&with, &without, false).unwrap_err().contains("left alone"));
        assert!(place(&without, &without, true).unwrap_err().contains("CONFIG_FUNCTION_GRAPH_TRACER"));
    }

    #[test]
    fn names_are_known_with_what_a_compiler_appends() {
        assert_eq!(part("__cgroup1_procs_write.constprop.0"), Some(Part::Frame));
        assert_eq!(part("cgroup1_procs_write"), Some(Part::Root));
        assert_eq!(part("synchronize_rcu.part.0"), None);
        assert_eq!(part("cgroup_attach_lock.cold"), None);
    }

    #[test]
    fn without_a_root_nothing_is_switched_on() {
        let top = folder("function_graph");
        fs::write(top.path().join("available_filter_functions"), "percpu_down_write\nkfree [kernel]\n")
            .unwrap();
        for file in ["set_ftrace_filter", "set_ftrace_pid", "current_tracer"] {
            fs::write(top.path().join(file), "").unwrap();
        }
        let refused = Graph::start(top.path(), top.path().into(), 7).unwrap_err().to_string();
        assert!(refused.contains("cgroup.procs"), "{refused}");
        assert_eq!(fs::read_to_string(top.path().join("current_tracer")).unwrap(), "");
        fs::write(
            top.path().join("available_filter_functions"),
            "kfree\ncgroup_procs_write\npids_can_attach [x]\n",
        )
        .unwrap();
        let graph = Graph::start(top.path(), top.path().into(), 7).unwrap();
        let read = |file| fs::read_to_string(top.path().join(file)).unwrap();
        assert_eq!(read("set_ftrace_filter"), "cgroup_procs_write\npids_can_attach");
        assert_eq!((read("set_ftrace_pid"), read("current_tracer")), ("7".into(), TRACER.into()));
        drop(graph);
        assert_eq!(read("current_tracer"), "nop");
    }
}
