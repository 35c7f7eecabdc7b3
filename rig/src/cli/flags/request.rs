//! The request of `run`. Its flags are read from a command line, or from the command that is stored with a result. They
//! are written as the command that repeats the run, or one cell of it.
use crate::cli::exit::Failure;
use crate::cli::matrix::On;
use crate::cli::{output, threads};
use clap::{Args, Parser};
use input::file::{TEXT_MAX, read_text};
use input::mistake::Mistake;
use input::shell;
use model::seam::costs;
use reports::axis::Axis;
use reports::schema::Cell;
use scenario::Overrides;
use std::path::{Path, PathBuf};

#[derive(Clone, Debug, Args)]
pub(crate) struct Request {
    /// Scenario to run: a built-in one (see `list scenarios`) or a TOML file.
    #[arg(default_value = "default")]
    pub(crate) scenario: String,
    /// Engine: the simulator, or OS threads with real locks and the machine's clock, one cell at a time.
    #[arg(long, value_enum, default_value = "sim", value_name = "E")]
    engine: EngineName,
    /// On threads, back pages with real memory: touching faults a page in, releasing gives it back. Without this flag a
    /// page takes its time in the table of costs.
    #[arg(long)]
    real_pages: bool,
    /// Run under this protocol, with options after a colon, such as prepare-undo:hold=locks; may be repeated. Default:
    /// those of the scenario.
    #[arg(long = "protocol", value_name = "P")]
    protocols: Vec<String>,
    /// Run this mutant (see `list mutants`): transactional with one deliberate bug, which the mutant's check has to
    /// find.
    #[arg(long, alias = "canary", value_name = "NAME", conflicts_with = "protocols")]
    mutant: Option<String>,
    /// Inject faults by this rule, such as "memory.prepare_sleep: nth=3 errno=ENOMEM"; may be repeated. Default: the
    /// rules of the scenario.
    #[arg(long = "fault", value_name = "RULE")]
    faults: Vec<String>,
    /// Inject faults at every prepare site, in percent of the calls; several values, such as 0,1,10, make an axis.
    /// Default: that of the scenario.
    #[arg(long, value_name = "PERCENT", value_delimiter = ',', value_parser = clap::value_parser!(u8).range(0..=100))]
    fault_rate: Option<Vec<u8>>,
    /// Delay every move between its phases switch and attach; several values, such as 0us,1us,10us, make an axis. Default: that
    /// of the scenario.
    #[arg(long, value_name = "T", value_delimiter = ',')]
    delay: Option<Vec<String>>,
    /// First seed. Default: that of the scenario.
    #[arg(long, value_name = "N")]
    seed: Option<u64>,
    /// Number of seeds, counted up from the first. Default: that of the scenario.
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u64).range(1..))]
    seeds: Option<u64>,
    /// Number of modelled CPUs, 1 to 1024; cpusets are scaled in proportion. Default: that of the scenario.
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..=1024))]
    cpus: Option<u32>,
    /// Use this table of costs, such as `calibrate` writes, instead of the built-in one. Costs that differ become part
    /// of the scenario.
    #[arg(long, value_name = "FILE")]
    costs: Option<PathBuf>,
    /// Length of every cell, with its unit, such as 40ms: virtual time, or real time on threads. Default: that of the
    /// scenario; on threads 2s.
    #[arg(long, value_name = "T")]
    duration: Option<String>,
    /// Accept recordings in which more than 20 % of the lines cannot be read.
    #[arg(long)]
    lenient: bool,
}

/// Engines of `run`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
enum EngineName {
    /// Virtual time from a table of costs; the same seed gives the same bytes.
    Sim,
    /// OS threads and the machine's clock; no two runs are the same.
    Threads,
}

/// A stored command: only the flags.
#[derive(Parser)]
struct Stored {
    #[command(flatten)]
    request: Request,
}

