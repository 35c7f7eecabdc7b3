//! Resolves a `Spec` to numbers: merges preset and overrides, and checks every value. `plan` only holds the result.

use input::units::{ShowNs, parse_ns};

use crate::error::SpecError;
use crate::plan::ACTORS_MAX;
use crate::shapes::{PRESETS, Preset, Weights};
use crate::spec::{Mix, Spec, TRACE_PREFIX};
use crate::trace::TraceOptions;

/// Checks the numbers of actors, which all shapes have.
pub(crate) fn check_counts(spec: &Spec) -> Result<(), SpecError> {
    in_range("processes", spec.processes, 1, ACTORS_MAX)?;
    in_range("threads", spec.threads, 1, ACTORS_MAX)
}

/// Returns the preset that `spec` names, with its overrides.
pub(crate) fn preset(spec: &Spec) -> Result<Preset, SpecError> {
    let found = PRESETS.iter().find(|preset| preset.name == spec.shape);
    let mut preset = *found.ok_or_else(|| SpecError::UnknownShape { shape: spec.shape.clone() })?;
    refuse(spec, &trace_fields(spec), "it is for recordings")?;
    set(&mut preset.initial_pages, spec.initial_pages);
    set(&mut preset.op_pages.min, spec.op_pages_min);
    set(&mut preset.op_pages.max, spec.op_pages_max);
    set(&mut preset.cap_pages, spec.cap_pages);
    set(&mut preset.think_ns.min, duration("think_min", spec.think_min.as_deref())?);
    set(&mut preset.think_ns.max, duration("think_max", spec.think_max.as_deref())?);
    set(&mut preset.fork_gap_ops, spec.fork_gap_ops);
    set(&mut preset.child_ops.min, spec.child_ops_min);
    set(&mut preset.child_ops.max, spec.child_ops_max);
    set(&mut preset.exec_percent, spec.exec_percent);
    override_mix(&mut preset.mix, spec.mix.unwrap_or_default());
    check(&preset)?;
    Ok(preset)
}

/// Returns the options for reading the recording that `spec` names.
pub(crate) fn trace_options(spec: &Spec) -> Result<TraceOptions, SpecError> {
    refuse(spec, &drawn_fields(spec), "it is for shapes that are drawn, not recorded")?;
    if spec.threads != 1 {
        let reason = "a recording has its own threads";
        return Err(SpecError::NoEffect { field: "threads", shape: spec.shape.clone(), reason });
    }
    let mut options = TraceOptions::default();
    set(&mut options.scale_percent, spec.trace_scale_percent);
    set(&mut options.touch_percent, spec.trace_touch_percent);
    set(&mut options.lenient, spec.trace_lenient);
    options.think_ns_max = duration("trace_think_max", spec.trace_think_max.as_deref())?;
    in_range("trace_touch_percent", options.touch_percent, 0, 100)?;
    Ok(options)
}

fn override_mix(weights: &mut Weights, mix: Mix) {
    set(&mut weights.mmap, mix.mmap);
    set(&mut weights.munmap, mix.munmap);
    set(&mut weights.touch, mix.touch);
    set(&mut weights.release, mix.release);
    set(&mut weights.think, mix.think);
    set(&mut weights.fork_thread, mix.fork_thread);
    set(&mut weights.fork_process, mix.fork_process);
}

fn check(preset: &Preset) -> Result<(), SpecError> {
    in_range("op_pages_min", preset.op_pages.min, 1, u32::MAX)?;
    not_above(("op_pages_min", preset.op_pages.min), ("op_pages_max", preset.op_pages.max))?;
    not_above(("op_pages_max", preset.op_pages.max), ("cap_pages", preset.cap_pages))?;
    if preset.think_ns.min == 0 {
        return Err(SpecError::OutOfRange { field: "think_min", value: 0, min: 1, max: u64::MAX });
    }
    not_above(("think_min", ShowNs(preset.think_ns.min)), ("think_max", ShowNs(preset.think_ns.max)))?;
    not_above(("child_ops_min", preset.child_ops.min), ("child_ops_max", preset.child_ops.max))?;
    in_range("exec_percent", preset.exec_percent, 0, 100)?;
    let Weights { mmap, munmap, touch, release, think, fork_thread, fork_process } = preset.mix;
    if fork_thread > 0 || fork_process > 0 {
        not_above(("child_ops_max", preset.child_ops.max), ("fork_gap_ops", preset.fork_gap_ops))?;
    }
    let all = [mmap, munmap, touch, release, think, fork_thread, fork_process];
    if all == [0; 7] { Err(SpecError::NoWeight) } else { Ok(()) }
}

fn set<T>(value: &mut T, over: Option<T>) {
    if let Some(over) = over {
        *value = over;
    }
}

fn duration(field: &'static str, text: Option<&str>) -> Result<Option<u64>, SpecError> {
    text.map(parse_ns).transpose().map_err(|source| SpecError::Duration { field, source })
}

fn in_range(field: &'static str, value: u32, min: u32, max: u32) -> Result<(), SpecError> {
    if (min..=max).contains(&value) {
        return Ok(());
    }
    Err(SpecError::OutOfRange { field, value: value.into(), min: min.into(), max: max.into() })
}

/// An ordered value that can be printed.
trait Bound: ToString + Copy {
    fn order(self) -> u64;
}

impl Bound for u32 {
    fn order(self) -> u64 {
        self.into()
    }
}

impl Bound for ShowNs {
    fn order(self) -> u64 {
        self.0
    }
}

fn not_above<T: Bound>(low: (&'static str, T), high: (&'static str, T)) -> Result<(), SpecError> {
    if low.1.order() <= high.1.order() {
        return Ok(());
    }
    let ((low_field, low), (high_field, high)) = (low, high);
    Err(SpecError::Above { low_field, low: low.to_string(), high_field, high: high.to_string() })
}

type Given = (&'static str, bool);

fn refuse(spec: &Spec, fields: &[Given], reason: &'static str) -> Result<(), SpecError> {
    match fields.iter().find(|(_, is_given)| *is_given) {
        Some(&(field, _)) => Err(SpecError::NoEffect { field, shape: spec.shape.clone(), reason }),
        None => Ok(()),
    }
}

fn trace_fields(spec: &Spec) -> [Given; 5] {
    [
        ("trace_scale_percent", spec.trace_scale_percent.is_some()),
        ("trace_think_max", spec.trace_think_max.is_some()),
        ("trace_touch_percent", spec.trace_touch_percent.is_some()),
        ("trace_repeat", spec.trace_repeat.is_some()),
        ("trace_lenient", spec.trace_lenient.is_some()),
    ]
}

fn drawn_fields(spec: &Spec) -> [Given; 11] {
    [
        ("initial_pages", spec.initial_pages.is_some()),
        ("op_pages_min", spec.op_pages_min.is_some()),
        ("op_pages_max", spec.op_pages_max.is_some()),
        ("cap_pages", spec.cap_pages.is_some()),
        ("think_min", spec.think_min.is_some()),
        ("think_max", spec.think_max.is_some()),
        ("mix", spec.mix.is_some()),
        ("fork_gap_ops", spec.fork_gap_ops.is_some()),
        ("child_ops_min", spec.child_ops_min.is_some()),
        ("child_ops_max", spec.child_ops_max.is_some()),
        ("exec_percent", spec.exec_percent.is_some()),
    ]
}

/// Returns the name of the recording, if the shape is one.
pub(crate) fn trace_name(spec: &Spec) -> Option<&str> {
    spec.shape.strip_prefix(TRACE_PREFIX)
}
