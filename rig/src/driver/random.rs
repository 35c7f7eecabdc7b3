//! Small random scenarios. A seed makes one, as the text that `run` reads, so that any violation it shows can be
//! reproduced.
//!
//! Everything that the model supports is drawn: controllers and their order, one or two hierarchies, limits, nesting,
//! threads in several cgroups, all scopes of an attach, admins, faults and events. A transactional attach has to keep
//! every invariant in each of these scenarios.
use model::kernel::Controller;
use rand::Rng as _;
use rand_pcg::Pcg64;
use std::fmt::Write as _;

/// An odd step between streams, so that neighbouring seeds give independent streams (the increment of splitmix64).
const STREAM: u128 = 0x9e37_79b9_7f4a_7c15;

struct Draws(Pcg64);

impl Draws {
    fn below(&mut self, bound: u64) -> u64 {
        ((u128::from(self.0.next_u64()) * u128::from(bound)) >> 64) as u64
    }

    fn between(&mut self, low: u64, high: u64) -> u64 {
        low + self.below(high - low + 1)
    }

    fn percent(&mut self, chance: u64) -> bool {
        self.below(100) < chance
    }

    fn pick<T: Copy>(&mut self, from: &[T]) -> T {
        from[self.below(from.len() as u64) as usize]
    }

    fn shuffled<T: Copy>(&mut self, from: &[T]) -> Vec<T> {
        let mut list = from.to_vec();
        for at in (1..list.len()).rev() {
            list.swap(at, self.below(at as u64 + 1) as usize);
        }
        list
    }
}

/// One hierarchy of a random scenario.
struct Tree {
    name: &'static str,
    controllers: Vec<Controller>,
    late: Vec<Controller>,
    cgroups: Vec<&'static str>,
    mode: &'static str,
}

impl Tree {
    fn has(&self, controller: Controller) -> bool {
        self.controllers.contains(&controller)
    }
}

/// Returns the text of the scenario of that seed, under that protocol.
#[must_use]
pub fn scenario(seed: u64, protocol: &str) -> String {
    let mut dice = Draws(Pcg64::new(u128::from(seed), STREAM));
    let cpus = dice.pick(&[1, 2, 4]);
    let mut trees = trees(&mut dice);
    for tree in &mut trees {
        choose_mode(&mut dice, tree);
    }
    let mut text = format!(
        "name = \"random-{seed}\"\nabout = \"A small random scenario.\"\ncpus = {cpus}\nduration = \"{}us\"\nseed = {seed}\nprotocols = [\"{protocol}\"]\n",
        dice.pick(&[150, 300, 600])
    );
    let spread = dice.percent(40);
    let forced = spread || trees.iter().any(|tree| tree.mode == "thread");
    faults(&mut dice, &trees, (forced, protocol), &mut text);
    options(&mut dice, &trees, &mut text);
    for tree in &trees {
        let names =
            |list: &[Controller]| list.iter().map(|c| format!("\"{c}\"")).collect::<Vec<_>>().join(", ");
        let _ = writeln!(
            text,
            "\n[[hierarchies]]\nname = \"{}\"\ncontrollers = [{}]\nlate = [{}]",
            tree.name,
            names(&tree.controllers),
            names(&tree.late)
        );
    }
    for tree in &trees {
        cgroups(&mut dice, tree, cpus, forced, &mut text);
    }
    workloads(&mut dice, &trees, spread, &mut text);
    for tree in &trees {
        movers(&mut dice, tree, &mut text);
        admins(&mut dice, tree, cpus, &mut text);
    }
    text
}

/// The controllers that are drawn: those that the operations of workloads charge. No random scenario has interrupts.
pub const MOUNTED: [Controller; 5] = [
    Controller::Memrlimit,
    Controller::Memory,
    Controller::Cpuset,
    Controller::Numtasks,
    Controller::Freezer,
];

