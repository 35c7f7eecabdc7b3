//! The closed list of fault sites: every callback that can refuse, and the core's own points.
//!
//! A site is named `<controller>.<callback>`, without the `attach_` of the callback: `memrlimit.prepare_sleep` is the
//! controller memrlimit's `prepare_attach_sleep`. The list is closed so that a misspelt name is an error that suggests
//! the nearest names, and not a rule that silently never fires.

use std::{fmt, str::FromStr};

use input::nearest::nearest;
use serde::{Deserialize, Serialize};

use crate::Errno;

/// A callback of a protocol that can refuse an attach.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum SiteCallback {
    /// `can_attach` of three-phase.
    CanAttach,
    /// `prepare_attach` of prepare-undo.
    Prepare,
    /// `prepare_attach_sleep` of transactional.
    PrepareSleep,
    /// `prepare_attach_nosleep` of transactional.
    PrepareNosleep,
}

impl SiteCallback {
    /// Every callback, in the order in which [`Site`] lists them.
    pub const ALL: [Self; 4] = [Self::CanAttach, Self::Prepare, Self::PrepareSleep, Self::PrepareNosleep];
}

/// The data of a site.
struct Entry {
    site: Site,
    owner: &'static str,
    callback: Option<SiteCallback>,
    name: &'static str,
    kernel_name: &'static str,
    about: &'static str,
    errno: Option<Errno>,
}

