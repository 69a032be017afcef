# SPDX-License-Identifier: Apache-2.0
"""Each strict base of policies/base under the programs that it is for, and what it is to refuse beside them."""

import functools
import gzip
import hashlib
import http.server
import os
import pathlib
import shutil
import signal
import subprocess
import threading

from kit import BUILD, ROOT, Launch, expect

POLICY = """ringfence: 1
kind: policy
name: tried
extends: [{base}]
arch: [x86_64, aarch64]
kernel: v6.12
process: {{uid: {uid}, gid: {uid}}}
network: {network}
capabilities: {{add: [{capabilities}]}}
root:
  path: {root}
"""
# The host's own root, with places to write; the test's folder is below /tmp, so it is shown again.
PLACES = """  mounts:
    - {{tmpfs: true, target: /tmp, size: 64MiB, mode: "1777"}}
    - {{tmpfs: true, target: /dev/shm, size: 16MiB, mode: "1777"}}
    - {{bind: {folder}, target: {folder}}}
"""


class Fence:
    """A policy that is one base and what is needed besides, compiled."""

    def __init__(self, folder, base, *, root=None, uid=65534, network="none", capabilities=""):
        text = POLICY.format(base=base, root=root or "/", uid=uid, network=network, capabilities=capabilities)
        text += "" if root else PLACES.format(folder=folder)
        source = pathlib.Path(folder, f"{base}-{network}.ringfence.yaml")
        source.write_text(text.replace("capabilities: {add: []}\n", ""))
        self.blob = str(source.with_suffix(".fence"))
        subprocess.run([BUILD / "ringfence", "compile", "-I", ROOT / "policies/base", source, "-o", self.blob], check=True)

    def run(self, *command, given=b"", code=0):
        """What the program writes to standard output, given this input; it must end with `code`."""
        done = subprocess.run([BUILD / "ringfence-run", self.blob, "--", *command], input=given, capture_output=True, timeout=60)
        self.errors = done.stderr.decode()
        expect(done.returncode == code, f"{' '.join(command)} ended with {done.returncode}: {self.errors}")
        return done.stdout

    def refuses(self, words, *command, code=1):
        """The program must fail, and say why in these words."""
        self.run(*command, code=code)
        expect(words in self.errors, f"{' '.join(command)} is told '{words}': {self.errors}")


    def refuses_calls(self, **calls):
        """Python's expressions, by name: each must fail with EPERM."""
        code = "import os, socket\n" + "".join(f"try: print({name!r}, 'gave', {call})\nexcept PermissionError as e: assert e.errno == 1\n"
                                               for name, call in calls.items())
        said = self.run("/usr/bin/python3", "-I", "-c", code)
        expect(said == b"", f"what is to be refused: {said.decode()}")


NUMBERS = "".join(f"{n * 7919 % 300007}\n" for n in range(300000)).encode()
SORTED = b"".join(sorted(NUMBERS.splitlines(keepends=True)))


def test_pure_compute(folder):
    root = os.path.join(folder, "root")
    for name in ("bin", "dev", "proc", "sys", "tmp"):
        os.makedirs(os.path.join(root, name))
    shutil.copy("/bin/busybox", os.path.join(root, "bin/busybox"))
    fence = Fence(folder, "pure-compute", root=root)
    box = functools.partial(fence.run, "/bin/busybox")
    expect(box("sha256sum", given=NUMBERS).split()[0].decode() == hashlib.sha256(NUMBERS).hexdigest(), "sha256sum")
    expect(box("sort", given=NUMBERS) == SORTED, "sort")
    expect(gzip.decompress(box("gzip", "-c", given=NUMBERS)) == NUMBERS, "gzip")
    expect(box("gunzip", "-c", given=gzip.compress(NUMBERS)) == NUMBERS, "gunzip")
    expect(box("awk", "{s += $1} END {print s}", given=b"40\n2\n") == b"42\n", "awk")
    box("gunzip", "-c", given=b"no archive", code=1)
    for command in (["cat", "/bin/busybox"], ["touch", "/tmp/x"], ["ls", "/"], ["nc", "127.0.0.1", "1"]):
        fence.refuses("Operation not permitted", "/bin/busybox", *command)
    fence.refuses("can't fork", "/bin/busybox", "sh", "-c", "(exit 0); exit 1", code=2)


