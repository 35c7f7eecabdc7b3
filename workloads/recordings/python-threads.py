"""Eight threads that allocate, touch and free blocks of 64 KiB to 2 MiB; recorded by make-python-threads.sh."""

import random
import time
from concurrent.futures import ThreadPoolExecutor

PAGE = 4096


def work(number):
    """One job: grows a list of blocks, touches every page of each, drops some at random, then all of them."""
    dice = random.Random(number)
    blocks = []
    for _ in range(6):
        block = bytearray(dice.randrange(64 << 10, 2 << 20))
        for offset in range(0, len(block), PAGE):
            block[offset] = 1
        blocks.append(block)
        if dice.random() < 0.4:
            blocks.pop(dice.randrange(len(blocks)))
        time.sleep(dice.uniform(0.0002, 0.002))
    return sum(len(block) for block in blocks)


with ThreadPoolExecutor(max_workers=8) as pool:
    print(sum(pool.map(work, range(48))))
