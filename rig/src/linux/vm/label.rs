//! Says in every figure that it comes from a virtual machine, and in a note from which one.
//!
//! Apart from `init`, since only the host knows who executed the guest; nothing leaves [`run`](super::run()) without it.
use super::delivery::Delivery;
use super::machine::{Accel, Machine};
use reports::schema::{Note, NoteKind};

/// Labels a result; `accel` is who executed the guest.
pub(super) fn label(delivery: &mut Delivery, machine: &Machine, accel: Accel) {
    let Machine { setting, cpus, memory, .. } = machine;
    let text = note(delivery, accel);
    let run = &mut delivery.run;
    for cell in &mut run.cells {
        // What stands behind the hierarchy says what was done in the cell.
        let kind = cell.protocol.split_once(' ').map(|(_, kind)| format!(" {kind}"));
        cell.protocol = setting.label().to_owned() + &kind.unwrap_or_default();
    }
    for note in &mut run.notes {
        note.protocol = note.protocol.take().map(|_| setting.label().into());
    }
    run.scenario.name = "vm".into();
    run.scenario.about = format!("In a virtual machine: {}", run.scenario.about);
    let named = format!("attach-rig vm --cpus {cpus} --memory {memory} --accel {}", name(accel));
    let inner = setting.hierarchy().to_string();
    run.command = run.command.replacen("attach-rig linux", &named, 1);
    for named in [&mut run.command, &mut run.scenario.toml] {
        // The guest looked for one controller of its mount.
        *named = named.replacen(&inner, setting.name(), 1);
    }
    run.notes.insert(0, Note { kind: NoteKind::Info, protocol: None, text });
    delivery.facts.insert("cgroup.hierarchy".into(), setting.label().into());
    delivery.facts.insert("vm.accelerator".into(), name(accel).into());
    delivery.facts.insert("vm.memory".into(), memory.clone());
    delivery.facts.insert("vm.cpus".into(), cpus.to_string());
}

fn note(delivery: &Delivery, accel: Accel) -> String {
    let fact = |name: &str| delivery.facts.get(name).map_or("unknown", String::as_str);
    let (step, source) = (fact("clock.step_ns"), fact("clock.source"));
    let by = match accel {
        Accel::Kvm => "KVM; what other guests and the host do is part of every latency",
        Accel::Auto | Accel::Tcg => {
            "emulation (TCG), many times slower than a processor and not evenly so: compare within this run's kind only"
        }
    };
    format!(
        "Measured in a virtual machine, {} under QEMU by {by}. Its clock ({source}) advances in steps of {step} ns.",
        delivery.kernel
    )
}

/// As the command line has it.
fn name(accel: Accel) -> &'static str {
    match accel {
        Accel::Auto => "auto",
        Accel::Kvm => "kvm",
        Accel::Tcg => "tcg",
    }
}

#[cfg(test)]
mod tests {
    use super::super::machine::tests::machine;
    use super::*;
    use crate::linux::record::tests::empty_run;

    #[test]
    fn every_figure_says_that_it_is_a_guests() {
        let mut run = empty_run();
        run.command = "attach-rig linux --hierarchy v1:pids --rate 20/s".into();
        run.scenario.toml = "hierarchy = \"v1:pids\"\n".into();
        let facts = [("clock.step_ns".to_owned(), "17".to_owned())].into();
        let (kernel, cpu) = ("Linux 6.1".to_owned(), String::new());
        let mut delivery = Delivery { run, facts, kernel, cpu, cpus: 2, code: 0, failure: None };
        label(&mut delivery, &machine(), Accel::Tcg);
        let run = &delivery.run;
        assert_eq!(
            run.command,
            "attach-rig vm --cpus 2 --memory 512M --accel tcg --hierarchy v1:charges --rate 20/s"
        );
        assert_eq!(run.scenario.toml, "hierarchy = \"v1:charges\"\n");
        assert!(run.cells.iter().all(|cell| cell.protocol == "vm:v1+charges"));
        let text = &run.notes[0].text;
        for part in ["Linux 6.1", "emulation (TCG)", "17 ns"] {
            assert!(text.contains(part), "{part}: {text}");
        }
    }
}
