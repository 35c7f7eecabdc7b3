//! Strategy `exhaustive`: one schedule for every trace, by dynamic partial-order reduction with source sets and sleep sets
//! (Abdulla, Aronis, Jonsson, Sagonas, POPL 2014).
//!
//! The search is stateless: the next schedule repeats a prefix of an earlier one and then chooses differently.
//! Unexplored choices are kept in a [`Tree`] that all workers share. Each choice at a node is taken once, in an order
//! that the tree decides. Earlier choices are in the sleep set of later ones, so workers never explore equivalent
//! traces.
use super::clocks::{Clocks, Happened};
use super::{Ready, Strategy, Touch};
use model::seam::ActorId;
use parking_lot::{Condvar, Mutex};
use smallvec::SmallVec;
use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

/// The largest number of actors in a run. Sets of actors are bits of one integer.
pub const ACTORS_MAX: usize = 64;

/// The time for which a worker without work sleeps before it looks whether it is to stop.
const LOOK_UP: Duration = Duration::from_millis(5);

/// A set of actors.
type Set = u64;

type Enabled = SmallVec<[(ActorId, Touch); 6]>;

fn bit(who: ActorId) -> Set {
    1 << who.0
}

/// A point at which an actor had to be chosen, with the state of each choice.
#[derive(Debug)]
struct Node {
    /// The choice that leads here: a node and the actor chosen there.
    from: Option<(u64, ActorId)>,
    depth: usize,
    enabled: Enabled,
    /// Actors that are to be tried here.
    backtrack: Set,
    /// Actors that have been taken.
    done: Set,
    /// Actors whose step would lead to a trace that is explored elsewhere.
    sleep: Set,
    /// The number of choices below which a worker is at work or a choice is left.
    open: u32,
}

impl Node {
    fn next(&self) -> Option<ActorId> {
        let left = self.backtrack & !self.done & !self.sleep;
        (left != 0).then(|| ActorId(left.trailing_zeros()))
    }
}

#[derive(Debug, Default)]
struct Open {
    nodes: BTreeMap<u64, Node>,
    last_id: u64,
    /// Workers that run a schedule.
    at_work: u32,
    started: bool,
}

/// The choices that are still to be tried.
#[derive(Debug, Default)]
pub struct Tree {
    open: Mutex<Open>,
    changed: Condvar,
    stop: Arc<AtomicBool>,
}

impl Tree {
    /// Returns the tree of a program of which nothing has been run. Workers that wait for work leave when `stop` is
    /// set.
    #[must_use]
    pub fn new(stop: Arc<AtomicBool>) -> Arc<Self> {
        Arc::new(Self { stop, ..Self::default() })
    }

    /// Waits until there is a choice to take, or until no worker is left that could add one.
    fn steal(&self) -> Option<Vec<Local>> {
        let mut open = self.open.lock();
        loop {
            let free = open.nodes.iter().filter(|(_, node)| node.next().is_some());
            if let Some(id) = free.min_by_key(|(_, node)| node.depth).map(|(id, _)| *id) {
                open.at_work += 1;
                return Some(open.path(id));
            }
            if open.at_work == 0 || self.stop.load(Ordering::Relaxed) {
                self.changed.notify_all();
                return None;
            }
            self.changed.wait_for(&mut open, LOOK_UP);
        }
    }
}

impl Open {
    /// Takes the next choice at node `id`. Returns the path to it, which ends with that choice.
    fn path(&mut self, id: u64) -> Vec<Local> {
        let mut path = vec![self.take(id)];
        let mut at = id;
        while let Some((before, chosen)) = self.nodes[&at].from {
            path.push(Local { node: Some(before), ..Local::repeated(chosen) });
            at = before;
        }
        path.reverse();
        path
    }

    fn take(&mut self, id: u64) -> Local {
        let node = self.nodes.get_mut(&id).expect("an open node");
        let chosen = node.next().expect("something is left there");
        let asleep = node.sleep | node.done;
        node.done |= bit(chosen);
        node.open += 1;
        let enabled = node.enabled.clone();
        Local { node: Some(id), asleep, enabled, ..Local::repeated(chosen) }
    }

