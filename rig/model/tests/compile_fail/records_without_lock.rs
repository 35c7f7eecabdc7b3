//! Page records are reached only through the guard of their lock.
use model::kernel::{CgroupId, MmId};
use model::world::World;

fn unlocked(world: &World, id: MmId) {
    world.mm(id).page_table_lock.mark(CgroupId(0), 5);
    world.mm(id).page_table_lock.data.lock().mark(CgroupId(0), 5);
}

fn main() {}
