//! Gates in the report: what was demanded and what was found, failures first, and what nobody looked at.
use super::View;
use super::parts::{columns, section as headed, sentence, table, text};
use crate::gate::ladder::{Ladder, State, demand, finding, word};
use crate::units::count;
use maud::{Markup, html};

pub(super) fn section(view: &View<'_>, ladder: &Ladder) -> Markup {
    let titles = columns(&["gate", "verdict", "figure", "demanded", "where", "found"]);
    let mut rows = Vec::new();
    for (gate, places, _) in ladder.in_order() {
        for row in places {
            let bad = matches!(row.state, State::Failed | State::Inconclusive);
            rows.push(vec![
                text(&gate.name),
                html! { span .bad[row.state == State::Failed] .thin[row.state == State::Inconclusive] .good[!bad] { (word(row.state)) } },
                html! { code { (gate.key) } },
                sentence(&demand(gate)),
                text(&row.place),
                sentence(&finding(&row.finding, gate.key.is_time())),
            ]);
        }
    }
    headed(
        view,
        "gates",
        "Is it as demanded?",
        &html! {
            p { strong { (ladder.summary()) } }
            @for (gate, _, _) in ladder.in_order().filter(|(gate, _, _)| gate.waived.is_some()) {
                p.warn { (gate.name) " is waived " (gate.waived.as_deref().unwrap_or_default()) }
            }
            div.matrix { (table("Each gate in each place, failures first", &titles, &rows)) }
            @if !ladder.unseen().is_empty() {
                details {
                    summary { "Not judged under " (count(ladder.unseen().len() as u64, "protocol")) }
                    dl { @for (protocol, metrics) in ladder.unseen() { dt { (text(protocol)) } dd { (metrics.join(", ")) } } }
                }
            }
        },
    )
}
