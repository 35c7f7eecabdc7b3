//! Only an actor loads a `SharedCell`.
use model::kernel::MmId;
use model::world::World;

fn unseen(world: &World, id: MmId) -> u64 {
    world.mm(id).total_vm.load()
}

fn main() {}
