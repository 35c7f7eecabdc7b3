//! "I am afraid the implementation and rules sound complex": the demands of each protocol on each controller, counted
//! from the code and from one quiet attach, as a table in `docs/results.md`. `UPDATE=1 cargo test -p rig --test it
//! complexity` writes it.
use super::support::{A, B, Setup, process_to};
use engines::sim::Sim;
use engines::sim::current::SimCurrent;
use engines::sim::time::Time;
use faults::{FaultPlan, Injector};
use model::kernel::Controller;
use model::locks::held::HeldTable;
use model::protocols::{Protocol, attach};
use model::seam::{ActorId, Class, Costs, Event, Observer, Stamp};
use std::fmt::Write as _;
use std::path::Path;

const PROTOCOLS: [(&str, &str); 4] = [
    ("three-phase", "three_phase"),
    ("transactional", "transactional"),
    ("prepare-undo", "prepare_undo"),
    ("prepare-undo:hold=locks", "prepare_undo"),
];

/// Notes the locks that a callback keeps when it returns.
#[derive(Default)]
struct Keeps {
    held: HeldTable,
    before: Vec<Class>,
    kept: Vec<Class>,
}

impl Keeps {
    fn classes(&self, actor: ActorId) -> Vec<Class> {
        self.held.of(actor).iter().map(|hold| hold.object.class).collect()
    }
}

impl Observer for Keeps {
    fn observe(&mut self, stamp: Stamp, event: &Event) {
        match event {
            Event::Enter { .. } => self.before = self.classes(stamp.actor),
            Event::Leave { .. } => {
                let more = self.classes(stamp.actor).into_iter().filter(|class| !self.before.contains(class));
                self.kept.extend(more);
            }
            _ => {}
        }
        self.held.observe(stamp, event, |_| {});
    }
}

/// Returns the locks that `controller` keeps between its callbacks.
fn kept(protocol: Protocol, controller: Controller) -> Vec<Class> {
    let setup = Setup {
        controllers: vec![controller],
        rss: 4,
        threads: vec![A, A],
        threadgroup: protocol.threadgroup(),
        ..Setup::default()
    };
    let world = super::support::world(&setup);
    let time = Time::new(2, Costs::default(), 1_000_000_000);
    let mut sim = Sim::new(time, Keeps::default(), Injector::new(FaultPlan::default(), 1));
    sim.spawn(move |cur| {
        attach(protocol, cur, &world, &process_to(B));
    });
    sim.run().observer.kept
}

/// Returns the number of lines of code, without blank lines and comments.
fn lines(folder: &str, file: &str) -> usize {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("model/src/protocols").join(folder).join(file);
    let text = std::fs::read_to_string(&path).expect("a file of a protocol");
    text.lines().map(str::trim).filter(|line| !line.is_empty() && !line.starts_with("//")).count()
}

fn table() -> String {
    let mut text = String::from("| controller |");
    for (name, _) in PROTOCOLS {
        let _ = write!(text, " {name} |");
    }
    text.push_str("\n|---|");
    text.push_str(&"---|".repeat(PROTOCOLS.len()));
    for controller in Controller::ALL {
        let _ = write!(text, "\n| {controller} |");
        for (name, folder) in PROTOCOLS {
            let protocol = Protocol::parse(name).expect("known");
            let callbacks = protocol.callbacks::<SimCurrent<Time, Keeps>>(controller).len();
            let kept = kept(protocol, controller);
            let names: Vec<_> = kept.iter().map(|class| format!("`{}`", class.name())).collect();
            let locks = if names.is_empty() { "none".to_owned() } else { names.join(", ") };
            let lines = lines(folder, &format!("{controller}.rs"));
            let s = if callbacks == 1 { "" } else { "s" };
            let _ = write!(text, " {callbacks} callback{s}; keeps {locks}; {lines} lines |");
        }
    }
    text.push_str("\n| the sequence |");
    for (_, folder) in PROTOCOLS {
        let _ = write!(text, " {} lines |", lines(folder, "mod.rs"));
    }
    text + "\n"
}

#[test]
fn the_document_says_what_each_protocol_asks_of_a_controller() {
    const BEGIN: &str = "<!-- complexity, written by a test -->\n";
    const END: &str = "<!-- end of complexity -->\n";
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/results.md");
    let readme = std::fs::read_to_string(&path).expect("docs/results.md");
    let (before, rest) = readme.split_once(BEGIN).expect("a place for the table");
    let (written, after) = rest.split_once(END).expect("an end of the table");
    let table = table();
    if std::env::var_os("UPDATE").is_some() {
        std::fs::write(&path, format!("{before}{BEGIN}{table}{END}{after}"))
            .expect("docs/results.md can be written");
        return;
    }
    assert_eq!(written, table, "the table in docs/results.md is stale: see the top of this file");
}