def test_dynamic_compute(folder):
    fence = Fence(folder, "dynamic-compute")
    file = "/usr/lib/os-release"
    there = hashlib.sha256(pathlib.Path(file).read_bytes()).hexdigest()
    expect(fence.run("sha256sum", file).split()[0].decode() == there, "sha256sum of a file")
    expect(fence.run("sort", "--parallel=2", "-S", "64M", given=NUMBERS) == SORTED, "sort with threads")
    expect(gzip.decompress(fence.run("gzip", "-c", given=NUMBERS)) == NUMBERS, "gzip")
    fence.run("cat", "/none", code=1)
    for command in (["touch", "/tmp/x"], ["mkdir", "/tmp/x"]):
        fence.refuses("Operation not permitted", *command)
    fence.refuses("Cannot fork", "sh", "-c", "(exit 0); exit 1", code=2)


LIGHTTPD = """
server.document-root = "{folder}/pages"
server.port = 80
server.modules = ("mod_accesslog", "mod_staticfile")
accesslog.filename = "/tmp/access"
server.username = "www-data"
server.groupname = "www-data"
index-file.names = ("index.html")
"""


def test_web(program, folder):
    os.mkdir(os.path.join(folder, "pages"))
    big = os.urandom(1 << 20).hex()
    pathlib.Path(folder, "pages/index.html").write_text("<p>served</p>\n")
    pathlib.Path(folder, "pages/big").write_text(big)
    pathlib.Path(folder, "lighttpd.conf").write_text(LIGHTTPD.format(folder=folder))
    fence = Fence(folder, "static-web", uid=0, capabilities="CHOWN, NET_BIND_SERVICE, SETGID, SETUID")
    command = {"lighttpd": ["lighttpd", "-D", "-f", f"{folder}/lighttpd.conf"],
               "httpd": ["busybox", "httpd", "-f", "-p", "80", "-u", "www-data", "-h", f"{folder}/pages"]}[program]
    web = Launch(fence.blob, "--", *command)
    expect("served" in web.wait_for("curl", "-sf", "http://127.0.0.1/index.html"), "the page")
    expect(web.inside("curl", "-sf", "http://127.0.0.1/big").stdout == big, "a file of 2 MiB")
    expect(web.inside("curl", "-sf", "-r", "5-9", "http://127.0.0.1/big").stdout == big[5:10], "a range of it")
    status = web.inside("curl", "-s", "-o", "/dev/null", "-w", "%{http_code}", "http://127.0.0.1/none").stdout
    expect(status == "404", f"a page that is not there answers {status}")
    # SIGINT has lighttpd end in good order (after SIGTERM it sometimes exits with 1, fenced or not); httpd has no handler.
    number, wanted = (signal.SIGINT, 0) if program == "lighttpd" else (signal.SIGTERM, 128 + signal.SIGTERM)
    code, output = web.stop(number)
    expect(code == wanted, f"{program} ended with {code}: {output}")
    # Connecting is what a client does, and a server here does not.
    fence.refuses("Operation not permitted", "busybox", "nc", "127.0.0.1", "1")
    fence.refuses_calls(connect="socket.socket().connect(('127.0.0.1', 1))", datagrams="socket.socket(type=socket.SOCK_DGRAM)",
                        fast_open="socket.socket().sendto(b'x', socket.MSG_FASTOPEN, ('127.0.0.1', 1))")


class Pages(http.server.BaseHTTPRequestHandler):
    """Answers GET with its path and POST with what was sent."""

    def do_GET(self):
        self.answer(self.path.encode())

    def do_POST(self):
        self.answer(self.rfile.read(int(self.headers["Content-Length"])))

    def answer(self, body):
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        pass