    /// Notes that a choice at `node` and everything below it is done. Closes every node that this completes.
    fn close(&mut self, node: u64) {
        let mut at = Some(node);
        while let Some(id) = at {
            let node = self.nodes.get_mut(&id).expect("an open node");
            node.open -= 1;
            if node.open > 0 || node.next().is_some() {
                return;
            }
            at = self.nodes.remove(&id).and_then(|node| node.from).map(|(before, _)| before);
        }
    }
}

/// A choice of the schedule that a worker runs.
#[derive(Clone, Debug)]
struct Local {
    /// The node of the choice in the tree, once it has one.
    node: Option<u64>,
    chosen: ActorId,
    /// The object and access of the step, once it has run.
    touch: Option<Touch>,
    woken: SmallVec<[ActorId; 2]>,
    /// Actors asleep or already explored at the node when this choice was made.
    asleep: Set,
    /// The actors that could run. Unknown for choices before the first new one.
    enabled: Enabled,
    sleep: Set,
}

impl Local {
    fn repeated(chosen: ActorId) -> Self {
        Self {
            node: None,
            chosen,
            touch: None,
            woken: SmallVec::new(),
            asleep: 0,
            enabled: Enabled::new(),
            sleep: 0,
        }
    }
}

/// The strategy of one worker.
pub struct Exhaustive {
    tree: Arc<Tree>,
    path: Vec<Local>,
    depth: usize,
    /// Choices before this repeat an earlier schedule.
    known: usize,
    actors: usize,
}

impl Exhaustive {
    /// Returns a worker on that tree, or `None` when other workers have finished it already.
    #[must_use]
    pub fn new(tree: &Arc<Tree>) -> Option<Self> {
        let mut worker = Self { tree: Arc::clone(tree), path: Vec::new(), depth: 0, known: 0, actors: 0 };
        let first = {
            let mut open = tree.open.lock();
            let first = !std::mem::replace(&mut open.started, true);
            open.at_work += u32::from(first);
            first
        };
        (first || worker.steal()).then_some(worker)
    }

    /// Returns the only worker of a tree of its own.
    ///
    /// # Panics
    /// Never: the first worker of a tree has something to do.
    #[must_use]
    pub fn alone() -> Self {
        Self::new(&Tree::new(Arc::default())).expect("the first worker of a tree")
    }

    fn steal(&mut self) -> bool {
        let stolen = self.tree.steal();
        let found = stolen.is_some();
        self.path = stolen.unwrap_or_default();
        self.known = self.path.len();
        found
    }

    /// Returns the sleep set of the next node: the actors asleep or already explored here, minus those whose step
    /// depends on the one just taken.
    fn sleepers(&self, ready: &Ready) -> Set {
        let Some(last) = self.path[..self.depth].last() else { return 0 };
        let touched = last.touch.expect("the step was run");
        let enabled = last.enabled.iter().filter(|(who, _)| last.asleep & bit(*who) != 0);
        let independent = enabled.filter(|(_, touch)| !touch.depends(touched));
        let still = independent.filter(|(who, _)| *who != last.chosen && ready.touch(*who).is_some());
        still.map(|(who, _)| bit(*who)).sum()
    }

    /// Chooses an actor at a node that no schedule has reached before.
    fn push(&mut self, ready: &Ready) -> Option<ActorId> {
        let sleep = self.sleepers(ready);
        let awake = ready.iter().map(|(who, _)| who).filter(|who| sleep & bit(*who) == 0);
        let chosen = awake.min()?;
        let mut local = Local::repeated(chosen);
        (local.asleep, local.sleep) = (sleep, sleep);
        local.enabled = ready.iter().collect();
        self.path.push(local);
        Some(chosen)
    }

