#!/usr/bin/env python3
"""Records ten real programs by `attach-rig record`, and compares what is understood of each recording with what /proc
said at the same time, read by this script and not by attach-rig. Prints a table in markdown; docs/recordings.md keeps one.

usage: compare.py ATTACH_RIG [NAME...]     (needs strace; a program that is not installed is left out, with a word)
"""
import json, os, shutil, signal, subprocess, sys, tempfile, threading, time

RIG = os.path.abspath(sys.argv[1])
WANTED = sys.argv[2:]
W = tempfile.mkdtemp(prefix="recordings-")
os.chdir(W)


def write(name, text):
    os.makedirs(os.path.dirname(os.path.abspath(name)), exist_ok=True)
    with open(name, "w") as file:
        file.write(text)


def status(pid):
    try:
        with open(f"/proc/{pid}/status") as file:
            return dict(line.split(":", 1) for line in file if ":" in line)
    except (OSError, ValueError):
        return {}


class Watch(threading.Thread):
    """Reads /proc every 2 ms for all processes below one, or for some that are given."""

    def __init__(self, root=None, pids=()):
        super().__init__(daemon=True)
        self.root, self.pids, self.last, self.threads, self.stop = root, list(pids), {}, set(), False
        self.peak = 0

    def below(self, pid):
        found = []
        try:
            for task in os.listdir(f"/proc/{pid}/task"):
                with open(f"/proc/{pid}/task/{task}/children") as file:
                    for child in file.read().split():
                        found += [int(child)] + self.below(child)
        except OSError:
            pass
        return found

    def run(self):
        while not self.stop:
            pids = self.pids
            if self.root:
                # What strace starts, and not strace itself.
                pids = [pid for pid in self.below(self.root) if status(pid).get("TracerPid", "0").strip() != "0"]
            now_all = 0
            for pid in pids:
                now = status(pid)
                # Before it is the program, a child of strace is strace.
                if "RssAnon" in now and now["Name"].strip() != "strace":
                    self.last[pid] = (int(now["RssAnon"].split()[0]) + 3) // 4
                    now_all += self.last[pid]
                    try:
                        self.threads.update(os.listdir(f"/proc/{pid}/task"))
                    except OSError:
                        pass
            self.peak = max(self.peak, now_all)
            time.sleep(0.002)


def programs():
    """Name, what has to be installed, and a function that gives (command, None) or (None, pids, load, end)."""
    yield "java", "javac", java
    yield "go", "go", go
    yield "node", "node", node
    yield "python, threads", "python3", python
    yield "nginx, -p under load", "nginx", nginx
    yield "make -j4", "make", make
    yield "cargo build", "cargo", cargo
    yield "bash", "bash", bash
    yield "redis-server, -p under load", "redis-server", redis
    yield "sqlite3", "sqlite3", sqlite


def java():
    write("A.java", "import java.util.*; public class A { public static void main(String[] a) throws Exception {"
          "List<byte[]> kept = new ArrayList<>(); for (int i = 0; i < 60; i++) { byte[] b = new byte[1 << 20];"
          "Arrays.fill(b, (byte) 1); kept.add(b); } Thread.sleep(200); System.out.println(kept.size()); } }")
    subprocess.run(["javac", "A.java"], check=True)
    return ["java", "-Xmx256m", "A"]


def go():
    write("g/main.go", "package main\nimport \"time\"\nvar kept [][]byte\nfunc main() { for i := 0; i < 60; i++ {"
          "b := make([]byte, 1<<20); for j := range b { b[j] = 1 }; kept = append(kept, b) };"
          "time.Sleep(200 * time.Millisecond) }\n")
    write("g/go.mod", "module g\n")
    subprocess.run(["go", "build", "-o", "../gprog", "."], cwd="g", check=True, env={**os.environ, "GOFLAGS": "-mod=mod"})
    return ["./gprog"]


def node():
    write("n.js", "const k = []; for (let i = 0; i < 40; i++) k.push(Buffer.alloc(1 << 20, 1));"
          "const o = []; for (let i = 0; i < 300000; i++) o.push({ i }); setTimeout(() => console.log(o.length), 300);")
    return ["node", "n.js"]


def python():
    write("p.py", "import threading, time\ndef work():\n  k = [b'x' * 65536 for _ in range(100)]\n  time.sleep(0.3)\n"
          "t = [threading.Thread(target=work) for _ in range(8)]\n[x.start() for x in t]\n[x.join() for x in t]\n")
    # Not a shim of a version manager, which is a shell script.
    return [sys.executable, "p.py"]


def make():
    for n in range(9):
        write(f"m/f{n}.c", "#include <stdio.h>\n#include <stdlib.h>\n#include <string.h>\n"
              + "".join(f"int f{n}_{k}(int x) {{ return x * {k}; }}\n" for k in range(50)))
    write("m/main.c", "int main(void) { return 0; }\n")
    write("m/Makefile", "O = " + " ".join(f"f{n}.o" for n in range(9)) + " main.o\nprog: $(O)\n\tgcc -o $@ $(O)\n")
    return ["make", "-j4", "-C", "m"]


