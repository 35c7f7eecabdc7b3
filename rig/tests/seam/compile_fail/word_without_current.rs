//! Nobody but an actor loads a Word.
use rig::kernel::MmId;
use rig::world::World;

fn unseen(world: &World, id: MmId) -> u64 {
    world.mm(id).total_vm.load()
}

fn main() {}
