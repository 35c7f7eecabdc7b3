//! A reference reached through a guard must not outlive the guard.
use model::seam::Current;
use model::kernel::MmId;
use model::kernel::page::PageRecords;
use model::world::World;

fn kept<'a, C: Current>(cur: &'a C, world: &'a World, id: MmId) -> &'a PageRecords {
    &*world.mm(id).page_table_lock.lock(cur)
}

fn main() {}
