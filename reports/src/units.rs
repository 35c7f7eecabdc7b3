//! Numbers as people read them: ns with a unit, thousands in groups, ratios in words.
//!
//! Separate, so that the terminal and the HTML never write the same figure in two ways. Arithmetic is in integers, so
//! that the same run gives the same bytes everywhere. Used by [`crate::table`] and [`crate::html`].

/// Text where there is no figure, or too few samples for one.
pub const NONE: &str = "–";

/// Text where nothing was measured, which is not the same as 0.
pub const NOT_MEASURED: &str = "not measured";

/// Writes `ns` with three significant digits and its unit: `812 ns`, `3.42 µs`, `41.0 ms`, `2.00 s`.
#[must_use]
pub fn ns(ns: u64) -> String {
    const UNITS: [(u64, &str); 3] = [(1_000, "µs"), (1_000_000, "ms"), (1_000_000_000, "s")];
    if ns < 1_000 {
        return format!("{ns} ns");
    }
    for (one, unit) in UNITS {
        // 999.5 of a unit would be written as 1000, so the next unit is used.
        if ns < one * 1_000 - one / 2 || unit == "s" {
            return format!("{} {unit}", three_digits(ns, one));
        }
    }
    unreachable!("seconds take whatever is left")
}

/// Writes `ps` as ns with three significant digits and a true minus, or as [`ns()`] from 1 µs on. Examples:
/// `9.23 ns`, `−0.40 ns`.
#[must_use]
pub fn ps(ps: i64) -> String {
    let (size, sign) = (ps.unsigned_abs(), if ps < 0 { "−" } else { "" });
    if size < 999_500 {
        return format!("{sign}{} ns", three_digits(size, 1_000));
    }
    format!("{sign}{}", ns((size + 500) / 1_000))
}

/// Writes [`ns()`] without zeros at the end, for figures that a user chose: `50 ms`, `1 µs`.
#[must_use]
pub fn short_ns(value: u64) -> String {
    let text = ns(value);
    match text.split_once(' ') {
        Some((number, unit)) if number.contains('.') => {
            format!("{} {unit}", number.trim_end_matches('0').trim_end_matches('.'))
        }
        _ => text,
    }
}

/// Writes [`ns()`], or a dash.
#[must_use]
pub fn maybe_ns(value: Option<u64>) -> String {
    value.map_or_else(|| NONE.to_owned(), ns)
}

/// Writes `value / one` with three significant digits, rounded half up.
fn three_digits(value: u64, one: u64) -> String {
    let scaled = |digits: u128| (u128::from(value) * digits + u128::from(one) / 2) / u128::from(one);
    let (hundredths, tenths) = (scaled(100), scaled(10));
    if hundredths < 1_000 {
        format!("{}.{:02}", hundredths / 100, hundredths % 100)
    } else if tenths < 1_000 {
        format!("{}.{}", tenths / 10, tenths % 10)
    } else {
        grouped(u64::try_from(scaled(1)).unwrap_or(u64::MAX))
    }
}

/// Returns `value` in units of `base` with three significant digits: `×1.13`. Returns `None` when `base` is 0.
#[must_use]
pub fn ratio(value: u64, base: u64) -> Option<String> {
    (base > 0).then(|| format!("×{}", three_digits(value, base)))
}

/// Writes ns as µs with two decimals and no unit, as `/proc/lock_stat` writes times, but with groups of thousands.
#[must_use]
pub fn lock_stat_us(ns: u64) -> String {
    format!("{}.{:02}", grouped(ns / 1_000), ns % 1_000 / 10)
}

/// Writes `1234567` as `1,234,567`.
#[must_use]
pub fn grouped(value: u64) -> String {
    let digits = value.to_string();
    let mut out = String::with_capacity(digits.len() + digits.len() / 3);
    for (i, digit) in digits.chars().enumerate() {
        if i > 0 && (digits.len() - i).is_multiple_of(3) {
            out.push(',');
        }
        out.push(digit);
    }
    out
}

/// Writes a signed count with its sign and a true minus: `+41`, `−3`, `0`.
#[must_use]
pub fn signed(value: i64) -> String {
    let size = grouped(value.unsigned_abs());
    match value.signum() {
        0 => size,
        1 => format!("+{size}"),
        _ => format!("−{size}"),
    }
}