def test_network_client(folder):
    fence = Fence(folder, "network-client", network="host")
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Pages) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        base = f"http://localhost:{server.server_port}"
        expect(fence.run("curl", "-sf", f"{base}/one") == b"/one", "curl, by a name")
        expect(fence.run("curl", "-sf", "-d", "sent=1", base) == b"sent=1", "curl sends")
        expect(fence.run("curl", "-sf", "-o", "/tmp/new/page", "--create-dirs", f"{base}/two") == b"", "curl writes a file")
        expect(fence.run("busybox", "wget", "-q", "-O", "-", f"{base}/three") == b"/three", "busybox wget")
        expect(fence.run("busybox", "wget", "-q", "-O", "/tmp/page", f"{base}/four") == b"", "busybox wget writes a file")
        both = Fence(folder, "python, network-client", network="host")
        fetch = f"import urllib.request as r, os; os.fork() and print(r.urlopen({base!r} + '/five').read())"
        expect(both.run("python3", "-I", "-c", fetch) == b"b'/five'\n", "python3 with the bases of both")
        fence.run("curl", "-s", f"https://localhost:{server.server_port}/", code=35) # no TLS there
        server.shutdown()
    alone = Fence(folder, "network-client")
    alone.run("curl", "-s", "http://unknown.invalid/", code=6)
    alone.run("curl", "-s", "http://127.0.0.1:1/", code=7)
    alone.refuses("Operation not permitted", "busybox", "nc", "-l", "-p", "8080")
    alone.refuses("Operation not permitted", "busybox", "httpd", "-f", "-p", "8080")
    alone.refuses_calls(bind="socket.socket().bind(('127.0.0.1', 0))", listen="socket.socket().listen()", fork="os.fork()",
                        netlink="socket.socket(socket.AF_NETLINK, socket.SOCK_RAW)",
                        vsock="socket.socket(socket.AF_VSOCK)", echo="socket.socket(socket.AF_INET, socket.SOCK_DGRAM, 1)")
    alone.refuses("Cannot fork", "sh", "-c", "(exit 0); exit 1", code=2)


# Prints one word for all that went well; what is to be refused comes last.
SCRIPT = """
import asyncio, concurrent.futures, ctypes, errno, fcntl, mmap, multiprocessing, os, shutil, signal, socket, sqlite3
import subprocess, sys, tempfile, threading, time

def files():
    with tempfile.TemporaryDirectory() as folder, open(f"{folder}/a", "w+b") as file:
        file.write(b"x" * 8192); file.flush(); os.fsync(file.fileno())
        fcntl.lockf(file, fcntl.LOCK_EX)
        with mmap.mmap(file.fileno(), 0) as memory: memory[0] = 1; memory.flush()
        shutil.copy2(f"{folder}/a", f"{folder}/b"); os.rename(f"{folder}/b", f"{folder}/c")
        os.symlink("c", f"{folder}/l"); os.link(f"{folder}/c", f"{folder}/h"); os.chmod(f"{folder}/c", 0o600)
        assert sorted(os.listdir(folder)) == ["a", "c", "h", "l"]
        base = sqlite3.connect(f"{folder}/db"); base.execute("pragma journal_mode=wal"); base.execute("create table t(a)")
        base.executemany("insert into t values(?)", [(n,) for n in range(100)]); base.commit()
        assert base.execute("select sum(a) from t").fetchone() == (4950,); base.close()

def programs():
    assert subprocess.run(["sh", "-c", "echo hi | cat; exit 3"], capture_output=True).stdout == b"hi\\n"
    try: subprocess.run([sys.executable, "-c", "import time; time.sleep(60)"], timeout=0.2); raise AssertionError
    except subprocess.TimeoutExpired: pass
    for method in "fork", "spawn":
        with multiprocessing.get_context(method).Pool(2) as pool: assert pool.map(abs, [-1, -2]) == [1, 2]

def threads():
    with concurrent.futures.ThreadPoolExecutor(3) as pool: assert list(pool.map(abs, range(-50, 0)))[0] == 50
    async def of_program():
        child = await asyncio.create_subprocess_exec("echo", "hi", stdout=subprocess.PIPE)
        return (await child.communicate())[0]
    assert asyncio.run(of_program()) == b"hi\\n"

def signals():
    came = []
    signal.signal(signal.SIGALRM, lambda *_: came.append(1)); signal.setitimer(signal.ITIMER_REAL, 0.01); signal.pause()
    os.kill(os.getpid(), signal.SIGALRM); assert came == [1, 1]
    assert ctypes.CFUNCTYPE(ctypes.c_int, ctypes.c_int)(lambda x: x + 1)(1) == 2

def refused():
    libc = ctypes.CDLL(None, use_errno=True)
    for name, call in {"socket": socket.socket, "code": lambda: mmap.mmap(-1, 4096, prot=7)}.items():
        try: call(); print(name, "is allowed")
        except OSError as error: assert error.errno == errno.EPERM, (name, error)
    # unshare(CLONE_NEWUSER), ptrace(PTRACE_TRACEME), prctl(PR_SET_DUMPABLE), personality(ADDR_NO_RANDOMIZE)
    for name, *arguments in ("unshare", 0x10000000), ("ptrace", 0), ("prctl", 4, 0), ("personality", 0x40000):
        assert libc[name](*arguments) == -1 and ctypes.get_errno() == errno.EPERM, name

if __name__ == "__main__":
    for part in files, programs, threads, signals, refused: part()
    print("all")
"""


