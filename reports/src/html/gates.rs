//! Gates in the report: the demands and the findings, failures first, and the parts of the run that no gate checked.
use super::View;
use super::components::{columns, open_table, section as headed, sentence, text};
use crate::gate::file::Gate;
use crate::gate::report::{GateReport, GateRow, GateState, demand, word};
use crate::units::count;
use maud::{Markup, html};

pub(super) fn section(view: &View<'_>, ladder: &GateReport) -> Markup {
    let (mut wrong, mut right) = (Vec::new(), Vec::new());
    for (gate, places, _) in ladder.in_order() {
        for row in places {
            let bad = matches!(row.state, GateState::Failed | GateState::Inconclusive);
            let rows = if bad { &mut wrong } else { &mut right };
            rows.push(cells(gate, row, bad));
        }
    }
    let titles = columns(&["gate", "verdict", "figure", "demanded", "where", "found"]);
    headed(
        view,
        "gates",
        "Is it as demanded?",
        &html! {
            p { strong { (ladder.summary()) } }
            @for (gate, _, _) in ladder.in_order().filter(|(gate, _, _)| gate.waived.is_some()) {
                p.warn { (gate.name) " is waived " (gate.waived.as_deref().unwrap_or_default()) }
            }
            @if !wrong.is_empty() { div.matrix { (open_table("Not as demanded, or nothing to tell", &titles, &wrong)) } }
            @if !right.is_empty() { details {
                summary { "As demanded: " (count(right.len() as u64, "place")) }
                div.matrix { (open_table("As demanded", &titles, &right)) }
            } }
            @if !ladder.unseen().is_empty() {
                details {
                    summary { "Not judged under " (count(ladder.unseen().len() as u64, "protocol")) }
                    dl { @for (protocol, metrics) in ladder.unseen() { dt { (text(protocol)) } dd { (metrics.join(", ")) } } }
                }
            }
        },
    )
}

fn cells(gate: &Gate, row: &GateRow, bad: bool) -> Vec<Markup> {
    let verdict = html! {
        span .bad[row.state == GateState::Failed] .inconclusive[row.state == GateState::Inconclusive] .good[!bad] { (word(row.state)) }
    };
    vec![
        text(&gate.name),
        verdict,
        html! { code { (gate.key) } },
        sentence(&demand(gate)),
        text(&row.compared.place),
        sentence(&format!("{:#}", row.compared)),
    ]
}