/// Writes `part` of `whole` in percent, with one decimal below 10.
#[must_use]
pub fn percent(part: u64, whole: u64) -> String {
    if whole == 0 {
        return NONE.to_owned();
    }
    let tenths = (u128::from(part) * 1_000 + u128::from(whole) / 2) / u128::from(whole);
    if tenths < 100 {
        format!("{}.{} %", tenths / 10, tenths % 10)
    } else {
        format!("{} %", (tenths + 5) / 10)
    }
}

/// Returns how many times `base` goes into `value`: one decimal below 10, two significant digits above (`3.1`,
/// `1,500`). Returns `None` when `base` is 0.
#[must_use]
pub fn times(value: u64, base: u64) -> Option<String> {
    let tenths = (u128::from(value) * 10 + u128::from(base) / 2).checked_div(u128::from(base))?;
    if tenths < 100 {
        return Some(format!("{}.{}", tenths / 10, tenths % 10));
    }
    let mut whole = (tenths + 5) / 10;
    let mut step = 1;
    while whole / step >= 100 {
        step *= 10;
    }
    whole = (whole + step / 2) / step * step;
    Some(grouped(u64::try_from(whole).unwrap_or(u64::MAX)))
}

/// Writes a count with its noun: `1 cell`, `2 cells`.
#[must_use]
pub fn count(n: u64, noun: &str) -> String {
    format!("{} {noun}{}", grouped(n), if n == 1 { "" } else { "s" })
}

/// Joins the names as in a sentence: `a`, `a and b`, `a, b and c`.
#[must_use]
pub fn list(names: &[String]) -> String {
    match names {
        [] => String::new(),
        [one] => one.clone(),
        [head @ .., last] => format!("{} and {last}", head.join(", ")),
    }
}

/// Returns `text` cut to at most `max` characters, with an ellipsis when something was cut.
#[must_use]
pub fn clip(text: &str, max: usize) -> String {
    if text.chars().count() <= max {
        return text.to_owned();
    }
    let mut cut: String = text.chars().take(max.saturating_sub(1)).collect();
    cut.push('…');
    cut
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_have_three_digits_and_a_unit() {
        let cases = [
            (0, "0 ns"),
            (999, "999 ns"),
            (1_000, "1.00 µs"),
            (12_345, "12.3 µs"),
            (999_499, "999 µs"),
            (999_500, "1.00 ms"),
            (41_000_000, "41.0 ms"),
            (5_000_000_000_000, "5,000 s"),
            (u64::MAX, "18,446,744,074 s"),
        ];
        for (value, text) in cases {
            assert_eq!(ns(value), text);
        }
        assert_eq!(
            (short_ns(50_000_000), short_ns(1_500), short_ns(100)),
            ("50 ms".into(), "1.5 µs".into(), "100 ns".into())
        );
    }

    #[test]
    fn slopes_have_three_digits_too() {
        let said = [9_230, -400, 12_345_678, 999_499, 0].map(ps);
        assert_eq!(said, ["9.23 ns", "−0.40 ns", "12.3 µs", "999 ns", "0.00 ns"]);
        assert_eq!(ps(i64::MIN), "−9,223,372 s".to_owned());
    }

    #[test]
    fn ratios_read_as_in_a_sentence() {
        assert_eq!(times(7_830, 5).as_deref(), Some("1,600"));
        assert_eq!(times(31, 10).as_deref(), Some("3.1"));
        assert_eq!(times(99_960, 10_000).as_deref(), Some("10"));
        assert_eq!(times(1, 0), None);
        assert_eq!(
            (ratio(113, 100).as_deref(), ratio(5, 5).as_deref(), ratio(1, 0)),
            (Some("×1.13"), Some("×1.00"), None)
        );
    }

    #[test]
    fn signs_groups_and_lists() {
        assert_eq!(signed(-1_234), "−1,234");
        assert_eq!(signed(i64::MIN), "−9,223,372,036,854,775,808");
        assert_eq!(percent(1, 1_000), "0.1 %");
        assert_eq!(percent(199, 200), "100 %");
        assert_eq!(list(&["a".into(), "b".into(), "c".into()]), "a, b and c");
        assert_eq!(clip("äöüß", 3), "äö…");
        assert_eq!(
            (lock_stat_us(1_239), lock_stat_us(1_234_567_890)),
            ("1.23".into(), "1,234,567.89".into())
        );
    }
}
