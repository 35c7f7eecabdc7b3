//! `/proc/kallsyms`: the names of locks and of traced functions.
use super::graph;
use super::why::Unavailable;
use std::collections::BTreeMap;
use std::fs;

const KALLSYMS: &str = "/proc/kallsyms";
/// Distance to the begin of a function, up to which an address still names it. A traced address is at the begin of its
/// function, or just after the instruction that marks it as a target.
const ENTRY_BYTES: u64 = 16;

/// Names by address.
#[derive(Debug, Default)]
pub(super) struct Symbols {
    data: BTreeMap<u64, String>,
    functions: BTreeMap<u64, String>,
    /// True when any line had an address.
    shown: bool,
}

impl Symbols {
    /// Reads the file; without it, there are no names.
    pub(super) fn load() -> Self {
        Self::parse(&fs::read_to_string(KALLSYMS).unwrap_or_default())
    }

    /// Reads the file's text.
    pub(super) fn parse(text: &str) -> Self {
        let mut symbols = Self::default();
        for (address, kind, name) in text.lines().filter_map(line) {
            symbols.shown = true;
            let names = match kind {
                'b' | 'B' | 'd' | 'D' | 'r' | 'R' | 'v' | 'V' => &mut symbols.data,
                't' | 'T' | 'w' | 'W' if graph::part(name).is_some() => &mut symbols.functions,
                _ => continue,
            };
            // The begin of a section may share the address of its first object.
            let known = names.entry(address).or_insert_with(|| name.to_owned());
            if known.starts_with("__") {
                name.clone_into(known);
            }
        }
        symbols
    }

    /// Name of the object that begins at this address.
    pub(super) fn lock(&self, address: u64) -> Option<&str> {
        self.data.get(&address).map(String::as_str)
    }

    /// Name of the listed function that begins at this address, or just before it.
    pub(super) fn function(&self, address: u64) -> Option<&str> {
        let (begin, name) = self.functions.range(..=address).next_back()?;
        (address - begin <= ENTRY_BYTES).then_some(name)
    }

    /// Returns the reason why locks cannot be named by their address.
    pub(super) fn locks_unavailable(&self) -> Option<Unavailable> {
        // Some kernels show a few objects, but not this one.
        let named = self.data.values().any(|name| name == "cgroup_mutex");
        match (self.shown, named) {
            (false, _) => Some(Unavailable::new(
                format!("{KALLSYMS} hides addresses"),
                "sysctl kernel.kptr_restrict=1 as root",
            )),
            (true, false) => Some(Unavailable::new(
                format!("{KALLSYMS} of this kernel names functions only"),
                "boot a kernel with CONFIG_KALLSYMS_ALL=y, or use attach-rig vm",
            )),
            (true, true) => None,
        }
    }
}

/// Parses `ffffffff8144d7e0 T cgroup_kn_lock_live`, perhaps with `\t[module]`. A hidden address is 0.
fn line(line: &str) -> Option<(u64, char, &str)> {
    let mut words = line.split_whitespace();
    let address = u64::from_str_radix(words.next()?, 16).ok().filter(|address| *address != 0)?;
    Some((address, words.next()?.chars().next()?, words.next()?))
}

#[cfg(test)]
mod tests {
    use super::*;

    const SOME: &str = "0000000000000000 A fixed_percpu_data
ffffffff8a36e030 T cgroup_attach_lock
ffffffff8a36e0f0 t __cgroup1_procs_write.constprop.0
ffffffff8a36e100 t something_else
ffffffff8bd34220 D __start_of_something
ffffffff8bd34220 D cgroup_mutex
ffffffffc0001000 d lock_of_a_module\t[module]
nonsense
";

    #[test]
    fn exact_addresses_name_locks_and_near_ones_functions() {
        let symbols = Symbols::parse(SOME);
        assert_eq!(symbols.lock(0xffff_ffff_8bd3_4220), Some("cgroup_mutex"));
        assert_eq!(symbols.lock(0xffff_ffff_8bd3_4221), None);
        assert_eq!(symbols.lock(0xffff_ffff_c000_1000), Some("lock_of_a_module"));
        assert_eq!(symbols.function(0xffff_ffff_8a36_e034), Some("cgroup_attach_lock"));
        assert_eq!(symbols.function(0xffff_ffff_8a36_e0f0), Some("__cgroup1_procs_write.constprop.0"));
        assert_eq!(symbols.function(0xffff_ffff_8a36_e200), None);
        assert_eq!(symbols.locks_unavailable(), None);
    }

    #[test]
    fn without_addresses_or_data_the_reason_is_known() {
        let hidden =
            Symbols::parse("0000000000000000 T cgroup_attach_lock\n0000000000000000 D cgroup_mutex\n");
        assert!(hidden.locks_unavailable().unwrap().to_string().contains("hides addresses"));
        let functions = Symbols::parse("ffffffff8a36e030 T cgroup_attach_lock\nffffffff8a400000 D jiffies\n");
        assert!(functions.locks_unavailable().unwrap().to_string().contains("KALLSYMS_ALL"));
    }
}