fn trees(dice: &mut Draws) -> Vec<Tree> {
    let all = dice.shuffled(&MOUNTED);
    let mounted = &all[..dice.between(1, MOUNTED.len() as u64) as usize];
    let first = if dice.percent(25) { dice.between(1, mounted.len() as u64) as usize } else { mounted.len() };
    let tree = |name, controllers: &[Controller], cgroups| Tree {
        name,
        controllers: controllers.to_vec(),
        late: Vec::new(),
        cgroups,
        mode: "process",
    };
    let mut trees = vec![tree("one", &mounted[..first], vec!["a", "b", "c", "a/x"])];
    if first < mounted.len() {
        trees.push(tree("two", &mounted[first..], vec!["p", "q"]));
    }
    trees
}

fn choose_mode(dice: &mut Draws, tree: &mut Tree) {
    tree.mode = dice.pick(&["thread", "process", "all", "adopt"]);
    if tree.mode == "adopt" {
        tree.late = vec![dice.pick(&tree.controllers)];
    }
}

/// Writes rules of faults. A limit that is lowered to its usage would obstruct an owner change, which charges by force,
/// so that event is drawn only where owners change no cgroup.
fn faults(dice: &mut Draws, trees: &[Tree], (forced, protocol): (bool, &str), text: &mut String) {
    let mut rules = Vec::new();
    for controller in trees.iter().flat_map(|tree| &tree.controllers) {
        if dice.percent(40) {
            let halves: &[&str] = if *controller == Controller::Numtasks {
                &["prepare_sleep", "prepare_nosleep"]
            } else {
                &["prepare_sleep"]
            };
            let events =
                ["", "", "", " exit", " fork", " rmdir", " offline-cpu", " delay=5us", " lower-limit"];
            let what = dice.pick(if forced { &events[..8] } else { &events });
            let chance = dice.between(5, 60);
            let half = match protocol.split(':').next() {
                Some("three-phase") => "can_attach",
                Some("prepare-undo") => "prepare",
                _ => dice.pick(halves),
            };
            rules.push(format!("\"{controller}.{half}: probability={chance}{what}\""));
        }
    }
    for (site, chance) in [("core.css_set_alloc", 20), ("core.exit", 20), ("core.find", 10)] {
        if dice.percent(25) {
            rules.push(format!("\"{site}: probability={chance}\""));
        }
    }
    let _ = writeln!(text, "faults = [{}]", rules.join(", "));
}

fn options(dice: &mut Draws, trees: &[Tree], text: &mut String) {
    let _ = writeln!(text, "\n[options]");
    if dice.percent(15) {
        let tree = &trees[0];
        let _ = writeln!(text, "unsupported = [\"{}:{}\"]", dice.pick(&tree.controllers), tree.mode);
    }
    if dice.percent(15) {
        let (grace, period) = (dice.pick(&["inside", "after"]), dice.between(1, 20));
        let _ = writeln!(text, "grace = \"{grace}\"\ngrace-period = \"{period}us\"");
    }
}

/// Writes the cgroups. Limits leave room for the initial usage. An owner change charges by force, so address space is
/// limited only where owners change no cgroup.
fn cgroups(dice: &mut Draws, tree: &Tree, cpus: u64, forced: bool, text: &mut String) {
    for name in &tree.cgroups {
        let _ = writeln!(text, "\n[cgroups.\"{name}\"]\nhierarchy = \"{}\"", tree.name);
        let used = !name.contains('/');
        if tree.has(Controller::Memrlimit) && !forced && dice.percent(40) {
            let _ = writeln!(text, "memrlimit.limit = {}", dice.between(70, 140));
        }
        if tree.has(Controller::Memory) && dice.percent(30) {
            let _ = writeln!(text, "memory.limit = {}", dice.between(8, 60));
        }
        if tree.has(Controller::Numtasks) && dice.percent(40) {
            let _ = writeln!(text, "numtasks.limit = {}", dice.between(12, 18));
        }
        if tree.has(Controller::Cpuset) && dice.percent(50) {
            let _ = writeln!(text, "cpuset.cpus = [{}]", dice.below(cpus));
        }
        if tree.has(Controller::Freezer) && !used && dice.percent(30) {
            let _ = writeln!(text, "freezer.frozen = true");
        }
    }
}

