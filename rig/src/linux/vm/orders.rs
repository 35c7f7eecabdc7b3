//! What a guest is to measure, as lines `name value` and back.
//!
//! A file of the initramfs carries them, since a kernel hands no more than 32 words on to init. The hierarchy is not
//! among them: the kernel's command line names it.
use super::super::options::Options;
use super::super::rate::{parse_duration, text};

/// The lines for `options`.
pub(super) fn to_text(options: &Options) -> String {
    let Options { rates, closed_loop, duration, threads, load, .. } = options;
    let mut lines = format!(
        "closed-loop {closed_loop}\nduration {}\nthreads {threads}\nload {}\n",
        text(*duration),
        load.name()
    );
    for rate in rates {
        lines += &format!("rate {rate}\n");
    }
    lines
}

/// Reads them back; `Err` names the line that is none of ours.
pub(super) fn from_text(lines: &str) -> Result<Options, String> {
    let mut options = Options::default();
    for line in lines.lines() {
        take(&mut options, line).ok_or_else(|| format!("an order that cannot be read: `{line}`"))?;
    }
    Ok(options)
}

fn take(options: &mut Options, line: &str) -> Option<()> {
    let (name, value) = line.split_once(' ')?;
    match name {
        "closed-loop" => options.closed_loop = value.parse().ok()?,
        "duration" => options.duration = parse_duration(value).ok()?,
        "threads" => options.threads = value.parse().ok()?,
        "load" => options.load = value.parse().ok()?,
        "rate" => options.rates.push(value.parse().ok()?),
        _ => return None,
    }
    Some(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::linux::Load;
    use std::time::Duration;

    #[test]
    fn orders_survive_the_way_into_the_guest() {
        let options = Options {
            rates: vec!["20/s".parse().unwrap(), "1000/s".parse().unwrap()],
            closed_loop: false,
            duration: Duration::from_millis(1_500),
            threads: 7,
            load: Load::Busy,
            ..Options::default()
        };
        assert_eq!(from_text(&to_text(&options)), Ok(options));
        assert!(from_text("threads 4\nplease\n").unwrap_err().contains("`please`"));
    }
}