/// An option of a command: the flag, and its value if it takes one.
type Word = (&'static str, Option<String>);

/// Flags that name an axis or a seed, which the command of a single cell narrows.
const AXES: [&str; 5] = ["--protocol", "--fault-rate", "--delay", "--seed", "--seeds"];

impl Request {
    /// Returns the request of a stored command. Older results did not quote its words.
    pub(crate) fn read(command: &str) -> Option<Self> {
        let words = shell::split(command);
        let words = words.unwrap_or_else(|| command.split(' ').map(str::to_owned).collect());
        // The first word is the program; `run` takes the place of its name.
        let stored = Stored::try_parse_from(words.into_iter().skip(1)).ok()?;
        Some(stored.request)
    }

    /// Returns the engine with its options; `None` when the flags contradict each other.
    pub(crate) fn on(&self) -> Option<On> {
        match self.engine {
            EngineName::Sim => (!self.real_pages).then_some(On::Sim),
            EngineName::Threads => Some(On::Threads { real_pages: self.real_pages }),
        }
    }

    /// Returns the values of the scenario that the flags replace.
    pub(crate) fn overrides(&self) -> Result<Overrides, Failure> {
        let too_large = |_| Failure::usage("--seed and --seeds: too large; use a smaller number");
        Ok(Overrides {
            protocols: self.protocols(),
            faults: self.faults.clone(),
            fault_rates: self.fault_rate.clone(),
            delays: self.delay.clone(),
            seed: self.seed.map(i64::try_from).transpose().map_err(too_large)?,
            seeds: self.seeds.map(u32::try_from).transpose().map_err(too_large)?,
            cpus: self.cpus,
            duration: self.duration(),
            costs: self.costs.as_deref().map(costs).transpose()?,
            lenient: self.lenient,
        })
    }

    /// Returns the length of a cell, unless the scenario decides it.
    fn duration(&self) -> Option<String> {
        let otherwise = (self.engine == EngineName::Threads).then(|| threads::DURATION.to_owned());
        self.duration.clone().or(otherwise)
    }

    /// Returns the requested protocols; a mutant is one of them.
    fn protocols(&self) -> Vec<String> {
        let mutant = self.mutant.iter().map(|name| format!("transactional:mutant={name}"));
        self.protocols.iter().cloned().chain(mutant).collect()
    }

    /// Returns the request with the seed that was used, so that a later change of the scenario does not change it.
    pub(crate) fn with_seed(self, seed: u64) -> Self {
        Self { seed: Some(seed), ..self }
    }

    /// Returns the command that repeats the run.
    pub(crate) fn command(&self) -> String {
        self.line(self.options())
    }

    /// Returns the command that repeats only this cell; the options that select the cell are at the end.
    pub(crate) fn replay(&self, cell: &Cell) -> String {
        let one = Self {
            protocols: vec![cell.subject.parts().protocol.clone()],
            mutant: None,
            fault_rate: cell.point.get(Axis::FaultRate).map(|percent| vec![percent as u8]),
            delay: cell.point.get(Axis::Delay).map(|ns| vec![format!("{ns}ns")]),
            seed: Some(cell.seed),
            seeds: Some(1),
            ..self.clone()
        };
        let mut options = one.options();
        options.sort_by_key(|(flag, _)| AXES.contains(flag));
        one.line(options)
    }

    /// Returns the options that were given.
    fn options(&self) -> Vec<Word> {
        let listed = |flag, list: Vec<String>| list.into_iter().map(move |value| (flag, Some(value)));
        let given = |flag, value: Option<String>| value.map(|value| (flag, Some(value)));
        let switch = |flag, on: bool| on.then_some((flag, None));
        let rates = self.fault_rate.as_ref().map(|rates| {
            let rates: Vec<String> = rates.iter().map(u8::to_string).collect();
            rates.join(",")
        });
        let threads = (self.engine == EngineName::Threads).then(|| "threads".to_owned());
        let costs = self.costs.as_ref().map(|file| output::word(&file.to_string_lossy()));
        let mut all: Vec<Word> = Vec::new();
        all.extend(switch("--real-pages", self.real_pages));
        all.extend(given("--engine", threads));
        all.extend(listed("--protocol", self.protocols()));
        all.extend(listed("--fault", self.faults.clone()));
        all.extend(given("--fault-rate", rates));
        all.extend(given("--delay", self.delay.as_ref().map(|delays| delays.join(","))));
        all.extend(given("--seed", self.seed.map(|seed| seed.to_string())));
        all.extend(given("--seeds", self.seeds.map(|seeds| seeds.to_string())));
        all.extend(given("--cpus", self.cpus.map(|cpus| cpus.to_string())));
        all.extend(given("--costs", costs));
        all.extend(given("--duration", self.duration()));
        all.extend(switch("--lenient", self.lenient));
        all
    }

    /// Returns a command line with these options, quoted for a shell.
    fn line(&self, options: Vec<Word>) -> String {
        let begin = ["attach-rig".to_owned(), "run".to_owned(), output::word(&self.scenario)];
        let options = options.into_iter().flat_map(|(flag, value)| [Some(flag.to_owned()), value]);
        let words: Vec<String> = begin.into_iter().chain(options.flatten()).collect();
        shell::join(words.iter().map(String::as_str))
    }
}

/// Returns the entries of a file's table of costs that differ from the built-in ones.
fn costs(file: &Path) -> Result<costs::Table, Failure> {
    let name = file.display();
    let text = read_text(file, TEXT_MAX).map_err(|error| {
        Failure::usage(format!("--costs: {error}; `attach-rig calibrate --out {name}` writes one"))
    })?;
    let table = costs::read(&text)
        .map_err(|error| Failure::usage(Mistake::at(&name.to_string(), &text, error.at, error.message)))?;
    Ok(costs::differing(&table))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::driver::{CellPlan, run_cell};
    use reports::axis::Point;
    use reports::schema::Subject;
    use scenario::Scenario;

    fn read(command: &str) -> Request {
        Request::read(command).unwrap_or_else(|| panic!("{command}"))
    }

    #[test]
    fn a_command_is_read_back_as_it_was_written() {
        for command in [
            "attach-rig run default --seed 1",
            "attach-rig run './-a b.toml' --protocol 'prepare-undo:hold=locks' --protocol transactional \
             --fault 'memory.prepare_sleep: nth=3 errno=ENOMEM' --fault-rate '0,1,10' --delay '0us,1us' --seed 7 --seeds 64 \
             --cpus 16 --costs 'my costs.toml' --duration 40ms --lenient",
            "attach-rig run churn --real-pages --engine threads --seed 1 --duration 2s",
        ] {
            assert_eq!(read(command).command(), command);
        }
        // The second is what the version before called it.
        for flag in ["--mutant", "--canary"] {
            let mutant = read(&format!("attach-rig run {flag} lost-uncharge"));
            let command = "attach-rig run default --protocol 'transactional:mutant=lost-uncharge'";
            assert_eq!(mutant.command(), command);
        }
        assert!(Request::read("attach-rig run --no-such-flag").is_none());
        assert!(Request::read("").is_none_or(|request| request.command() == "attach-rig run default"));
    }

    #[test]
    fn a_cell_is_what_its_command_narrows_to() {
        let request =
            read("attach-rig run 'a b.toml' --protocol x --fault-rate 0,10 --seeds 9 --cpus 4 --lenient");
        let idle = scenario::built_in::find("idle").unwrap();
        let idle = Scenario::parse("idle", idle, &workloads::BuiltIn).unwrap();
        let mut cell = run_cell(&idle, &CellPlan::all(&idle)[0], &costs::Costs::default()).cell;
        cell.subject = Subject::of("transactional");
        (cell.point, cell.seed) = (Point::default().with(Axis::FaultRate, 10).with(Axis::Delay, 1_500), 3);
        assert_eq!(
            request.replay(&cell),
            "attach-rig run 'a b.toml' --cpus 4 --lenient --protocol transactional --fault-rate 10 --delay 1500ns --seed 3 \
             --seeds 1"
        );
    }
}