/// Declares [`Site`] and its table: four callbacks per controller, then the core's points.
macro_rules! sites {
    (controllers { $($owner:literal $errno:ident: $can:ident $prepare:ident $sleep:ident $nosleep:ident;)* }
     core { $($core:ident $name:literal, kernel $kernel:literal, errno $core_errno:expr, $about:literal;)* }) => {
        /// A fault site. Cheap to copy; [`Site::index`] is dense and starts at 0.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(into = "String", try_from = "String")]
        #[repr(u8)]
        pub enum Site {
            $(
                #[doc = concat!("`", $owner, ".can_attach`: can_attach of three-phase.")] $can,
                #[doc = concat!("`", $owner, ".prepare`: prepare_attach of prepare-undo.")] $prepare,
                #[doc = concat!("`", $owner, ".prepare_sleep`: prepare_attach_sleep of transactional.")] $sleep,
                #[doc = concat!("`", $owner, ".prepare_nosleep`: prepare_attach_nosleep of transactional.")] $nosleep,
            )*
            $(#[doc = concat!("`", $name, "`: ", $about, ".")] $core,)*
        }

        const TABLE: &[Entry] = &[
            $(
                sites!(@callback $can, $owner, CanAttach, "can_attach", "can_attach", $errno,
                    "refuses to let the task come (three-phase)"),
                sites!(@callback $prepare, $owner, Prepare, "prepare", "prepare_attach", $errno,
                    "refuses to prepare (prepare-undo)"),
                sites!(@callback $sleep, $owner, PrepareSleep, "prepare_sleep", "prepare_attach_sleep", $errno,
                    "refuses in the phase that may sleep (transactional)"),
                sites!(@callback $nosleep, $owner, PrepareNosleep, "prepare_nosleep", "prepare_attach_nosleep", $errno,
                    "refuses in the phase that must not sleep (transactional)"),
            )*
            $(Entry {
                site: Site::$core, owner: "core", callback: None, name: $name, kernel_name: $kernel,
                about: $about, errno: $core_errno,
            },)*
        ];
    };
    (@callback $site:ident, $owner:literal, $callback:ident, $short:literal, $long:literal, $errno:ident,
     $about:literal) => {
        Entry {
            site: Site::$site, owner: $owner, callback: Some(SiteCallback::$callback),
            name: concat!($owner, ".", $short), kernel_name: $long,
            about: concat!($owner, " ", $about), errno: Some(Errno::$errno),
        }
    };
}

sites! {
    controllers {
        "memrlimit" ENOMEM: MemrlimitCanAttach MemrlimitPrepare MemrlimitPrepareSleep MemrlimitPrepareNosleep;
        "memory" ENOMEM: MemoryCanAttach MemoryPrepare MemoryPrepareSleep MemoryPrepareNosleep;
        "cpuset" ENOSPC: CpusetCanAttach CpusetPrepare CpusetPrepareSleep CpusetPrepareNosleep;
        "numtasks" EAGAIN: NumtasksCanAttach NumtasksPrepare NumtasksPrepareSleep NumtasksPrepareNosleep;
        "freezer" EBUSY: FreezerCanAttach FreezerPrepare FreezerPrepareSleep FreezerPrepareNosleep;
        "net" ENOMEM: NetCanAttach NetPrepare NetPrepareSleep NetPrepareNosleep;
    }
    core {
        CoreFind "core.find", kernel "cgroup_lock_live_group", errno Some(Errno::ENODEV),
            "the destination has been removed when the mover looks it up";
        CoreCssSetAlloc "core.css_set_alloc", kernel "find_css_set", errno Some(Errno::ENOMEM),
            "the new css_set cannot be allocated";
        CoreExit "core.exit", kernel "cgroup_exit", errno Some(Errno::ESRCH),
            "the task exits under the mover, which finds it exiting at the switch";
        CoreSwitched "core.switched", kernel "cgroup_task_migrate", errno None,
            "the switch is done, and attach, commit or attached comes next; nothing can refuse here";
        CoreMmap "core.mmap", kernel "mmap_region", errno Some(Errno::ENOMEM),
            "memrlimit has charged a mapping, and a later step of mmap fails";
    }
}

impl Site {
    /// Number of sites: `[T; Site::COUNT]` can be indexed by [`Site::index`].
    pub const COUNT: usize = TABLE.len();

    /// Every site, in the order of [`Site::index`].
    pub fn all() -> impl ExactSizeIterator<Item = Self> + Clone {
        TABLE.iter().map(|entry| entry.site)
    }

    fn entry(self) -> &'static Entry {
        &TABLE[self.index()]
    }

    /// Returns the position in [`Site::all`].
    #[inline]
    #[must_use]
    pub const fn index(self) -> usize {
        self as usize
    }

    /// Returns the name in rules, `<controller>.<callback>` or `core.<point>`.
    #[must_use]
    pub fn name(self) -> &'static str {
        self.entry().name
    }

    /// Returns the full name of the callback (as in the mails of 2008), or the kernel function that contains a core
    /// site: `find_css_set` and `cgroup_exit` of 2.6.24, `cgroup_lock_live_group` and `cgroup_task_migrate` of 3.0, all
    /// in `kernel/cgroup.c`; `mmap_region` in `mm/mmap.c`.
    #[must_use]
    pub fn kernel_name(self) -> &'static str {
        self.entry().kernel_name
    }

    /// Describes the fault at the site in one line.
    #[must_use]
    pub fn about(self) -> &'static str {
        self.entry().about
    }

    /// Returns the error of a rule that names no action; `None` if the site cannot refuse.
    #[must_use]
    pub fn default_errno(self) -> Option<Errno> {
        self.entry().errno
    }

    /// Reports whether an error can be injected here; delays and events are possible at every site.
    #[must_use]
    pub fn can_refuse(self) -> bool {
        self.default_errno().is_some()
    }

    /// Returns the controller's name, or `core`.
    #[must_use]
    pub fn owner(self) -> &'static str {
        self.entry().owner
    }

    /// Returns the callback that contains the site; `None` for sites of the core.
    #[must_use]
    pub fn callback(self) -> Option<SiteCallback> {
        self.entry().callback
    }

    /// Returns the site of that name.
    #[must_use]
    pub fn parse(name: &str) -> Option<Self> {
        Self::all().find(|site| site.name() == name)
    }

    /// Returns the site of a controller's callback; `None` for a controller without sites. This searches, so call it
    /// once per run.
    #[must_use]
    pub fn of(controller: &str, callback: SiteCallback) -> Option<Self> {
        Self::all().find(|site| site.owner() == controller && site.callback() == Some(callback))
    }
}

impl fmt::Display for Site {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

/// A name that is not among [`Site::all`].
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("unknown fault site `{0}`; {help}", help = nearest(.0, Site::all().map(Site::name)))]
pub struct UnknownSite(pub String);

impl FromStr for Site {
    type Err = UnknownSite;

    fn from_str(name: &str) -> Result<Self, UnknownSite> {
        Self::parse(name).ok_or_else(|| UnknownSite(name.to_owned()))
    }
}

impl TryFrom<String> for Site {
    type Error = UnknownSite;

    fn try_from(name: String) -> Result<Self, UnknownSite> {
        name.parse()
    }
}

impl From<Site> for String {
    fn from(site: Site) -> Self {
        site.name().to_owned()
    }
}