fn workloads(dice: &mut Draws, trees: &[Tree], spread: bool, text: &mut String) {
    // A mover of all tasks does not consult the `move` flag.
    let picked = trees.iter().any(|tree| tree.mode != "all");
    for first_of_all in [true, false] {
        if !first_of_all && dice.percent(50) {
            continue;
        }
        let moved = first_of_all && picked;
        let first: Vec<&str> = if spread { vec!["a", "b"] } else { vec![dice.pick(&["a", "b"])] };
        let second = trees.get(1).map(|_| "p");
        let places: Vec<_> = first.iter().copied().chain(second).map(|name| format!("\"{name}\"")).collect();
        let shape = dice.pick(&["mixed", "churn", "fork-storm", "steady"]);
        let _ = write!(
            text,
            "\n[[workloads]]\ncgroups = [{}]\nshape = \"{shape}\"\nprocesses = {}\nthreads = {}\ninitial_pages = {}\ncap_pages = 12\nop_pages_max = 4\nmove = {moved}\n",
            places.join(", "),
            dice.between(1, 2),
            dice.between(1, 3),
            dice.between(0, 12)
        );
    }
}

fn movers(dice: &mut Draws, tree: &Tree, text: &mut String) {
    let between = if tree.name == "one" {
        dice.pick(&["\"a\", \"b\"", "\"a\", \"b\", \"c\"", "\"a\", \"a/x\", \"b\""])
    } else {
        "\"p\", \"q\""
    };
    let plain = if tree.mode == "adopt" { "process" } else { tree.mode };
    for _ in 0..dice.between(1, 2) {
        let pause = dice.between(0, 10);
        let _ =
            writeln!(text, "\n[[movers]]\nmode = \"{plain}\"\nbetween = [{between}]\npause = \"{pause}us\"");
    }
    if let Some(late) = tree.late.first() {
        let pause = dice.between(5, 60);
        let _ =
            writeln!(text, "\n[[movers]]\nmode = \"adopt\"\ncontroller = \"{late}\"\npause = \"{pause}us\"");
    }
}

fn admins(dice: &mut Draws, tree: &Tree, cpus: u64, text: &mut String) {
    let mut admin = |what: &str, cgroup: Option<&str>, more: String, pause: u64| {
        let _ = writeln!(text, "\n[[admins]]\nwhat = \"{what}\"\npause = \"{pause}us\"");
        if let Some(cgroup) = cgroup {
            let _ = writeln!(text, "cgroup = \"{cgroup}\"");
        }
        let _ = write!(text, "{more}");
    };
    let name = dice.pick(&tree.cgroups);
    if tree.has(Controller::Freezer) && dice.percent(40) {
        admin("freeze", Some(name), String::new(), dice.between(5, 30));
    }
    if dice.percent(30) {
        admin("rmdir", Some(name), String::new(), dice.between(5, 30));
    }
    if tree.has(Controller::Numtasks) && dice.percent(30) {
        let values =
            format!("controller = \"numtasks\"\nvalues = [{}, \"unlimited\"]\n", dice.between(1, 10));
        admin("limit", Some(name), values, dice.between(5, 30));
    }
    if tree.has(Controller::Cpuset) && dice.percent(30) {
        let values = format!("values = [[{}], [0]]\n", dice.below(cpus));
        admin("cpus", Some(name), values, dice.between(5, 30));
    }
    if tree.has(Controller::Cpuset) && cpus > 1 && dice.percent(25) {
        let values = format!("cpus = [{}]\n", dice.between(1, cpus - 1));
        admin("hotplug", None, values, dice.between(10, 40));
    }
}

#[cfg(test)]
mod tests {
    use super::scenario;

    #[test]
    fn a_seed_makes_one_text() {
        let text = |seed| scenario(seed, "transactional");
        assert_eq!(text(7), text(7));
        assert_ne!(text(7), text(8));
    }
}
