//! Repeats one schedule with the same choices, describes it step by step, and compares its end with the recorded one.
use super::chrome;
use super::names;
use super::program::{Program, Runner};
use super::state;
use super::text;
use super::transcript::{self, Line, Transcript, What};
use super::witness::{Schedule, Witness};
use engines::sim::steps::{Bounds, GivenUp, Replay, Step};
use model::checks::CheckSet;
use model::seam::ActorId;
use std::fmt::Write as _;
use std::sync::Arc;

/// The outcome of a replay.
pub struct Replayed {
    /// The interleaving, for people.
    pub text: String,
    /// The state in which it ended.
    pub state: String,
    /// Invariants that were violated.
    pub violated: Vec<String>,
    /// Makes the interleaving as a Chrome trace.
    pub trace: Box<dyn Fn() -> String>,
    /// `Ok` if it ended as recorded, otherwise a description of the difference.
    pub repeated: Result<(), String>,
}

/// Repeats a schedule.
#[must_use]
pub fn replay(witness: &Witness) -> Replayed {
    let litmus = Arc::new(witness.litmus.clone());
    let program = Program::new(&litmus, witness.protocol);
    let strategy = Box::new(Replay::new(witness.schedule.choices().to_vec()));
    let transcript = Transcript::new(&litmus, program.world());
    let mut runner = program.stage(strategy, Bounds::default(), CheckSet::ALL, Some(transcript));
    let end = program.run(&mut runner);
    let (state, violated) = state::end(&litmus, &program, &runner, &end);
    let mut text = format!(
        "{} under {}, simulated; a step runs from one access to the next\n\nstep  who         what\n",
        litmus.name, witness.protocol
    );
    let lines = runner.observer().transcript.as_ref().map_or(&[][..], Transcript::lines).to_vec();
    let taken = runner.policy().taken().to_vec();
    let tell = Tell { witness, program: &program, taken: &taken };
    tell.all(&lines, &mut text);
    let _ = writeln!(text, "\nends in {state}");
    for (name, tally) in state::findings(&runner.observer().judge.checks) {
        if let Some(first) = &tally.first {
            // The only clock of a schedule counts its steps.
            let _ = writeln!(text, "violated: {name}: {}", first.replace(" ns", " steps"));
        }
    }
    let violated_words = text::violated(&violated);
    if !violated_words.is_empty() {
        let _ = writeln!(text, "in short: {violated_words}");
    }
    let names: Vec<String> = (0..64).map(|at| program.actor_name(ActorId(at))).collect();
    Replayed {
        repeated: repeated(witness, &runner, &state.to_string(), &violated),
        text,
        state: state.to_string(),
        violated: violated.keys().map(|name| (*name).to_owned()).collect(),
        trace: Box::new(move || chrome::trace(&litmus, &names, &lines)),
    }
}

fn repeated(
    witness: &Witness,
    runner: &Runner,
    state: &str,
    violated: &state::Violated,
) -> Result<(), String> {
    let policy = runner.policy();
    let (taken, wanted) = (policy.taken().len(), witness.schedule.choices().len());
    if let Some(wrong) = wrong_step(witness, policy.given_up() == Some(GivenUp::Cut), taken) {
        return Err(format!(
            "the schedule of {wanted} steps cannot be repeated: {wrong}; the schedule was altered; get it from `explore` again"
        ));
    }
    if let Some(before) = witness.state.as_ref().filter(|before| *before != state) {
        return Err(format!("ended in {state}, but was recorded as ending in {before}"));
    }
    match witness.violated.iter().find(|invariant| !violated.contains_key(invariant.as_str())) {
        Some(invariant) => Err(format!("{invariant} was recorded as violated, but is not violated now")),
        None => Ok(()),
    }
}

/// Describes the step of the schedule that cannot be taken, if there is one. `taken` steps were taken before the
/// schedule was `cut` or over.
fn wrong_step(witness: &Witness, cut: bool, taken: usize) -> Option<String> {
    let choices = witness.schedule.choices();
    match choices.get(taken) {
        Some(who) if cut => {
            let who = Schedule::new(vec![*who]);
            Some(format!(
                "at step {} `{who}` cannot go on: it is waiting, has ended or does not exist",
                taken + 1
            ))
        }
        Some(_) => Some(format!("the test ends after {taken} steps, so step {} is one too many", taken + 1)),
        None if cut => {
            Some(format!("the test goes on after step {taken}, so the end of the schedule is missing"))
        }
        None => None,
    }
}

struct Tell<'a> {
    witness: &'a Witness,
    program: &'a Program,
    taken: &'a [Step],
}

impl Tell<'_> {
    /// Appends a row for each step, and one for each other actor that the step affects.
    fn all(&self, lines: &[Line], text: &mut String) {
        let mut lines = lines.iter().peekable();
        for step in 0..=self.taken.len() as u64 {
            let own = step.checked_sub(1).map(|at| self.taken[at as usize]);
            let mut rows: Vec<(u32, Vec<String>)> = Vec::new();
            if let Some(own) = &own {
                let object = names::object(&self.witness.litmus, own.touch.object);
                rows.push((own.actor.0, vec![format!("{} {object}", transcript::access(own))]));
            }
            while let Some(line) = lines.next_if(|line| line.step == step) {
                let words = self.words(own.as_ref(), &line.what);
                match rows.last_mut() {
                    Some((actor, row)) if *actor == line.actor => row.extend(words),
                    _ => rows.push((line.actor, words.into_iter().collect())),
                }
            }
            for (at, (actor, words)) in rows.iter().filter(|(_, words)| !words.is_empty()).enumerate() {
                let number = if at == 0 { step.to_string() } else { String::new() };
                let who = self.program.actor_name(ActorId(*actor));
                let _ = writeln!(text, "{number:>4}  {who:10}  {}", words.join("; "));
            }
        }
    }

    fn words(&self, own: Option<&Step>, what: &What) -> Option<String> {
        let it = |object: &model::seam::Object| {
            if own.is_some_and(|step| step.touch.object == *object) {
                "it".to_owned()
            } else {
                names::object(&self.witness.litmus, *object)
            }
        };
        Some(match what {
            What::Told(sentence) => sentence.clone(),
            What::Begin(name) => format!("{name} begins"),
            What::End(result) if result.is_empty() => "returns".to_owned(),
            What::End(result) => format!("returns {result}"),
            What::Took(object, mode) => format!("takes {}{}", it(object), transcript::mode(*mode)),
            What::Gave(object, _) if own.is_some_and(|step| step.touch.object == *object) => return None,
            What::Gave(object, _) => format!("gives {} back", it(object)),
            What::Waits(object) => format!("waits for {}", it(object)),
            What::Counter(name, before, after) => format!("{name} {before} -> {after}"),
        })
    }
}
