//! Processes and actors of a litmus test. An actor is a thread of these processes, or acts from outside.
use super::file::{File, Process};
use super::ops::{Op, Reader, Role, Scope};
use engines::sim::steps::exhaustive::ACTORS_MAX;
use input::nearest::nearest;
use model::kernel::{CgroupId, TaskId};
use model::world::{ProcessSpec, Tree, WorldSpec};
use scenario::source::{Read, Source};
use toml::Spanned;

/// Most threads of a process at the start.
const THREADS_MAX: i64 = 4096;
/// Most pages or packets, chosen so that sums fit.
const AMOUNT_MAX: i64 = 1 << 40;

/// An actor.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LitmusActor {
    /// The name of the actor; for a thread, the name of the thread.
    pub name: String,
    /// The role of the actor.
    pub role: Role,
    /// The operations of the actor, in order.
    pub ops: Vec<Op>,
}

/// Returns a name without blanks.
pub(super) fn word(source: &Source<'_>, name: &Spanned<String>, what: &str) -> Read<String> {
    let found = name.get_ref();
    source.name(name)?;
    if found.is_empty() || found.contains(|c: char| c.is_whitespace() || c == '@') {
        let message = format!("`{what}` is `{found}`; write a word without blanks, such as \"{what}-1\"");
        return Err(source.at(name.span(), message));
    }
    Ok(found.clone())
}

/// Returns processes, and the names of their threads, by id.
pub(super) fn processes(
    source: &Source<'_>,
    file: &File,
    tree: &Tree<'_>,
) -> Read<(Vec<ProcessSpec>, Vec<String>)> {
    let (mut specs, mut threads) = (Vec::new(), Vec::new());
    for (name, process) in file.processes.get_ref() {
        let name = word(source, name, "p")?;
        let spec = read_process(source, &name, process, tree)?;
        threads.extend((0..spec.cgroups.len()).map(|at| format!("{name}.{at}")));
        specs.push(spec);
    }
    if specs.is_empty() {
        return Err(source.at(file.processes.span(), "a litmus test needs a process, such as [processes.p]"));
    }
    Ok((specs, threads))
}

fn read_process(
    source: &Source<'_>,
    name: &str,
    process: &Spanned<Process>,
    tree: &Tree<'_>,
) -> Read<ProcessSpec> {
    let file = process.get_ref();
    let at = |name: &Spanned<String>| source.cgroup(name.get_ref(), name.span(), tree);
    let threads = match &file.threads {
        Some(threads) => Some(source.range(threads, "`threads`", 1, THREADS_MAX)? as usize),
        None => None,
    };
    let cgroups: Vec<CgroupId> = match (&file.cgroup, &file.cgroups) {
        (Some(cgroup), None) => vec![at(cgroup)?; threads.unwrap_or(1)],
        (None, Some(list)) => {
            let each = list.get_ref().iter().map(at).collect::<Read<Vec<_>>>()?;
            if each.is_empty() || threads.is_some_and(|threads| threads != each.len()) {
                let message = format!(
                    "process `{name}` has {} threads and {} `cgroups`; name one for each",
                    threads.unwrap_or(1),
                    each.len()
                );
                return Err(source.at(list.span(), message));
            }
            each
        }
        _ => {
            let message = format!("process `{name}` needs `cgroup`, or `cgroups` with one for each thread");
            return Err(source.at(process.span(), message));
        }
    };
    let hierarchy = tree.hierarchy(cgroups[0]);
    if cgroups.iter().any(|cgroup| tree.hierarchy(*cgroup) != hierarchy) {
        let message =
            format!("`cgroups` of `{name}` are of several hierarchies; name the others in `elsewhere`");
        return Err(source.at(process.span(), message));
    }
    let amount = |value: &Option<Spanned<i64>>, what| match value {
        Some(value) => source.range(value, what, 0, AMOUNT_MAX).map(|amount| amount as u64),
        None => Ok(0),
    };
    let (vm_pages, rss_pages) = (amount(&file.vm, "`vm`")?, amount(&file.rss, "`rss`")?);
    if rss_pages > vm_pages {
        let span = file.rss.as_ref().map_or(process.span(), Spanned::span);
        let message =
            format!("process `{name}` has touched {rss_pages} pages of {vm_pages}; rss is at most vm");
        return Err(source.at(span, message));
    }
    let elsewhere = file.elsewhere.iter().map(at).collect::<Read<_>>()?;
    let packets = amount(&file.packets, "`packets`")?;
    Ok(ProcessSpec { name: name.to_owned(), cgroups, elsewhere, vm_pages, rss_pages, packets })
}

/// Returns the actors.
pub(super) fn actors(
    source: &Source<'_>,
    file: &File,
    spec: &WorldSpec,
    threads: &[String],
) -> Read<Vec<LitmusActor>> {
    let around = Scope { spec, threads };
    let list = file.actors.get_ref();
    // Faults may add further actors.
    if list.is_empty() || list.len() > ACTORS_MAX / 2 {
        let message =
            format!("there are {} [[actors]]; there must be from 1 to {}", list.len(), ACTORS_MAX / 2);
        return Err(source.at(file.actors.span(), message));
    }
    let mut actors: Vec<LitmusActor> = Vec::new();
    for written in list {
        let (name, role) = who(source, written, threads)?;
        if actors.iter().any(|actor| actor.name == name || (role != Role::Outside && actor.role == role)) {
            let message =
                format!("`{name}` is one of the [[actors]] already; merge the operations of the two");
            return Err(source.at(written.span(), message));
        }
        let ops = operations(source, written, &around, (role, &name))?;
        actors.push(LitmusActor { name, role, ops });
    }
    Ok(actors)
}

fn who(
    source: &Source<'_>,
    written: &Spanned<super::file::Actor>,
    threads: &[String],
) -> Read<(String, Role)> {
    match &written.get_ref() {
        super::file::Actor { thread: Some(thread), name, .. } => {
            let known = || threads.iter().map(String::as_str);
            let at = known().position(|name| name == thread.get_ref()).ok_or_else(|| {
                let known = nearest(thread.get_ref(), known());
                source.at(thread.span(), format!("there is no thread `{}`; {known}", thread.get_ref()))
            })?;
            let own = || Ok(thread.get_ref().clone());
            let name = name.as_ref().map_or_else(own, |name| word(source, name, "name"))?;
            Ok((name, Role::Thread(TaskId(at as u32))))
        }
        super::file::Actor { thread: None, name: Some(name), .. } => {
            if threads.contains(name.get_ref()) {
                let message = format!("`{0}` is a thread; write as = \"{0}\"", name.get_ref());
                return Err(source.at(name.span(), message));
            }
            Ok((word(source, name, "name")?, Role::Outside))
        }
        _ => {
            let message =
                "an actor needs a name, such as name = \"mover\", or a thread, such as as = \"p.0\"";
            Err(source.at(written.span(), message))
        }
    }
}

fn operations(
    source: &Source<'_>,
    written: &Spanned<super::file::Actor>,
    around: &Scope<'_>,
    (role, name): (Role, &str),
) -> Read<Vec<Op>> {
    let mut ops = Vec::new();
    for op in written.get_ref().ops.get_ref() {
        if ops.last() == Some(&Op::Exit) {
            let message = format!(
                "`{name}` cannot \"{}\" after \"exit\"; remove this operation or move it before \"exit\"",
                op.get_ref()
            );
            return Err(source.at(op.span(), message));
        }
        let reader = Reader { source, around, text: op.get_ref(), span: op.span() };
        ops.push(reader.read(role, name)?);
    }
    Ok(ops)
}
