//! `total_vm` is changed by an access, not by an assignment.
use model::kernel::MmId;
use model::world::World;

fn unseen(world: &World, id: MmId) {
    world.mm(id).total_vm = 15;
    world.mm(id).total_vm += 5;
}

fn main() {}