def cargo():
    write("c/Cargo.toml", "[package]\nname = \"c\"\nversion = \"0.1.0\"\nedition = \"2021\"\n[workspace]\n")
    write("c/src/main.rs", "fn main() { let v: Vec<u64> = (0..10).collect(); println!(\"{v:?}\"); }\n")
    return ["cargo", "build", "--offline", "--manifest-path", "c/Cargo.toml"]


def bash():
    write("b.sh", "x=; for i in $(seq 2000); do x=\"$x $i\"; done; for i in 1 2 3 4 5; do echo $x | wc -c; done; sleep 0.2\n")
    return ["bash", "b.sh"]


def sqlite():
    write("s.sql", "create table t(a, b); with recursive n(x) as (select 1 union all select x + 1 from n where x < 200000)"
          " insert into t select x, hex(randomblob(40)) from n; select count(*) from t;\n")
    return ["sqlite3", ":memory:", ".read s.sql"]


def nginx():
    write("x/nginx.conf", f"daemon off; worker_processes 2; pid {W}/x/pid; error_log {W}/x/err; user root;\n"
          f"events {{}} http {{ access_log off; client_body_temp_path {W}/x/b; proxy_temp_path {W}/x/p;"
          f" fastcgi_temp_path {W}/x/f; uwsgi_temp_path {W}/x/u; scgi_temp_path {W}/x/s;"
          f" server {{ listen 127.0.0.1:18081; location / {{ root {W}/x; }} }} }}\n")
    write("x/index.html", "x" * 20000)
    server = subprocess.Popen(["nginx", "-c", f"{W}/x/nginx.conf"], stderr=subprocess.DEVNULL)
    time.sleep(0.5)
    workers = open(f"/proc/{server.pid}/task/{server.pid}/children").read().split()
    return ([server.pid] + [int(pid) for pid in workers],
            ["ab", "-q", "-n", "20000", "-c", "50", "http://127.0.0.1:18081/index.html"], server)


def redis():
    server = subprocess.Popen(["redis-server", "--port", "18082", "--save", ""], stdout=subprocess.DEVNULL)
    time.sleep(0.5)
    return ([server.pid], ["redis-benchmark", "-p", "18082", "-q", "-n", "20000", "-r", "5000", "-d", "200", "-t",
                           "set,lpush"], server)


def measure(name, prepare):
    file = name.split(",")[0].replace(" ", "-") + ".strace.gz"
    prepared = prepare()
    if isinstance(prepared, list):
        rig = subprocess.Popen([RIG, "record", "-o", file, "--", *prepared], stdout=subprocess.DEVNULL,
                               stderr=subprocess.PIPE, text=True)
        watch = Watch(root=rig.pid)
        watch.start()
        errors = rig.communicate()[1]
        watch.stop = True
    else:
        pids, load, server = prepared
        arguments = [word for pid in pids for word in ("-p", str(pid))]
        rig = subprocess.Popen([RIG, "record", "-o", file, *arguments], stdout=subprocess.DEVNULL,
                               stderr=subprocess.PIPE, text=True)
        watch = Watch(pids=pids)
        watch.start()
        time.sleep(0.5)
        subprocess.run(load, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, check=True)
        time.sleep(0.2)
        rig.send_signal(signal.SIGINT)
        errors = rig.communicate()[1]
        watch.stop = True
        server.send_signal(signal.SIGTERM)
        server.wait()
    watch.join()
    if rig.returncode:
        return f"| {name} | failed: {errors.strip().splitlines()[-1]} |"
    subprocess.run([RIG, "recording", file, "--json", "out.json"], stdout=subprocess.DEVNULL,
                   stderr=subprocess.DEVNULL, check=True)
    read = json.load(open("out.json"))[0]
    pairs = [(read["processes"], len(watch.last)), (read["threads"], len(watch.threads)),
             (read["pages_touched_at_ends"], sum(watch.last.values()))]
    if read["processes"] == 1:
        pairs.append((read["pages_touched_peak"], watch.peak))
    worst = max(abs(ours - real) / max(real, 1) for ours, real in pairs)
    cells = " | ".join(f"{ours:,} | {real:,}" for ours, real in pairs)
    # Of several processes /proc counts shared pages several times at one time.
    cells += "" if read["processes"] == 1 else " | – | –"
    return f"| {name} | {read['lines']:,} | {os.path.getsize(file) // 1024:,} KiB | {cells} | {worst:.1%} |"


print("| program | lines | size | processes | /proc | threads | /proc | touched pages at the end | /proc | at most | /proc | worst difference |")
print("|---|---|---|---|---|---|---|---|---|---|---|---|")
for name, needs, prepare in programs():
    if WANTED and not any(word in name for word in WANTED):
        continue
    print(measure(name, prepare) if shutil.which(needs) else f"| {name} | {needs} is not installed |", flush=True)
if os.environ.get("KEEP"):
    print(f"kept: {W}", file=sys.stderr)
else:
    shutil.rmtree(W)
