//! Movers: the targets, destinations and pace of moves.
use super::file::{File, Movers as MoversFile};
use super::hierarchies::Hierarchy;
use super::source::{Read, Source};
use crate::Pacing;
use model::kernel::{CgroupId, Controller, HierarchyId};
use model::world::{Scope, Tree};
use toml::Spanned;

/// A group of movers with the same task.
#[derive(Clone, Debug)]
pub struct Movers {
    /// The number of movers.
    pub count: u32,
    /// The unit they move.
    pub moves: Moves,
    /// The pacing of each.
    pub pacing: Pacing,
    /// The hierarchy in which they move.
    pub hierarchy: HierarchyId,
    /// Destinations, in turn; none for [`Moves::Adopt`].
    pub between: Vec<CgroupId>,
}

/// The unit of a move.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Moves {
    /// Single threads of workloads with `move = true`.
    Threads,
    /// Whole processes of such workloads.
    Processes,
    /// Every task of the hierarchy at once.
    All,
    /// No task: the mover lets this controller join the hierarchy, once.
    Adopt(Controller),
}

impl Source<'_> {
    pub(super) fn movers(
        &self,
        file: &File,
        (hierarchies, late): (&[Hierarchy], &[Controller]),
        tree: &Tree<'_>,
    ) -> Read<Vec<Movers>> {
        let groups = &file.movers.get_ref().0;
        let mut all = Vec::new();
        for group in groups {
            let count = self.range(&group.count, "the number of movers", 0, 64)? as u32;
            let scope = self.choice(&group.mode, "mode", &Scope::ALL)?;
            let pacing = Pacing { pace: group.rate, pause_ns: self.time(&group.pause, "pause", 0)? };
            if scope == Scope::Adopt {
                all.push(self.adopting(file, group, (hierarchies, late), (count, pacing))?);
                continue;
            }
            if let Some(controller) = &group.controller {
                let message = "`controller` belongs to mode = \"adopt\"; remove it, or set that mode";
                return Err(self.at(controller.span(), message));
            }
            let moves = match scope {
                Scope::Thread => Moves::Threads,
                Scope::All => Moves::All,
                _ => Moves::Processes,
            };
            let (between, hierarchy) = self.between(file, group, tree)?;
            all.push(Movers { count, moves, pacing, hierarchy, between });
        }
        Ok(all)
    }

    fn between(
        &self,
        file: &File,
        group: &MoversFile,
        tree: &Tree<'_>,
    ) -> Read<(Vec<CgroupId>, HierarchyId)> {
        let Some(list) = &group.between else {
            return Err(self.at(file.movers.span(), "missing field `between`; add it"));
        };
        let named = list.get_ref();
        let between = named.iter().map(|name| self.cgroup(name.get_ref(), name.span(), tree));
        let between = between.collect::<Read<Vec<_>>>()?;
        if between.len() < 2 {
            let message = "movers move between at least two cgroups, such as between = [\"a\", \"b\"]";
            return Err(self.at(list.span(), message));
        }
        let after = between.iter().cycle().skip(1);
        if let Some((name, _)) = named.iter().zip(between.iter().zip(after)).find(|(_, (a, b))| a == b) {
            let message = format!(
                "`{}` follows itself in `between`, and moving a task to where it is does nothing; keep one",
                name.get_ref()
            );
            return Err(self.at(name.span(), message));
        }
        let hierarchy = tree.hierarchy(between[0]);
        let elsewhere = |(_, id): &(_, &CgroupId)| tree.hierarchy(**id) != hierarchy;
        if let Some((name, _)) = named.iter().zip(&between).find(elsewhere) {
            let message = format!(
                "`{}` is in another hierarchy than `{}`, and an attach stays within one; write [[movers]] for each hierarchy",
                name.get_ref(),
                named[0].get_ref()
            );
            return Err(self.at(name.span(), message));
        }
        Ok((between, hierarchy))
    }

    fn adopting(
        &self,
        file: &File,
        group: &MoversFile,
        (hierarchies, late): (&[Hierarchy], &[Controller]),
        (count, pacing): (u32, Pacing),
    ) -> Read<Movers> {
        let Some(controller) = &group.controller else {
            let message = "mode = \"adopt\" needs a controller that joins, such as controller = \"memory\"";
            return Err(self.at(group.mode.span(), message));
        };
        let known = Controller::ALL.map(|controller| (controller.name(), controller));
        let found = self.choice(controller, "controller", &known)?;
        if !late.contains(&found) {
            let message = format!(
                "`{found}` is there from the start, or nowhere; to have it adopted, add it to `late` of its hierarchy"
            );
            return Err(self.at(controller.span(), message));
        }
        let same = |other: &MoversFile| {
            other.controller.as_ref().map(Spanned::get_ref) == Some(controller.get_ref())
        };
        if count > 1 || file.movers.get_ref().0.iter().filter(|other| same(other)).count() > 1 {
            let message = format!("`{found}` can join only once; let one mover adopt it");
            return Err(self.at(controller.span(), message));
        }
        if let Some(between) = &group.between {
            let message = "mode = \"adopt\" moves no task; remove `between`";
            return Err(self.at(between.span(), message));
        }
        let at = hierarchies.iter().position(|hierarchy| hierarchy.controllers.contains(&found));
        let hierarchy = HierarchyId(at.unwrap_or_default() as u32);
        Ok(Movers { count, moves: Moves::Adopt(found), pacing, hierarchy, between: Vec::new() })
    }
}
