//! css_sets, and the switch of the tasks' pointers.
use super::{AttachState, Refusal, inject};
use crate::kernel::CssSetId;
use crate::seam::event::Phase;
use crate::seam::{Current, Event, Work};
use crate::world::{Scope, Task, World, bit};
use faults::{Errno, Site};

/// Finds or allocates the css_set of every member.
///
/// # Errors
/// The errors that the site `core.css_set_alloc` injects.
pub fn allocate_css_sets<C: Current>(cur: &C, world: &World, state: &AttachState<'_>) -> Result<(), Refusal> {
    cur.emit(Event::Phase(Phase::CssSet));
    if state.scope == Scope::Adopt {
        return inject(cur, Site::CoreCssSetAlloc, &state.subject());
    }
    for member in &state.members {
        let old = CssSetId(world.task(member.task).cgroups.load(cur));
        let css = old.with(state.hierarchy, state.dest);
        let known = world.css_set_lock.lock(cur).known.contains(&css);
        inject(cur, Site::CoreCssSetAlloc, &state.subject())?;
        if !known {
            cur.work(Work::CssSetAlloc, 1);
            world.css_set_lock.lock(cur).known.insert(css);
        }
    }
    Ok(())
}

/// Switches every member's pointer and removes exiting members from the list. When a controller is adopted, it counts
/// from here on, and no task moves.
///
/// # Errors
/// `ESRCH` when no task was left to switch, or if the site `core.exit` says so.
pub fn switch<C: Current>(cur: &C, world: &World, state: &mut AttachState<'_>) -> Result<(), Errno> {
    cur.emit(Event::Phase(Phase::Switch));
    inject(cur, Site::CoreExit, &state.subject()).map_err(|_| Errno::ESRCH)?;
    if state.scope == Scope::Adopt {
        adopt(cur, world, state);
    } else {
        switch_members(cur, world, state);
        if state.members.is_empty() {
            return Err(Errno::ESRCH);
        }
    }
    cur.emit(Event::Switched);
    let _ = inject(cur, Site::CoreSwitched, &state.subject());
    Ok(())
}

fn adopt<C: Current>(cur: &C, world: &World, state: &AttachState<'_>) {
    for controller in state.controllers.iter().copied() {
        world.adopted.add(cur, bit(controller));
        cur.emit(Event::Adopted { controller });
    }
}

fn switch_members<C: Current>(cur: &C, world: &World, state: &mut AttachState<'_>) {
    let _css_sets = world.css_set_lock.lock(cur);
    let (hierarchy, dest) = (state.hierarchy, state.dest);
    state.members.retain(|member| {
        let task = world.task(member.task);
        let _alloc = task.alloc_lock.lock(cur);
        if task.state.load(cur) == Task::EXITING {
            return false;
        }
        cur.work(Work::SwitchTask, 1);
        let from = CssSetId(task.cgroups.load(cur));
        task.cgroups.store(cur, from.with(hierarchy, dest).0);
        cur.emit(Event::Place { task: member.task, from: from.cgroup(hierarchy), to: dest });
        true
    });
}