def test_python(folder):
    pathlib.Path(folder, "script.py").write_text(SCRIPT)
    fence = Fence(folder, "python")
    expect(fence.run("python3", "-I", f"{folder}/script.py") == b"all\n", "every part")
    fence.run("python3", "-c", "import os; os.abort()", code=134)


EMBEDDED = """
import os, sqlite3
for mode in "delete", "wal":
    base = sqlite3.connect("/tmp/db"); assert base.execute(f"pragma journal_mode={mode}").fetchone() == (mode,)
    base.execute("create table if not exists t(a)"); base.execute("insert into t values(1)"); base.commit()
    base.execute("vacuum"); print(base.execute("select sum(a) from t").fetchone()[0]); base.close()
"""


def test_database(folder):
    fence = Fence(folder, "database")
    expect(fence.run("python3", "-I", "-c", EMBEDDED) == b"1\n2\n", "sqlite with both journals")
    redis = Launch(fence.blob, "--", "redis-server", "--dir", "/tmp", "--appendonly", "yes", "--unixsocket", "/tmp/socket")
    redis.wait_for("redis-cli", "ping")
    for words in ("set a 1", "eval return(7) 0", "bgrewriteaof", "config set maxmemory 10mb", "lpush l 1 2 3"):
        expect("ERR" not in redis.inside("redis-cli", *words.split()).stdout, words)
    redis.wait_for("sh", "-c", "redis-cli info persistence | grep -q aof_rewrite_in_progress:0")
    expect("started" in redis.inside("redis-cli", "bgsave").stdout, "BGSAVE")
    redis.wait_for("test", "-s", f"/proc/{redis.pid}/root/tmp/dump.rdb")
    state = redis.inside("redis-cli", "info", "persistence").stdout
    expect("aof_last_bgrewrite_status:ok" in state and "rdb_last_bgsave_status:ok" in state, f"both were written: {state}")
    code, output = redis.stop()
    expect(code == 0 and "Operation not permitted" not in output, f"redis-server ended with {code}: {output}")
    fence.refuses("Operation not permitted", "redis-cli", "ping")
    fence.refuses_calls(connect="socket.socket().connect(('127.0.0.1', 1))", datagrams="socket.socket(type=socket.SOCK_DGRAM)",
                        link="os.symlink('/etc', '/tmp/etc')")


TESTS = {
    "pure-compute": (test_pure_compute, ["/bin/busybox"]),
    "dynamic-compute": (test_dynamic_compute, ["sort", "gzip", "sha256sum"]),
    "static-web: lighttpd": (functools.partial(test_web, "lighttpd"), ["lighttpd", "busybox", "curl", "nsenter", "/usr/bin/python3"]),
    "static-web: busybox httpd": (functools.partial(test_web, "httpd"), ["busybox", "curl", "nsenter", "/usr/bin/python3"]),
    "network-client": (test_network_client, ["busybox", "curl", "/usr/bin/python3"]),
    "python": (test_python, ["/usr/bin/python3"]),
    "database": (test_database, ["redis-server", "redis-cli", "python3", "nsenter"]),
}