    /// Returns the places where another order has to be tried: the position, the actors that may go first instead,
    /// and the actor of the second step.
    fn alternatives(&self) -> Vec<(usize, Set, Set)> {
        let happened = self.path.iter().map(|local| Happened {
            who: local.chosen,
            touch: local.touch.expect("the step was run"),
            woken: &local.woken,
        });
        let clocks = Clocks::of(self.actors, self.known.saturating_sub(1), happened);
        let whose = |at: usize| self.path[at].chosen;
        let alternative = |(first, second): &(usize, usize)| {
            let (first, second) = (*first, *second);
            let mut others: SmallVec<[usize; 16]> =
                (first + 1..second).filter(|at| !clocks.covers(*at, first, whose(first))).collect();
            others.push(second);
            let (mut initials, mut seen): (Set, Set) = (0, 0);
            for (n, at) in others.iter().copied().enumerate() {
                let who = bit(whose(at));
                let after = |before: &usize| clocks.covers(at, *before, whose(*before));
                if seen & who == 0 && !others[..n].iter().any(after) {
                    initials |= who;
                }
                seen |= who;
            }
            (first, initials, bit(whose(second)))
        };
        clocks.races.iter().map(alternative).collect()
    }

    /// Adds the new choices, and the alternatives found at earlier ones, to the tree.
    fn publish(&mut self, open: &mut Open, alternatives: &[(usize, Set, Set)]) {
        let mut from = None;
        for (depth, local) in self.path.iter_mut().enumerate() {
            let id = *local.node.get_or_insert_with(|| {
                open.last_id += 1;
                let node = Node {
                    from,
                    depth,
                    enabled: local.enabled.clone(),
                    backtrack: bit(local.chosen),
                    done: bit(local.chosen),
                    sleep: local.sleep,
                    open: 1,
                };
                open.nodes.insert(open.last_id, node);
                open.last_id
            });
            from = Some((id, local.chosen));
        }
        for (at, initials, second) in alternatives {
            let id = self.path[*at].node.expect("it was put there");
            let node = open.nodes.get_mut(&id).expect("open while a worker is below");
            if node.backtrack & initials == 0 {
                node.backtrack |=
                    if initials & second != 0 { *second } else { initials & initials.wrapping_neg() };
            }
        }
    }

    /// Goes back to the deepest node of this schedule that has a choice left, and takes it.
    fn retreat(&mut self, open: &mut Open) -> bool {
        if let Some(last) = self.path.last().and_then(|local| local.node) {
            open.close(last);
        }
        while let Some(id) = self.path.last().and_then(|local| local.node) {
            self.path.pop();
            if open.nodes.get(&id).is_some_and(|node| node.next().is_some()) {
                self.path.push(open.take(id));
                return true;
            }
        }
        false
    }
}

impl Strategy for Exhaustive {
    fn choose(&mut self, ready: &Ready) -> Option<ActorId> {
        if self.depth == self.path.len() {
            self.push(ready)?;
        }
        let local = &mut self.path[self.depth];
        local.touch = Some(ready.touch(local.chosen).expect("the same choices lead to the same place"));
        self.depth += 1;
        self.actors = self.actors.max(local.chosen.index() + 1);
        Some(local.chosen)
    }

    fn woken(&mut self, who: ActorId) {
        assert!(who.index() < ACTORS_MAX, "more than {ACTORS_MAX} actors; use a smaller test");
        self.actors = self.actors.max(who.index() + 1);
        if let Some(local) = self.path[..self.depth].last_mut() {
            local.woken.push(who);
        }
    }

    fn advance(&mut self) -> bool {
        self.path.truncate(self.depth);
        self.depth = 0;
        let alternatives = self.alternatives();
        let tree = Arc::clone(&self.tree);
        let went_on = {
            let mut open = tree.open.lock();
            self.publish(&mut open, &alternatives);
            let went_on = self.retreat(&mut open);
            open.at_work -= u32::from(!went_on);
            went_on
        };
        self.tree.changed.notify_one();
        if went_on {
            self.known = self.path.len();
            for local in &mut self.path {
                local.touch = None;
                local.woken.clear();
            }
            return true;
        }
        self.steal()
    }
}
