//! Nothing reached through a guard outlives it.
use rig::engine::Current;
use rig::kernel::MmId;
use rig::kernel::page::PageRecords;
use rig::world::World;

fn kept<'a, C: Current>(cur: &'a C, world: &'a World, id: MmId) -> &'a PageRecords {
    &*world.mm(id).page_table_lock.lock(cur)
}

fn main() {}
